"""The slice of the configuration that each stage reads, and the lists that rules are made from.

A rule reruns when its slice changes, so a slice holds what its stage uses and nothing else.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_args

from conclugen.config import SENTIMENT_TABLE, Config
from conclugen.features import staged
from conclugen.features.catalogue import CATALOGUE, labels_seen
from conclugen.pretrain.methods import METHODS, MODALITIES, unused_modules
from conclugen.pretrain.presets import PRESETS, changes_of, switches

RAW = "raw-features"
PRETRAINED_PROTOCOLS = ("linear", "shuffled", "knn", "finetune")
DATASET_COMMON = ("adapter", "root", "plan", "detector", "faces", "asr", "max_lost", "watch")
PAPER_DATASETS = ("mosei", "meld", "caer")
TARGETS = {"": "expression", SENTIMENT_TABLE: "sentiment"}  # by what follows a data set's name in that of its table
FACE_STREAMS = ("frames2d", "frames3d", "frames2d_views", "frames3d_views", "keypoints")


def stage_settings(config: Config, stage: str, wildcards: Mapping[str, str]) -> dict[str, Any]:
    """Return what `stage` reads, as plain values, for the given wildcards of its rule."""
    return SLICES[stage](config, wildcards)


def streams(config: Config, method: str | None = None) -> list[str]:
    """Return the streams a method is evaluated with, in the order of the modalities; all modalities' without one."""
    joined = config.modalities if method is None else _evaluated(config, method)[0]
    return list(dict.fromkeys(stream for names in joined.values() for stream in names))


def pretraining_streams(config: Config, method: str) -> list[str]:
    """Return the streams a method is pretrained on: augmented copies of them, where it compares views of a clip."""
    return [f"{name}_views" if METHODS[method]["views"] else name for name in streams(config, method)]


def accounted_streams(config: Config, dataset: str) -> list[str]:
    """Return the streams of a data set whose losses count: all modalities', and what the methods read beside them."""
    used = streams(config)
    for method in (name for name in config.pretrain.methods if METHODS[name]["views"]):
        used += pretraining_streams(config, method) if dataset == config.pretrain.dataset else []
        used += streams(config, method) if dataset in config.downstream.datasets else []
    return list(dict.fromkeys(used))


def transcribed(config: Config, dataset: str) -> bool:
    """Whether the words of a data set come from its transcripts, where its official texts have gaps."""
    return config.datasets[dataset].asr is not None


def unused_engines(config: Config, dataset: str) -> list[str]:
    """Return the modules of the speech recognisers that a data set does not use."""
    asr = config.datasets[dataset].asr
    known = get_args(type(asr).model_fields["engine"].annotation)
    return [f"conclugen.features.asr.{name}" for name in known if name != asr.engine]


def has_sentiment(config: Config, dataset: str) -> bool:
    """Whether the labels of a data set have a sentiment."""
    given = config.datasets[dataset]
    return given.adapter == "mosei" or getattr(given, "sentiment", None) is not None


def measured(config: Config) -> list[str]:
    """Return what is evaluated, by the name of its table: every data set, and `-sentiment` of those that have it."""
    return [
        f"{name}{ending}"
        for name in config.downstream.datasets
        for ending, target in TARGETS.items()
        if target in config.downstream.targets and (target == "expression" or has_sentiment(config, name))
    ]


def keeps_faces(config: Config, dataset: str) -> bool:
    """Whether the face shards of a data set hold crops."""
    own = config.datasets[dataset].faces.keep
    return config.faces.keep if own is None else own


def raw_controls(config: Config) -> dict[str, list[str]]:
    """Return the raw-features controls and the modalities each sees: all, then, where there are several, one by one."""
    single = {f"{RAW}-{name}": [name] for name in config.modalities} if len(config.modalities) > 1 else {}
    return {RAW: list(config.modalities)} | single


def demo_layout(root: str) -> str | None:
    """Return the layout of the demo corpus that `root` is, None where it is data of the user's own."""
    path = Path(os.path.relpath(root))
    return path.name if path.parent == Path("results/demo") else None


def pretrained_as(method: str) -> str:
    """Return the method whose networks `method` is evaluated with."""
    return METHODS[method]["pretrained_as"] or method


def unused_losses(method: str) -> list[str]:
    """Return the modules of losses that `method` does not use."""
    return unused_modules(METHODS[method]["losses"])


