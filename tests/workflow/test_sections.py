"""Every key of the configuration: the stages whose settings it changes, and none else."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from conclugen import choices, slices
from conclugen.config import Config, check
from conclugen.pretrain.methods import LOSSES, METHODS, Loss
from conclugen.pretrain.presets import PRESETS
from conclugen.pretrain.unlearned import CONTROLS

OWN = {
    "losses": ["mms", "reconstruction"],
    "modalities": {"face": ["frames3d"], "again": ["frames3d"]},  # of what Instance-Cont reads anyway
    "evaluate": ["face"],
}
GIVEN = {
    "datasets": {
        "talks": {"adapter": "voxceleb2", "root": "/data/talks"},
        "mosei": {"adapter": "mosei", "root": "results/demo/mosei"},
        "mine": {"adapter": "folder", "root": "/data/mine", "table": "labels.csv", "asr": {}},
        "arrays": {"adapter": "features", "root": "/data", "file": "x.npz", "streams": {"text": "t"}},
    },
    "worlds": {"made": {"kind": "shared"}},
    "presets": {"warm": {"based_on": "paper", "objective": {"temperature": 0.1}}},
    "images": {
        "datasets": {
            "faces": {"adapter": "rafdb", "root": "/data/faces", "size": 64},
            "frames": {"adapter": "clips", "dataset": "talks", "size": 64, "labelled": False},
        },
        "learning_rate": 0.01,
        "weight_decay": 0.02,
    },
    "pretrain": {"dataset": "talks", "preset": "warm", "methods": [*METHODS, "Own"], "recipes": {"Own": OWN}},
    "downstream": {
        "datasets": ["mosei", "mine"],
        "label_fractions": [0.5, 1.0],
        "raw_rows": {"still": {"face": ["frames3d"]}},
        "rates": {"mine": {"learning_rates": [0.02, 0.03], "weight_decays": [0.1, 0.2]}},
    },
}
# What neither a rule's settings nor its outputs depend on, each with the reason.
NO_STAGE = {
    "device": "CPU and GPU run the same code",
    "rerun_on_upgrade": "is part of the code's fingerprint",
    "pretrain.mem_mb": "is asked of the scheduler",
    "downstream.mem_mb": "is asked of the scheduler",
    "datasets.*.adapter": "is a param of its own",
    "datasets.*.root": "is a param of its own",
    "datasets.arrays.detector": "has no media",
    "datasets.arrays.faces.keep": "has no media",
    "datasets.*.has": "names the files that are asked for",
    "datasets.*.watch": "says what is looked at, not what is made of it",
    "datasets.talks.order": "is not evaluated on",
    "datasets.arrays.order": "is not evaluated on",
    "pretrain.collapsed": "is asked once a network is trained, and changes nothing of it",
    "pretrain.dataset": "names the files that are asked for",
    "pretrain.preset": "names the files that are asked for",
    "pretrain.methods": "names the files that are asked for",
    "pretrain.seeds": "names the files that are asked for",
    "downstream.targets": "names the files that are asked for",
    "downstream.every_class": "is asked while jobs are planned",
    "downstream.label_fractions": "names the files that are asked for",
    "features.keypoints.seen": "is told of the streams that modalities name",
    "tables.presets": "names the files that are asked for",
    "downstream.protocols": "names the files that are asked for",
    "downstream.controls": "names the files that are asked for",
    "downstream.fusions": "names the files that are asked for",
    "tables.rivals": "names the files that are asked for",
    "report.crops": "names the files that are asked for",
    "images.corpus": "names the files that are asked for",
    "images.datasets.frames.dataset": "names the files that are asked for",
    "images.datasets.faces.root": "is a param of its own",
    "images.preset": "names the files that are asked for",
    "images.methods": "names the files that are asked for",
    "images.controls": "names the files that are asked for",
    "images.targets": "names the files that are asked for",
    "images.protocols": "names the files that are asked for",
    "images.label_fractions": "names the files that are asked for",
    "images.seeds": "names the files that are asked for",
    "images.mem_mb": "is asked of the scheduler",
}
TABLE_OF_MOSEI = {"preset": "warm", "dataset": "mosei", "target": "", "share": ""}
HEADS, NETWORKS = {"linear", "linear_input", "raw", "shuffled"}, {"finetune", "supervised"}
EVERY = HEADS | NETWORKS | {"knn"}
SEEN = {"leaks", "table", "tables"}
TUNED = ("image_finetune", "image_supervised")
NETWORK = {"pretrain", "control_network"}  # learned or not
STAGES = {
    "demo.": {"demo"},
    "demo.utterances.": {"demo"},
    "worlds.": {"world"},
    "datasets.arrays.file": {"manifest", "imported"},
    "datasets.arrays.ids": {"manifest", "imported"},
    "datasets.arrays.streams": {"imported"},
    "datasets.mosei.root": {"table", "tables"},  # the demo's data are marked as such
    "datasets.*.plan.": {"plan"},
    "datasets.*.detector": {"faces"},
    "datasets.*.faces.keep": {"faces"},
    "datasets.mine.asr.": {"transcripts"},
    "datasets.*.max_lost": {"qc"},
    "datasets.*.folds": {"manifest", "score", "chance", "leaks"},
    "datasets.mosei.folds": {"manifest"},  # a file
    "datasets.*.order": {"supervised"},
    "datasets.mine.folds": {"manifest", "score", "chance", "leaks", *EVERY},
    "datasets.*.": {"manifest"},
    "faces.": {"faces"},
    "features.frames2d.": {"frames2d", "views"},
    "features.frames3d.": {"frames3d", "views"},
    "features.keypoints.": {"keypoints"},
    "features.keypoints.batch_frames": {"keypoints", "points"},
    "features.audio.": {"audio"},
    "features.text.": {"text"},
    "features.views.copies": {"views", "pretrain"},
    "features.views.streams": {"pretrain", *EVERY},
    "features.views.": {"views"},
    "features.frames2d.seen": SEEN,
    "features.frames3d.seen": SEEN,
    "features.audio.seen": SEEN,
    "features.text.seen": SEEN,
    "report.": {"map"},
    "modalities.": {*NETWORK, *EVERY, *SEEN, "map"},  # tables name what the backbones of these streams have seen
    "presets.warm.based_on": {*NETWORK, "supervised"},
    "presets.": {"pretrain"},
    "pretrain.sizes.representation": {*NETWORK, "supervised"},
    "pretrain.sizes.hidden": {*NETWORK, "supervised"},
    "pretrain.splits": NETWORK,
    "pretrain.validation_fraction": NETWORK,
    "pretrain.recipes.Own.modalities.": {"pretrain", *EVERY},
    "pretrain.recipes.Own.evaluate": EVERY,
    "pretrain.": {"pretrain"},
    "downstream.datasets": {"tables"},
    "downstream.raw_rows.": {"raw"},
    "downstream.heads.": HEADS,
    "downstream.networks.": NETWORKS,
    "downstream.rates.": HEADS | NETWORKS,
    "downstream.knn.": {"knn"},
    "downstream.": EVERY,
    "images.datasets.": {"image_set"},
    "images.datasets.frames.": {"image_frames"},
    "images.network": {"image_pretrain", "image_control", "image_table", *TUNED},
    "images.width": {"image_pretrain", "image_control", *TUNED},
    "images.crop": {"image_pretrain", "image_control", *TUNED},
    "images.head_seeds": {"image_linear", "image_knn", *TUNED},
    "images.heads.": {"image_linear"},
    "images.networks.": set(TUNED),
    "images.knn.": {"image_knn"},
    "images.": {"image_pretrain"},
    "qc.": {"qc"},
    "tables.ablation": {"variants"},
    "tables.reference": {"table", "tables"},
    **{f"tables.{key}": {"score", "chance", "image_table"} for key in ("resamples", "level", "seed")},
    "tables.": {"score", "chance"},
}


def leaves(value: dict[str, Any], above: str = "") -> Iterator[str]:
    for key, inner in value.items():
        if isinstance(inner, dict) and inner and not key.endswith(("weights", "streams", "columns", "splits")):
            yield from leaves(inner, f"{above}{key}.")
        else:
            yield f"{above}{key}"


OTHER = {
    "device": "cpu",
    "rerun_on_upgrade": True,
    "worlds.made.kind": "private",
    "datasets.talks.parts.dev": "valid",
    "datasets.talks.parts.test": "train",
    "datasets.talks.has": ["video", "audio", "text"],  # with less, modalities and methods are others
    "datasets.mosei.media": "full",
    "datasets.mine.columns": {"file": "path"},
    "datasets.mine.labels": ["glad", "calm"],
    "datasets.mine.classes": ["glad", "calm"],
    "datasets.mine.ignored": ["odd"],
    "datasets.mine.splits": {"unseen": "test"},
    "datasets.arrays.labels": {"kind": "single", "key": "y"},
    "datasets.arrays.splits": {"unseen": "test"},
    "datasets.arrays.streams": {"text": "u"},
    "datasets.mine.dimensions": {"valence": {"key": "v", "low": 1.0, "high": 5.0}},
    "datasets.arrays.dimensions": {"valence": {"key": "v", "low": 1.0, "high": 5.0}},
    "features.views.streams": ["frames2d"],
    "presets.warm.based_on": "improved",
    "pretrain.collapsed": "fail",
    "pretrain.dataset": "mosei",
    "pretrain.preset": "paper",
    "pretrain.search.learning_rates": [0.01, 0.001],
    "pretrain.search.weight_decays": [0.01, 0.1],
    "pretrain.splits": ["train", "none"],
    "pretrain.recipes.Own.modalities.face": ["frames2d"],
    "pretrain.recipes.Own.modalities.again": ["frames2d"],
    "pretrain.recipes.Own.evaluate": ["again"],
    "downstream.datasets": ["mosei"],
    "downstream.raw_rows.still.face": ["audio"],
    "downstream.protocols": ["raw"],
    "downstream.label_fractions": [0.25, 1.0],
    "downstream.fusions": ["TFN"],
    "downstream.heads.learning_rates": [0.05],
    "downstream.networks.learning_rates": [0.05],
    "datasets.mosei.folds": "other.json",
    "images.preset": "paper",
    "images.corpus": "faces",
    "images.datasets.frames.dataset": "mosei",
    "images.network": "resnet50",
    "images.label_fractions": [0.25, 1.0],
    "images.heads.learning_rates": [0.05],
    "images.networks.learning_rates": [0.05],
    "images.networks.weight_decays": [0.5],
    "images.seeds": [1],
    "tables.reference": "ConClu",
    "report.maps": "PCA",
    "report.crops": "none",
}
# The rest by their names: those of one value out of a few, and those without a value.
NAMED = {
    "dtype": "float16",
    "has": ["video", "audio"],  # one test set may be without texts
    "weights": {"path": __file__, "sha256": "0" * 64},
    "seen": ["mosei"],
    "size": 96,
    "shards": 2,
    "max_lost": 0.33,
    "watch": True,
    "order": r"(.+)-(\d+)",
    "keep": False,
    "folds": 4,
}
# Another adapter has other keys, another backbone other models, a recipe that borrows networks no losses; backbones are
# code, too.
CHOICES = (".adapter", ".backbone", ".model", ".engine", ".asr", ".pretrained_as")


def other(key: str, value: Any) -> Any:
    """Another value of the same kind."""
    name = key.rpartition(".")[2]
    if key in OTHER or name in NAMED:
        return OTHER.get(key, NAMED.get(name))
    if name == "detector":
        return "none" if value == "mtcnn" else "mtcnn"
    if name in ("learning_rate", "weight_decay"):
        return 0.125
    if key.startswith("modalities."):
        return ["text"] if value != ["text"] else ["audio"]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 2 if isinstance(value, int) else value / 2 or 0.25
    if isinstance(value, list):
        return [value[0] * 0.9, value[1]] if key.startswith("features.views") else value[:-1]
    return f"{value}x"


def settings(config: Config) -> dict[tuple, Any]:
    """The settings of every stage, for whatever it may be asked for."""
    rules = [("demo", {"layout": layout}) for layout in config.demo.utterances]
    rules += [("world", {"world": name}) for name in config.worlds]
    for dataset, given in config.datasets.items():
        kinds = ("imported",) if given.adapter == "features" else ("faces",)
        rules += [(stage, {"dataset": dataset, "stream": "text"}) for stage in ("manifest", "plan", "qc", *kinds)]
        rules += [(stage, {"dataset": dataset}) for stage in ("score", "chance", "table", "leaks")]
        rules += [("transcripts", {"dataset": dataset})] if choices.transcribed(config, dataset) else []
    plain = ("frames2d", "frames3d", "keypoints", "audio", "text", "points", "tables", "variants")
    rules += [(stage, {}) for stage in plain]
    rules += [("views", {"stream": stream}) for stream in ("frames2d", "frames3d")]
    for method in (*METHODS, "Own"):
        rules += [("pretrain", {"method": method, "corpus": "talks", "preset": "warm"})]
        rules += [
            ("downstream", TABLE_OF_MOSEI | {"method": method, "protocol": protocol, "dataset": name})
            for protocol in EVERY
            for name in ("mosei", "mine")
        ]
    rules += [("downstream", TABLE_OF_MOSEI | {"method": "still", "protocol": "raw"})]
    rules += [
        ("downstream", TABLE_OF_MOSEI | {"method": "CIA", "protocol": "supervised", "dataset": name})
        for name in ("mosei", "mine")
    ]
    rules += [("map", {"dataset": "mosei", "target": ""})]
    rules += [("control_network", {"method": name, "corpus": "talks", "preset": "warm"}) for name in CONTROLS]
    images = {"images": "faces", "target": "", "preset": "improved", "share": ""}
    rules += [(stage, images) for stage in ("image_set", "image_table")]
    rules += [("image_frames", {"images": "frames"})]
    rules += [("image_pretrain", images | {"method": name}) for name in ("SimCLR", "SSL-FER")]
    rules += [("image_control", images | {"method": name}) for name in ("untrained", "HOG", "mobilenet_v2")]
    rules += [
        ("image_probe", images | {"method": "SimCLR", "protocol": name})
        for name in ("linear", "knn", "finetune", "supervised")
    ]
    return {
        (stage, *sorted(wildcards.items())): slices.stage_settings(
            config, stage, wildcards | first_fold(config, wildcards)
        )
        for stage, wildcards in rules
    }


def first_fold(config: Config, wildcards: dict[str, str]) -> dict[str, str]:
    """The fold that a path of a data set names first, if any; asked for none, the slice of one would be refused."""
    if not {"protocol", "dataset"} <= wildcards.keys():
        return {}
    return {"fold": next(iter(choices.folds(config, wildcards["dataset"])))}


def expected(key: str) -> set[str]:
    parts = key.split(".")
    general = ".".join(["datasets", "*", *parts[2:]]) if parts[0] == "datasets" else key
    if key in STAGES:
        return STAGES[key]
    if key in NO_STAGE or general in NO_STAGE:
        return set()
    fitting = [prefix for prefix in STAGES if key.startswith(prefix) or general.startswith(prefix)]
    return STAGES[max(fitting, key=lambda prefix: (len(prefix.replace("*", "")), prefix))]


def named(of: tuple) -> str:
    """A stage; of those that judge a representation, the protocol."""
    wildcards = dict(of[1:])
    if of[0] == "image_probe":
        return f"image_{wildcards['protocol']}"
    return wildcards["protocol"] if of[0] == "downstream" else of[0]


CHECKED = check(GIVEN)
KEYS = [key for key in leaves(CHECKED.model_dump()) if not key.endswith(CHOICES)]


def with_value(key: str) -> Config:
    given, parts = copy.deepcopy(CHECKED.model_dump()), key.split(".")
    section = given
    for part in parts[:-1]:
        section = section[part]
    value = other(key, section[parts[-1]])
    assert value != section[parts[-1]]
    section[parts[-1]] = value
    return check(given)


@pytest.mark.parametrize("key", KEYS)
def test_a_key_changes_the_stages_that_read_it_and_none_else(key):
    before, after = settings(CHECKED), settings(with_value(key))
    changed = {of for of in before if before[of] != after[of]}
    stages = {named(of) for of in changed}
    assert stages == expected(key)
    if key.startswith("datasets.") and "tables" not in stages:
        assert all(dict(of[1:])["dataset"] == key.split(".")[1] for of in changed)
    if key.startswith("pretrain.recipes."):
        assert {dict(of[1:])["method"] for of in changed} == {"Own"}
    if key.startswith("demo.utterances."):
        assert [dict(of[1:])["layout"] for of in changed] == [key.split(".")[-1]]


def test_every_section_is_covered():
    assert {key.split(".")[0] for key in KEYS} == set(Config.model_fields)


OF_ALL = set(METHODS)
CLUSTERED = {name for name in METHODS if "clustering" in METHODS[name].losses}
CONTRASTED = {name for name in METHODS if "mms" in METHODS[name].losses}
DECODED = {name for name in METHODS if "reconstruction" in METHODS[name].losses}
READERS = {
    "sizes.representation": OF_ALL,
    "sizes.projection": OF_ALL - {"Generative"},
    "sizes.projection_hidden": OF_ALL - {"Generative"},
    "sizes.clustering": CLUSTERED,
    "sizes.decoder_hidden": DECODED,
    "architecture.gated": OF_ALL,
    "architecture.projection_relu": OF_ALL - {"Generative"},
    "architecture.decoder_relu": DECODED,
    "objective.margin": CLUSTERED | CONTRASTED,
    "objective.temperature": CONTRASTED,
    "objective.clustering_temperature": CLUSTERED,
    "objective.reconstruction_weight": DECODED,
    "objective.instance_temperature": {"Instance-Cont"},
    "clusters.count": CLUSTERED,
    "clusters.start_epoch": CLUSTERED,
    "schedule.floor": OF_ALL,
}


def pretraining(config: Config) -> dict[str, Any]:
    wildcards = {"corpus": "talks", "preset": "warm"}
    return {
        name: slices.stage_settings(config, "pretrain", wildcards | {"method": name})
        for name in (*METHODS, "Own")
        if METHODS.get(name) is None or METHODS[name].pretrained_as is None
    }


@pytest.mark.parametrize("key", READERS)
def test_a_key_trains_the_networks_anew_whose_losses_read_it_and_none_else(key):
    part, name = key.split(".")
    given = copy.deepcopy(CHECKED.model_dump())
    section = given["pretrain"]["sizes"] if part == "sizes" else given["presets"]["warm"].setdefault(part, {})
    value = section.get(name, PRESETS["paper"].get(part, {}).get(name))
    section[name] = not value if isinstance(value, bool) else (value or 1) + 1
    before, after = pretraining(CHECKED), pretraining(check(given))
    own = {"Own"} if "ConGen" in READERS[key] else set()  # of the same losses
    assert {of for of in before if before[of] != after[of]} == (READERS[key] & before.keys()) | own


def test_a_loss_that_is_new_trains_no_network_anew(monkeypatch):
    before = pretraining(CHECKED)
    monkeypatch.setitem(LOSSES, "vicreg", Loss(("projection",), ("variance_weight",)))
    monkeypatch.setitem(PRESETS["paper"]["objective"], "variance_weight", 25.0)
    assert pretraining(CHECKED) == before
