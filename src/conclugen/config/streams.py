"""Whether the streams that the modalities join are there, in every data set that is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclugen.config.errors import allowed_names
from conclugen.config.recipes import recipe
from conclugen.features.catalogue import CATALOGUE

if TYPE_CHECKING:
    from conclugen.config import Config


def stream_mistakes(config: Config) -> list[str]:
    """Return a line for each stream that a data set in use does not have, and each modality that a method lacks."""
    used = dict.fromkeys([config.pretrain.dataset, *config.downstream.datasets])
    found = {}
    for place, joined in _joined(config).items():
        for modality, streams in joined.items():
            for stream in streams:
                mistakes = (_mistake(config, name, f"{place}.{modality}", stream) for name in used)
                found |= dict.fromkeys(mistake for mistake in mistakes if mistake)
    return [*found, *_lacking(config)]


def _joined(config: Config) -> dict[str, dict[str, list[str]]]:
    """By key of the configuration, the modalities written there. Recipes that nothing names count, too."""
    own = {f"pretrain.recipes.{name}.modalities": one.modalities for name, one in config.pretrain.recipes.items()}
    return {"modalities": config.modalities, **{place: joined for place, joined in own.items() if joined}}


def _mistake(config: Config, name: str, place: str, stream: str) -> str | None:
    dataset = config.datasets[name]
    if dataset.adapter == "features":
        known, where = list(dataset.streams), f"{name}, whose arrays datasets.{name}.streams names"
    else:
        known, where = list(CATALOGUE), name
    if stream not in known:
        return f"{place}: {stream!r} is no stream of {where}; {allowed_names(stream, known)}"
    if stream == "keypoints" and dataset.adapter != "features" and dataset.detector == "none":
        return f"datasets.{name}.detector: 'none' finds no landmarks, which {place} names as keypoints; set it to mtcnn"
    return None


def _lacking(config: Config) -> list[str]:
    """Modalities of shipped methods that the configuration does not have."""
    return [
        f"modalities: there is no {modality!r}, which {method} of pretrain.methods is pretrained on; name its streams, "
        "or write a recipe of your own (pretrain.recipes)"
        for method in config.pretrain.methods
        for chosen in [recipe(config, method)]
        if chosen.streams is None and not chosen.views
        for modality in chosen.modalities
        if modality not in config.modalities
    ]
