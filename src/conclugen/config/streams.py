"""Whether the streams that the modalities join are there, in every data set that is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclugen.config.errors import allowed_names
from conclugen.config.present import available_streams, used, without
from conclugen.config.recipes import trained_recipes
from conclugen.features.catalogue import CATALOGUE

if TYPE_CHECKING:
    from conclugen.config import Config


def stream_mistakes(config: Config) -> list[str]:
    """Return a line for each stream that a data set in use does not have; of what nothing trains, for each that is none
    of any media."""
    lines = {}
    idle = {f"pretrain.recipes.{name}.modalities" for name in {*config.pretrain.recipes} - {*trained_recipes(config)}}
    for place, joined in _joined(config).items():
        names = config.downstream.datasets if place.startswith("downstream.") else used(config)
        for modality, streams in joined.items():
            for stream in (stream for stream in streams if place not in idle or stream not in CATALOGUE):
                mistakes = (_mistake(config, name, f"{place}.{modality}", stream) for name in names)
                lines |= dict.fromkeys(mistake for mistake in mistakes if mistake)
    return list(lines)


def _joined(config: Config) -> dict[str, dict[str, list[str]]]:
    """By key of the configuration, the modalities written there. Recipes that nothing names count, too."""
    sections = {
        f"pretrain.recipes.{name}.modalities": recipe.modalities for name, recipe in config.pretrain.recipes.items()
    }
    sections |= {f"downstream.raw_rows.{name}": row for name, row in config.downstream.raw_rows.items()}
    return {"modalities": config.modalities, **{place: joined for place, joined in sections.items() if joined}}


def _mistake(config: Config, name: str, place: str, stream: str) -> str | None:
    dataset = config.datasets[name]
    known = available_streams(config, name)
    where = f"{name}, whose arrays datasets.{name}.streams names" if dataset.adapter == "features" else name
    if stream not in known and name in without(config, stream):
        return f"{place}: {stream!r} is no stream of {where}; {allowed_names(stream, known)}"
    if stream == "keypoints" and dataset.adapter != "features" and dataset.detector == "none":
        return f"datasets.{name}.detector: 'none' finds no landmarks, which {place} names as keypoints; set it to mtcnn"
    return None
