"""The slice of the configuration that each stage reads.

A rule reruns when its slice changes, so a slice holds what its stage uses and nothing else.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from conclugen import choices
from conclugen.config import Config, ConfigError
from conclugen.config.order import pattern
from conclugen.downstream.protocols import FUSIONS, ORDERED, PROTOCOLS
from conclugen.features import staged
from conclugen.features.catalogue import CATALOGUE, labels_seen
from conclugen.features.said import licence
from conclugen.pretrain.methods import told
from conclugen.pretrain.presets import PRESETS, changes_of, switches
from conclugen.pretrain.unlearned import UNTRAINED
from conclugen.workflow.image_slices import IMAGE_SLICES

DATASET_COMMON = ("adapter", "root", "has", "plan", "detector", "faces", "asr", "max_lost", "order", "watch")
# How fast a stage works and how long it waits: an utterance that took too long is tried again by `make retry`.
HURRY = ("batch_frames", "batch_seconds", "batch_texts", "batch_windows", "timeout_s")
REPRESENTATION_HEADS = ("gated", "representation_relu", "residual", "narrow")
PAPER_DATASETS = ("mosei", "meld", "caer")


def stage_settings(config: Config, stage: str, wildcards: Mapping[str, str]) -> dict[str, Any]:
    """Return what `stage` reads, as plain values, for the given wildcards of its rule."""
    return SLICES[stage](config, wildcards)


def unhurried(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a stage of features without those of which nothing is made."""
    return {key: value for key, value in values.items() if key not in HURRY}


def _demo(config: Config, wildcards: Mapping[str, str]) -> dict[str, Any]:
    values = config.demo.model_dump()
    return values | {"utterances": values["utterances"][wildcards["layout"]]}


def _world(config: Config, wildcards: Mapping[str, str]) -> dict[str, Any]:
    return config.worlds[wildcards["world"]].model_dump()


def _manifest(config: Config, wildcards: Mapping[str, str]) -> dict[str, Any]:
    options = config.datasets[wildcards["dataset"]].model_dump()
    return {key: value for key, value in options.items() if key not in (*DATASET_COMMON, "streams")}


def _imported(config: Config, wildcards: Mapping[str, str]) -> dict[str, Any]:
    dataset = config.datasets[wildcards["dataset"]]
    if wildcards["stream"] not in dataset.streams:
        name, known = "datasets.{dataset}.streams: no {stream}".format(**wildcards), ", ".join(dataset.streams)
        raise ConfigError(f"{name}; there are {known}")
    array = dataset.streams[wildcards["stream"]]
    pattern = Path(dataset.file).suffix.lower() == ".csv" and any(char in array for char in "*?[")
    without = dataset.known_columns() if pattern else []
    return {"file": dataset.file, "ids": dataset.ids, "array": array, "without": without}


def _faces(config: Config, wildcards: Mapping[str, str]) -> dict[str, Any]:
    dataset = config.datasets[wildcards["dataset"]]
    extra = {"detector": dataset.detector, "keep": choices.keeps_faces(config, wildcards["dataset"])}
    return config.faces.model_dump() | extra


def _qc(config: Config, wildcards: Mapping[str, str]) -> dict[str, Any]:
    max_lost = config.datasets[wildcards["dataset"]].max_lost
    return config.qc.model_dump() | ({} if max_lost is None else {"max_lost": max_lost})


def _given(config: Config, wildcards: Mapping[str, str]) -> dict[str, Any]:
    """What networks are made from, whether they learn or not."""
    recipe = choices.recipe(config, choices.made_like(config, wildcards["method"]))
    return {
        "corpus": wildcards["corpus"] + wildcards.get("fold", ""),
        "preset": wildcards["preset"],
        "method": wildcards["method"],
        "modalities": choices.modalities(config, wildcards["method"]),
        "splits": config.pretrain.splits,
        "validation_fraction": config.pretrain.validation_fraction,
        "views": config.features.views.copies if recipe.views else 0,
        **_turn(config, wildcards["corpus"], wildcards.get("fold", ""), True),
    }


def _turn(config: Config, dataset: str, fold: str, whole: bool) -> dict[str, Any]:
    """Whose turn it is, where a data set is tested by folds; `whole`: whether all folds may be taken together."""
    folds = choices.folds(config, dataset)
    turn = folds.get(fold)
    if fold not in folds and (fold or not whole):
        present = ", ".join(folds).replace("/", "") or "no folds"
        raise ConfigError(f"a path names {fold.strip('/') or 'no fold'} of {dataset}, which has {present}")
    return {} if turn is None else {"fold": dataclasses.asdict(turn)}


