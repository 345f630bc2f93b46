"""The slice of the configuration that each stage on images reads, and the files that its rules ask for."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from snakemake.exceptions import WorkflowError

from conclugen import choices
from conclugen.config import Config
from conclugen.features import staged
from conclugen.images.methods import CONTROLS, METHODS, on_stills
from conclugen.images.presets import PRESETS

LANDMARKS, DETECTOR = "face68", "mtcnn"
COMMON = ("adapter", "root", "size")
CLIPS = "clips"  # the adapter of frames
TUNED = ("finetune", "supervised")
SUPERVISED = "supervised"  # the method of the row from scratch, too, for it has no other
FRACTION = "/fraction-"


def _set(config: Config, wildcards: Mapping[str, str]) -> dict[str, Any]:
    section = config.images.datasets[wildcards["images"]].model_dump()
    options = {key: value for key, value in section.items() if key not in COMMON}
    return {"adapter": section["adapter"], "size": section["size"], "options": options}


def _frames(config: Config, wildcards: Mapping[str, str]) -> dict[str, Any]:
    section = config.images.datasets[wildcards["images"]]
    first = choices.folds(config, section.dataset)[choices.first_fold(config, section.dataset)]
    turn = {} if first is None else {"fold": dataclasses.asdict(first)}
    return section.model_dump(include={"size", "grey", "labelled"}) | turn


def _network(config: Config) -> dict[str, Any]:
    section = config.images
    return {"network": section.network, "width": section.width, "size": section.crop}


def _pretrain(config: Config, wildcards: Mapping[str, str]) -> dict[str, Any]:
    section, chosen = config.images, PRESETS[wildcards["preset"]]
    method = wildcards["method"]
    used, absent = on_stills(method) if of_stills(config, wildcards["images"]) else (METHODS[method], ())
    rate, decay = section.learning_rate, section.weight_decay
    return (
        chosen
        | _network(config)
        | {
            "dataset": wildcards["images"],
            "preset": wildcards["preset"],
            "method": method,
            "proposals": list(used),
            "absent": list(absent),
            "epochs": section.epochs,
            "batch_size": section.batch_size,
            "learning_rate": chosen["learning_rate"] if rate is None else rate,
            "weight_decay": chosen["weight_decay"] if decay is None else decay,
        }
    )


def _control(config: Config, wildcards: Mapping[str, str]) -> dict[str, Any]:
    """What a control reads; only an untrained network has the shape of pretrained ones."""
    name = wildcards["method"]
    drawn = name == "untrained"
    shape = _network(config) if drawn else {"network": "", "width": 0, "size": 0}
    share = PRESETS[wildcards["preset"]]["changes"]["crop"][1] if drawn else 0.0
    return {"control": name, "share": share} | shape


def _probe(config: Config, wildcards: Mapping[str, str]) -> dict[str, Any]:
    section, protocol = config.images, wildcards["protocol"]
    shared = {"seeds": section.head_seeds, "label_fraction": shares(config)[wildcards["share"]]}
    shared |= {"target": target_of(config, wildcards["images"], wildcards["target"])}
    if protocol in TUNED:
        return shared | _network(config) | {"budget": section.networks.model_dump()}
    shared |= {"modalities": {"image": ["image"]}, "evaluate": ["image"], "standardise": True}
    return shared | (section.knn if protocol == "knn" else section.heads).model_dump()


def _table(config: Config, wildcards: Mapping[str, str]) -> dict[str, Any]:
    values = config.tables.model_dump(include={"resamples", "level", "seed"})
    stills = of_stills(config, corpus_of(config, wildcards["images"]))
    target = target_of(config, wildcards["images"], wildcards["target"])
    return values | {"network": config.images.network, "stills": stills, "target": target}


def _points(config: Config, wildcards: Mapping[str, str]) -> dict[str, Any]:
    """What landmarks are made by: the keypoints' network where it gives 68 of them, else the detector's five."""
    chosen = config.features.keypoints
    measured = chosen.backbone == LANDMARKS
    weights = staged.resolve("keypoints", chosen) if measured else None
    name = chosen.backbone if measured else DETECTOR
    return {"backbone": name, "weights": weights, "batch_frames": chosen.batch_frames}


IMAGE_SLICES = {
    "points": _points,
    "image_set": _set,
    "image_frames": _frames,
    "image_pretrain": _pretrain,
    "image_control": _control,
    "image_probe": _probe,
    "image_table": _table,
}


def corpus_of(config: Config, images: str) -> str:
    """Return the image data set that the networks learn from which represent `images`."""
    return config.images.corpus or images


def of_stills(config: Config, images: str) -> bool:
    """Whether an image data set has stills, not frames of clips."""
    return config.images.datasets[images].adapter != CLIPS


def clip_sets(config: Config) -> list[str]:
    """Return the image data sets of frames."""
    return [name for name in config.images.datasets if not of_stills(config, name)]


def labelled_sets(config: Config) -> list[str]:
    """Return the image data sets that have a table."""
    return [name for name, dataset in config.images.datasets.items() if dataset.targets_of()]


def target_of(config: Config, images: str, ending: str) -> str:
    """Return the target of a table by how its name ends. Raises WorkflowError where the labels do not have it."""
    if choices.TARGETS[ending] not in config.images.datasets[images].targets_of():
        raise WorkflowError(
            f"the labels of {images} have no {choices.TARGETS[ending]}; it has no table {images}{ending}"
        )
    return choices.TARGETS[ending]


def tables(config: Config) -> list[str]:
    """Return the names of the tables of image data sets: of each, of every target that its labels have."""
    wanted = {ending: target for ending, target in choices.TARGETS.items() if target in config.images.targets}
    sets = config.images.datasets.items()
    return [
        name + ending for name, dataset in sets for ending, target in wanted.items() if target in dataset.targets_of()
    ]


def shares(config: Config) -> dict[str, float]:
    """Return the share of the labels by the end of the path that says it; all of them have none."""
    fractions = config.images.label_fractions
    return {"" if value == 1 else f"{FRACTION}{value:g}": value for value in fractions}


def rows(config: Config) -> list[tuple[str, str]]:
    """Return (method, protocol) of each row of a table."""
    section, pairs = config.images, []
    for protocol in section.protocols:
        frozen = protocol not in TUNED
        methods = [SUPERVISED] if protocol == SUPERVISED else section.methods
        pairs += [(name, protocol) for name in [*(section.controls if frozen else []), *methods]]
    return pairs


def predictions(config: Config, images: str, target: str = "") -> list[str]:
    """Return the predictions that the table of an image data set is made of; `target`: the ending of its name."""
    target_of(config, images, target)
    base = f"results/downstream/{images}{target}/{corpus_of(config, images)}/{config.images.preset}"
    return [
        f"{base}/{method}/{protocol}{share}/seed{seed}.parquet"
        for method, protocol in rows(config)
        for share in shares(config)
        if protocol != "knn" or not share  # shares of the labels tell something of what is trained
        for seed in config.images.head_seeds
    ]


def models(config: Config, wildcards: Any) -> list[str]:
    """Return the networks behind a row, one a pretraining seed; none behind a control or a network from scratch."""
    if wildcards.method not in METHODS:
        return []
    folder = f"results/images/{wildcards.corpus}/networks/{wildcards.preset}/{wildcards.method}"
    return [f"{folder}/seed{seed}/model.safetensors" for seed in config.images.seeds]


def features(config: Config, wildcards: Any) -> list[str]:
    """Return the shards that a protocol on frozen vectors reads: one a network, or one of a control without a draw."""
    if wildcards.protocol in TUNED:
        return []
    drawn = wildcards.method in METHODS or wildcards.method == "untrained"
    seeds = config.images.seeds if drawn else config.images.seeds[:1]
    folder = f"results/images/{wildcards.images}/features/{wildcards.corpus}/{wildcards.preset}/{wildcards.method}"
    return [f"{folder}/seed{seed}/image/0000.h5" for seed in seeds]


def described(wildcards: Any) -> list[str]:
    """Return the descriptors that a method compares eyes and mouths by; none where it does not."""
    needed = "mask_fn" in METHODS[wildcards.method]
    return [f"results/images/{wildcards.images}/descriptors/0000.h5"] if needed else []


def pictures(wildcards: Any) -> list[str]:
    """Return the image shard that a protocol trains on; none for one on frozen vectors."""
    return [f"results/images/{wildcards.images}/images.h5"] if wildcards.protocol in TUNED else []


METHOD_NAMES, CONTROL_NAMES = tuple(METHODS), CONTROLS