def table_rows(config: Config) -> list[tuple[str, str]]:
    """Return (method, protocol) of every row of a table but the chance rows."""
    chosen, rows = config.downstream.protocols, []
    if "raw" in chosen:
        rows += [(name, "raw") for name in raw_controls(config)]
    reference = config.tables.reference
    rows += [(reference, name) for name in ("shuffled", "supervised") if name in chosen]
    rows += [(m, name) for m in config.pretrain.methods for name in ("linear", "knn", "finetune") if name in chosen]
    return rows


def robust_rows(config: Config) -> list[tuple[str, str]]:
    """Return the rows of a table whose classifier sees several modalities at once, each of which can be masked."""
    return [
        (method, protocol)
        for method, protocol in table_rows(config)
        if protocol in ("raw", "linear") and len(_evaluated(config, method)[1]) > 1
    ]


def _demo(config: Config, wildcards: Mapping[str, str]) -> dict[str, Any]:
    values = config.demo.model_dump()
    return values | {"utterances": values["utterances"][wildcards["layout"]]}


def _manifest(config: Config, wildcards: Mapping[str, str]) -> dict[str, Any]:
    options = config.datasets[wildcards["dataset"]].model_dump()
    return {key: value for key, value in options.items() if key not in (*DATASET_COMMON, "streams")}


def _imported(config: Config, wildcards: Mapping[str, str]) -> dict[str, Any]:
    dataset = config.datasets[wildcards["dataset"]]
    return {"file": dataset.file, "ids": dataset.ids, "array": dataset.streams[wildcards["stream"]]}


def _faces(config: Config, wildcards: Mapping[str, str]) -> dict[str, Any]:
    dataset = config.datasets[wildcards["dataset"]]
    own = {"detector": dataset.detector, "keep": keeps_faces(config, wildcards["dataset"])}
    return config.faces.model_dump() | own


def _qc(config: Config, wildcards: Mapping[str, str]) -> dict[str, Any]:
    own = config.datasets[wildcards["dataset"]].max_lost
    return config.qc.model_dump() | ({} if own is None else {"max_lost": own})


def _modalities(config: Config, method: str) -> dict[str, list[str]]:
    recipe = METHODS[method]
    if recipe["views"]:
        return {name: list(config.features.views.streams) for name in recipe["modalities"]}
    return {name: list(config.modalities[name]) for name in [*recipe["modalities"], *_own_modalities(config, method)]}


def _own_modalities(config: Config, method: str) -> list[str]:
    """Modalities of the configuration beyond the paper's, where the method takes them in."""
    return [name for name in config.modalities if name not in MODALITIES] if METHODS[method]["others"] else []


def _pretrain(config: Config, wildcards: Mapping[str, str]) -> dict[str, Any]:
    recipe, section = METHODS[wildcards["method"]], config.pretrain
    return {
        "corpus": wildcards["corpus"],
        "preset": wildcards["preset"],
        "method": wildcards["method"],
        "modalities": _modalities(config, wildcards["method"]),
        "splits": section.splits,
        "validation_fraction": section.validation_fraction,
        "losses": list(recipe["losses"]),
        "views": config.features.views.copies if recipe["views"] else 0,
        "learning_rate": section.learning_rate or recipe["learning_rate"],
        "weight_decay": recipe["weight_decay"] if section.weight_decay is None else section.weight_decay,
        "epochs": section.epochs,
        "batch_size": section.batch_size,
        "sizes": section.sizes.model_dump(),
        **switches(wildcards["preset"], config.presets),
    }


def _downstream(config: Config, wildcards: Mapping[str, str]) -> dict[str, Any]:
    """What all protocols share, and the budget of this one."""
    method, protocol, section = wildcards["method"], wildcards["protocol"], config.downstream
    joined, evaluate = _evaluated(config, method)
    values = section.model_dump(include={"seeds", "label_fractions", "standardise"})
    values |= {"modalities": joined, "evaluate": evaluate, "target": TARGETS[wildcards["target"]]}
    if protocol == "knn":
        return values | section.knn.model_dump()
    if protocol not in ("finetune", "supervised"):
        return values | section.heads.model_dump()
    values |= section.networks.model_dump()
    return values if protocol == "finetune" else values | _architecture(config, wildcards["preset"])


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
    return {"address": dataclasses.asdict(entry.address), "model": model, "licence": entry.licence}


def backbone_streams(config: Config) -> list[str]:
    """Return the streams that a backbone extracts for the configured methods; none where all features are imported."""
    filmed = any(dataset.adapter != "features" for dataset in config.datasets.values())
    return [name for name in CATALOGUE if filmed and name in streams(config)]