def _control_network(config: Config, wildcards: Mapping[str, str]) -> dict[str, Any]:
    sizes = config.pretrain.sizes
    drawn = None
    if wildcards["method"] == UNTRAINED:
        chosen = switches(wildcards["preset"], config.presets)["architecture"]
        drawn = {name: chosen[name] for name in (*REPRESENTATION_HEADS, "standardise")} | {"hidden_dim": sizes.hidden}
    return _given(config, wildcards) | {"width": sizes.representation, "drawn": drawn}


def _pretrain(config: Config, wildcards: Mapping[str, str]) -> dict[str, Any]:
    recipe, section = choices.recipe(config, wildcards["method"]), config.pretrain
    rates = section.search.learning_rates or [recipe.learning_rate]
    every = {"sizes": section.sizes.model_dump(), **switches(wildcards["preset"], config.presets)}
    decays = section.search.weight_decays or [recipe.weight_decay]
    return _given(config, wildcards) | {
        "losses": list(recipe.losses),
        "learning_rate": rates[0],
        "weight_decay": decays[0],
        "candidates": [[rate, decay] for rate in rates for decay in decays],
        "epochs": section.epochs,
        "batch_size": section.batch_size,
        **told(recipe.losses, every),
    }


def _downstream(config: Config, wildcards: Mapping[str, str]) -> dict[str, Any]:
    """What all protocols share, and the budget of this one."""
    method, protocol, section = wildcards["method"], PROTOCOLS[wildcards["protocol"]], config.downstream
    joined, evaluate = choices.evaluated(config, method)
    values = section.model_dump(include={"seeds", "standardise"})
    values |= {"label_fraction": choices.fractions(config)[wildcards["share"]]}
    values |= {"modalities": joined, "evaluate": evaluate, "target": choices.TARGETS[wildcards["target"]]}
    budget = getattr(section, protocol.budget).model_dump()
    if wildcards["dataset"] in section.rates:
        rates = section.rates[wildcards["dataset"]].model_dump(exclude_none=True)
        budget |= {key: value for key, value in rates.items() if key in budget}
    fusion: dict[str, Any] = {"fusion": FUSIONS[method]} if method in FUSIONS else {}
    fusion |= {"needs_order": True, "order": pattern(config, wildcards["dataset"])} if method in ORDERED else {}
    fusion |= _turn(config, wildcards["dataset"], wildcards.get("fold", ""), False)
    return values | budget | fusion | (_architecture(config, wildcards["preset"]) if protocol.architecture else {})


def _views(config: Config, wildcards: Mapping[str, str]) -> dict[str, Any]:
    plain = _stream(wildcards["stream"])(config, wildcards)
    return plain | {"views": config.features.views.model_dump(exclude={"streams"})}


def _stream(name: str) -> Callable[[Config, Mapping[str, str]], dict[str, Any]]:
    """What a stream's stage reads: not what its backbone has seen, which is for tables alone."""

    def of(config: Config, wildcards: Mapping[str, str]) -> dict[str, Any]:
        chosen = getattr(config.features, name)
        return chosen.model_dump(exclude={"seen"}) | {"weights": staged.resolve(name, chosen)}

    return of


def _weights(config: Config, wildcards: Mapping[str, str]) -> dict[str, Any]:
    """What the weights rule reads: where the files of one folder come from."""
    stream, backbone = staged.to_stage(config.features, list(CATALOGUE))[wildcards["weights"]]
    entry = CATALOGUE[stream][backbone]
    model = getattr(config.features, stream).model
    return {"address": dataclasses.asdict(entry.address), "model": model, "licence": licence(backbone)}


def seen(config: Config, dataset: str) -> dict[str, list[str] | None]:
    """Return, by stream, the data sets whose emotion labels went into its backbone; None where that is not known."""
    used = choices.all_streams(config)
    if config.datasets[dataset].adapter == "features":
        return dict.fromkeys(used)
    chosen = {name: getattr(config.features, name) for name in used if name in CATALOGUE}
    return {name: labels_seen(name, chosen[name]) if name in chosen else [] for name in used}


def _leaks(config: Config, wildcards: Mapping[str, str]) -> dict[str, Any]:
    return {"seen": seen(config, wildcards["dataset"]), **_folds(config, wildcards["dataset"])}


