"""What the data sets in use have, and what that leaves of the modalities and of the shipped methods.

A stream that a data set cannot have is part of no modality; a modality without a stream is gone; a shipped method goes
on with the modalities there are, or is left out where too little of it remains.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from conclugen.config.recipes import modality_names, recipe
from conclugen.data import content
from conclugen.features.catalogue import CATALOGUE
from conclugen.pretrain.methods import MODALITIES, least_modalities
from conclugen.pretrain.rivals import SHIPPED

if TYPE_CHECKING:
    from conclugen.config import Config


def available_kinds(config: Config, dataset: str) -> tuple[str, ...]:
    """Return which of `content.KINDS` (video, audio, text) a data set has: as it says (`has`), or as is found out."""
    data_set = config.datasets[dataset]
    if data_set.has is not None:
        return tuple(kind for kind in content.KINDS if kind in data_set.has)
    if data_set.adapter == "features" or demo_layout(data_set.root) in config.demo.utterances:
        return content.KINDS
    options = data_set.model_dump(exclude={"has", "plan", "faces", "asr", "max_lost", "order", "watch"})
    return content.kinds(data_set.adapter, Path(data_set.root), options, data_set.asr is not None)


def available_streams(config: Config, dataset: str) -> list[str]:
    """Return the streams that a data set can have; no rule runs for any other. They are made of its media and texts, or
    named where features were extracted already."""
    options = config.datasets[dataset]
    if options.adapter == "features":
        return list(options.streams)
    kinds = available_kinds(config, dataset)
    return [stream for stream in CATALOGUE if content.MADE_OF[stream] in kinds]


def demo_layout(root: str) -> str | None:
    """Return the layout of the demo corpus that `root` is, None where it is data of the user's own."""
    path = Path(os.path.relpath(root))
    return path.name if path.parent == Path("results/demo") else None


def corpora(config: Config) -> list[str]:
    """Return the data sets that are pretrained on."""
    return list(config.downstream.datasets) if config.pretrain.dataset is None else [config.pretrain.dataset]


def used(config: Config) -> list[str]:
    """Return the data sets in use: those that are pretrained on, then those that are evaluated on."""
    return list(dict.fromkeys([*corpora(config), *config.downstream.datasets]))


def fitted(config: Config) -> tuple[Config, list[str], list[str]]:
    """Return the configuration without what its data cannot have, a note for each part left out, and mistakes.

    A method that was named on purpose is never left out: that it lacks something is a mistake.
    """
    modalities, notes = _modalities(config)
    if not modalities:
        return config, notes, [_nothing_left({name: available_streams(config, name) for name in used(config)})]
    config = config.model_copy(update={"modalities": modalities})
    lacking = {method: why for method in config.pretrain.methods if (why := _lacks(config, method))}
    if config.pretrain.methods != type(config.pretrain).model_fields["methods"].default:
        return config, notes, [f"pretrain.methods: {method} {why}; leave it out" for method, why in lacking.items()]
    trainable = [method for method in config.pretrain.methods if method not in lacking]
    notes += [f"the method {method} is left out: it {why}" for method, why in lacking.items()]
    updates = {"pretrain": config.pretrain.model_copy(update={"methods": trainable})}
    if config.tables.reference in lacking:
        notes.append(f"the methods are compared with {trainable[0]}, since {config.tables.reference} is left out")
        updates["tables"] = config.tables.model_copy(update={"reference": trainable[0]})
    return config.model_copy(update=updates), notes, []


def _modalities(config: Config) -> tuple[dict[str, list[str]], list[str]]:
    """The modalities with the streams that the data sets in use have, and a note for each that lost some."""
    left, notes = {}, []
    for modality, streams in config.modalities.items():
        gone = {name: where for name in streams if name in CATALOGUE and (where := without(config, name))}
        if remaining := [name for name in streams if name not in gone]:
            left[modality] = remaining
        if gone:
            where = ", ".join(dict.fromkeys(name for names in gone.values() for name in names))
            rest = f"consists of {', '.join(remaining)}" if remaining else "is left out"
            notes.append(f"{where} has no {', '.join(gone)}: the modality {modality} {rest}{_remedy(config, gone)}")
    return left, notes


def _remedy(config: Config, gone: Mapping[str, list[str]]) -> str:
    """How texts could be had: where there is sound, speech can be recognised."""
    with_audio = [name for name in gone.get("text", []) if "audio" in available_streams(config, name)]
    media = [name for name in with_audio if config.datasets[name].adapter != "features"]
    return f"; asr: {{}} beside the root of {', '.join(media)} recognises speech" if media else ""


def without(config: Config, stream: str) -> list[str]:
    """Return the data sets in use that cannot do with a stream, since they lack it. Only of texts can one test set be
    without while others have them: its stream is then empty."""
    lacking = [name for name in used(config) if stream not in available_streams(config, name)]
    tested = config.downstream.datasets
    bearable = not set(corpora(config)) & set(lacking) and not set(tested) <= set(lacking)
    may_be_empty = stream == "text" and all(config.datasets[name].adapter != "features" for name in lacking)
    return [] if bearable and may_be_empty else lacking


def _nothing_left(have: dict[str, list[str]]) -> str:
    shared = [stream for stream in next(iter(have.values())) if all(stream in known for known in have.values())]
    if not shared:
        streams_by_name = "; ".join(f"{name} has {', '.join(known) or 'none'}" for name, known in have.items())
        return f"modalities: the data sets in use share no stream ({streams_by_name}); use others together"
    example = ", ".join(f"{stream}: [{stream}]" for stream in shared)
    return f"modalities: none of them is in the data; name its streams, for example modalities: {{{example}}}"


def _lacks(config: Config, method: str) -> str | None:
    """What a shipped method, or one of one's own that uses its networks, cannot do without; None: nothing."""
    entry = config.pretrain.recipes.get(method)
    if entry is not None:
        return _lacks(config, entry.pretrained_as) if entry.pretrained_as in SHIPPED else None
    chosen = recipe(config, method)
    if chosen.views:
        filmed = all(
            set(config.features.views.streams) <= set(available_streams(config, name)) for name in used(config)
        )
        return None if filmed else "compares augmented copies of video, which the data lack"
    joined = modality_names(config, chosen)
    if absent := [name for name in MODALITIES if name not in (*chosen.modalities, *config.modalities)]:
        return f"is pretrained without {absent[0]}, which is not there to be left out"
    if absent := [name for name in chosen.evaluate or () if name not in joined]:
        return f"is judged on {absent[0]}, which is not there"
    if len(joined) < least_modalities(chosen.losses):
        return f"contrasts modalities, and there is only {', '.join(joined) or 'none'}"
    return None if joined else f"is pretrained on {', '.join(chosen.modalities)}, which are not there"