def seen(config: Config, dataset: str) -> dict[str, list[str] | None]:
    """Return, by stream, the data sets whose emotion labels went into its backbone; None where that is not known."""
    if config.datasets[dataset].adapter == "features":
        return dict.fromkeys(streams(config))
    chosen = {name: getattr(config.features, name) for name in streams(config) if name in CATALOGUE}
    # Keypoints are made without a backbone.
    return {name: labels_seen(name, chosen[name]) if name in chosen else [] for name in streams(config)}


def _evaluated(config: Config, method: str) -> tuple[dict[str, list[str]], list[str]]:
    """The modalities that a method's features are loaded for, and those that its evaluation sees."""
    controls = raw_controls(config)
    if method in controls:
        return {name: list(config.modalities[name]) for name in controls[method]}, controls[method]
    recipe = METHODS[method]
    judged_on_all = recipe["evaluate"] == recipe["modalities"]
    return _modalities(config, method), [
        *recipe["evaluate"],
        *(_own_modalities(config, method) if judged_on_all else []),
    ]


def _architecture(config: Config, preset: str) -> dict[str, Any]:
    """The representation heads that a supervised network has in common with the pretrained ones."""
    chosen, sizes = switches(preset, config.presets)["architecture"], config.pretrain.sizes
    kept = {name: chosen[name] for name in ("gated", "representation_relu", "residual", "keep_input", "narrow")}
    shape = {"representation_dim": sizes.representation, "hidden_dim": sizes.hidden}
    return kept | shape | {"standardise_inputs": chosen["standardise"]}


def _table(config: Config, wildcards: Mapping[str, str]) -> dict[str, Any]:
    dataset, target = config.datasets[wildcards["dataset"]], TARGETS[wildcards.get("target", "")]
    printed = target == "expression" and dataset.adapter in PAPER_DATASETS
    values = config.tables.model_dump(exclude={"presets", "ablation"})
    values |= {"target": target, "paper": dataset.adapter if printed else None}
    values |= {"seen": seen(config, wildcards["dataset"])}
    return values | {"data": "demo" if demo_layout(dataset.root) in config.demo.utterances else "own"}


def fractions(config: Config) -> list[str]:
    """Return the label fractions below 1, as the folders of their predictions are named."""
    return [f"fraction-{share:g}" for share in config.downstream.label_fractions if share != 1]


def benchmark_dataset(config: Config) -> str | None:
    """Return the data set whose rows stand in Table 1: the first CMU-MOSEI that is evaluated on."""
    return next((name for name in config.downstream.datasets if config.datasets[name].adapter == "mosei"), None)


def _tables(config: Config, wildcards: Mapping[str, str]) -> dict[str, Any]:
    """What a table over all data sets reads: the slice of each one's own table."""
    return {"datasets": {name: _table(config, {"dataset": name}) for name in config.downstream.datasets}}


def ablation_presets(config: Config) -> list[str]:
    """Return the presets whose predictions the table of switches compares: those that variants are based on, first."""
    bases = dict.fromkeys(changes_of(name, config.presets)[0] for name in config.tables.ablation)
    return [*bases, *config.tables.ablation]


def variants(config: Config) -> dict[str, dict[str, str]]:
    """Return, by variant, the preset it is based on and what differs, in words."""
    found: dict[str, dict[str, str]] = {"based_on": {}, "changes": {}}
    for name in config.tables.ablation:
        base, changes = changes_of(name, config.presets)
        found["based_on"][name] = base
        found["changes"][name] = "; ".join(
            f"{part}.{key} {json.dumps(PRESETS[base][part][key])} → {json.dumps(value)}"
            for part, changed in changes.items()
            for key, value in changed.items()
            if PRESETS[base][part][key] != value
        )
    return found


SLICES = {
    "demo": _demo,
    "manifest": _manifest,
    "plan": lambda config, wildcards: config.datasets[wildcards["dataset"]].plan.model_dump(),
    "faces": _faces,
    "weights": _weights,
    "frames2d": _stream("frames2d"),
    "frames3d": _stream("frames3d"),
    "views": _views,
    "keypoints": lambda config, wildcards: config.features.keypoints.model_dump(),
    "audio": _stream("audio"),
    "transcripts": lambda config, wildcards: config.datasets[wildcards["dataset"]].asr.model_dump(),
    "text": _stream("text"),
    "imported": _imported,
    "qc": _qc,
    "pretrain": _pretrain,
    "downstream": _downstream,
    "leaks": lambda config, wildcards: {"seen": seen(config, wildcards["dataset"])},
    "table": _table,
    "tables": _tables,
    "variants": lambda config, wildcards: variants(config),
}