def _architecture(config: Config, preset: str) -> dict[str, Any]:
    """The representation heads that a supervised network has in common with the pretrained ones."""
    chosen, sizes = switches(preset, config.presets)["architecture"], config.pretrain.sizes
    heads = {name: chosen[name] for name in REPRESENTATION_HEADS}
    shape = {"representation_dim": sizes.representation, "hidden_dim": sizes.hidden}
    return heads | shape | {"standardise_inputs": chosen["standardise"]}


def _table(config: Config, wildcards: Mapping[str, str]) -> dict[str, Any]:
    dataset, target = config.datasets[wildcards["dataset"]], choices.TARGETS[wildcards.get("target", "")]
    printed = target == "expression" and dataset.adapter in PAPER_DATASETS
    values = {"reference": config.tables.reference, "target": target, "paper": dataset.adapter if printed else None}
    values |= {"seen": seen(config, wildcards["dataset"])}
    return values | {"data": choices.kind_of_data(config, wildcards["dataset"])}


def _score(config: Config, wildcards: Mapping[str, str]) -> dict[str, Any]:
    values = config.tables.model_dump(include={"resamples", "level", "seed"})
    values |= {"target": choices.TARGETS[wildcards.get("target", "")]}
    return values | _folds(config, wildcards["dataset"])


def _folds(config: Config, dataset: str) -> dict[str, Any]:
    """All folds of a data set that is tested by folds."""
    folds = [dataclasses.asdict(fold) for fold in choices.folds(config, dataset).values() if fold is not None]
    return {"folds": folds} if folds else {}


def _page(config: Config, wildcards: Mapping[str, str]) -> dict[str, Any]:
    """What a page says of the settings of its table or of all tables."""
    name = f"{wildcards['dataset']}{wildcards['target']}" if "dataset" in wildcards else None
    names = choices.measured(config) if name is None else [name]  # a table may be asked for that `targets` leaves out
    return {"tables": {table: _told(config, table) for table in names}}


def _map(config: Config, wildcards: Mapping[str, str]) -> dict[str, Any]:
    """What is mapped, as the reference method is evaluated; of folds, in the turn of the first."""
    joined, evaluate = choices.evaluated(config, config.tables.reference)
    values = {"modalities": joined, "evaluate": evaluate, "target": choices.TARGETS[wildcards["target"]]}
    values |= _turn(config, wildcards["dataset"], choices.first_fold(config, wildcards["dataset"]), False)
    return values | config.report.model_dump(include={"maps"})


def _told(config: Config, name: str) -> dict[str, Any]:
    dataset = choices.dataset_of(config, name)
    target = choices.TARGETS[name.removeprefix(dataset)]
    corpus = choices.corpus_of(config, dataset)
    return {"reference": config.tables.reference, "dataset": dataset, "corpus": corpus, "target": target}


def _tables(config: Config, wildcards: Mapping[str, str]) -> dict[str, Any]:
    """What a table over all data sets reads: the slice of each one's own table."""
    return {"datasets": {name: _table(config, {"dataset": name}) for name in config.downstream.datasets}}


def variants(config: Config) -> dict[str, dict[str, str]]:
    """Return, by variant, the preset it is based on and what differs, in words."""
    described: dict[str, dict[str, str]] = {"based_on": {}, "changes": {}}
    for name in config.tables.ablation:
        base, changes = changes_of(name, config.presets)
        described["based_on"][name] = base
        described["changes"][name] = "; ".join(
            f"{part}.{key} {json.dumps(PRESETS[base][part][key])} → {json.dumps(value)}"
            for part, changed in changes.items()
            for key, value in changed.items()
            if PRESETS[base][part][key] != value
        )
    return described


SLICES = {
    "demo": _demo,
    "world": _world,
    "manifest": _manifest,
    "plan": lambda config, wildcards: config.datasets[wildcards["dataset"]].plan.model_dump(),
    "faces": _faces,
    "weights": _weights,
    "frames2d": _stream("frames2d"),
    "frames3d": _stream("frames3d"),
    "views": _views,
    "keypoints": _stream("keypoints"),
    "audio": _stream("audio"),
    "transcripts": lambda config, wildcards: config.datasets[wildcards["dataset"]].asr.model_dump(),
    "text": _stream("text"),
    "imported": _imported,
    "qc": _qc,
    "pretrain": _pretrain,
    "control_network": _control_network,
    "downstream": _downstream,
    "leaks": _leaks,
    "score": _score,
    "chance": _score,
    "table": _table,
    "tables": _tables,
    "map": _map,
    "page": _page,
    "variants": lambda config, wildcards: variants(config),
    **IMAGE_SLICES,
}
