"""The section on images: what is refused before any job runs, and what rules are told."""

from types import SimpleNamespace

import pytest
from snakemake.exceptions import WorkflowError

from conclugen import choices
from conclugen.config import check
from conclugen.config.errors import ConfigError
from conclugen.images.methods import CONTROLS
from conclugen.slices import stage_settings
from conclugen.workflow import image_slices

BASE = {
    "datasets": {"mosei": {"adapter": "mosei", "root": "/data/mosei"}},
    "pretrain": {"dataset": "mosei"},
    "downstream": {"datasets": ["mosei"]},
}
FACES = {"faces": {"adapter": "fer2013", "root": "/data/fer"}}


def of(**images):
    return check(BASE | {"images": {"datasets": FACES} | images})


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (
            {"datasets": {"f": {"adapter": "fer2012", "root": "/d"}}},
            r"images\.datasets\.f\.adapter: 'fer2012' is unknown",
        ),
        ({"datasets": {"f": {"adapter": "rafdb", "root": "/d", "rule": "x"}}}, r"rule: unknown key"),
        ({"datasets": {"mosei": {"adapter": "fer2013", "root": "/d"}}}, r"images\.datasets\.mosei: this name is taken"),
        (
            {"datasets": {"presets": {"adapter": "fer2013", "root": "/d"}}},
            "taken by results/tables/presets",
        ),
        ({"datasets": {"a": {"adapter": "affectnet", "root": "/d", "classes": 6}}}, r"images\.datasets\.a\.classes"),
        (
            {"datasets": {"a": {"adapter": "clips", "dataset": "moisei"}}},
            r"images\.datasets\.a\.dataset: 'moisei' has no videos; did you mean 'mosei'",
        ),
        ({"corpus": "talks"}, r"images\.corpus: 'talks' is unknown"),
        (
            {"targets": ["valence"]},
            r"images\.targets: no labels of images\.datasets have valence; they have expression",
        ),
        ({"targets": ["sentiment"]}, r"images\.targets"),
        ({"datasets": {"a-valence": {"adapter": "fer2013", "root": "/d"}}}, r"images\.datasets\.a-valence: this name"),
        ({"methods": ["BYOL"]}, r"images\.methods"),
        ({"label_fractions": [0.1]}, r"images\.label_fractions: \[0\.1\] lacks 1\.0"),
        ({"batch_size": 1}, r"images\.batch_size"),
        ({"network": "resnet18"}, r"images\.network"),
    ],
)
def test_mistakes_are_told_with_the_key(images, message):
    with pytest.raises(ConfigError, match=message):
        of(**images)


def test_without_data_sets_there_is_nothing_of_it():
    assert check(BASE).images.datasets == {}


def test_rows_are_those_of_controls_methods_and_protocols():
    config = of(protocols=["linear", "knn", "supervised", "finetune"], methods=["SimCLR"], controls=["PCA"])
    assert image_slices.rows(config) == [
        ("PCA", "linear"),
        ("SimCLR", "linear"),
        ("PCA", "knn"),
        ("SimCLR", "knn"),
        ("supervised", "supervised"),
        ("SimCLR", "finetune"),
    ]
    found = image_slices.predictions(of(label_fractions=[0.1, 1.0], head_seeds=[0]), "faces")
    shares = [path for path in found if "fraction-0.1" in path]
    assert shares
    assert not [path for path in shares if "/knn/" in path]


def asked(method, protocol):
    return SimpleNamespace(images="faces", corpus="faces", preset="improved", method=method, protocol=protocol)


def test_a_row_stands_on_the_networks_of_its_method_and_a_control_on_none():
    config = of(seeds=[0, 1])
    assert len(image_slices.models(config, asked("SimCLR", "linear"))) == 2
    assert image_slices.models(config, asked("PCA", "linear")) == []
    assert len(image_slices.features(config, asked("untrained", "linear"))) == 2
    assert len(image_slices.features(config, asked("PCA", "linear"))) == 1
    assert image_slices.features(config, asked("SimCLR", "finetune")) == []
    assert image_slices.pictures(asked("SimCLR", "finetune")) == ["results/images/faces/images.h5"]
    assert image_slices.described(SimpleNamespace(images="faces", method="SSL-FER"))
    assert image_slices.described(SimpleNamespace(images="faces", method="CutMix")) == []


def test_a_method_of_clips_is_told_what_stills_lack_and_nothing_of_its_frames():
    wildcards = {"images": "faces", "preset": "paper", "method": "SSL-FER"}
    told = stage_settings(of(), "image_pretrain", wildcards)
    assert (told["proposals"], told["absent"]) == (["face_swap", "mask_fn"], ["time_aug", "hard_neg"])
    assert told["learning_rate"] == 3e-4
    assert stage_settings(of(learning_rate=0.1), "image_pretrain", wildcards)["learning_rate"] == 0.1


@pytest.mark.parametrize("control", [name for name in CONTROLS if name != "untrained"])
def test_only_an_untrained_network_follows_the_shape_of_pretrained_ones(control):
    wildcards = {"images": "faces", "preset": "improved", "method": control}
    assert stage_settings(of(), "image_control", wildcards) == stage_settings(of(width=8), "image_control", wildcards)


def test_networks_of_a_corpus_of_clips_represent_every_set_and_have_every_proposal():
    frames = {"adapter": "clips", "dataset": "mosei", "labelled": False}
    config = of(datasets=FACES | {"frames": frames}, corpus="frames", methods=["SSL-FER"])
    assert image_slices.labelled_sets(config) == list(FACES)
    assert all("/frames/" in path for path in image_slices.predictions(config, "faces"))
    row = SimpleNamespace(images="faces", corpus="frames", preset="improved", method="SSL-FER", protocol="linear")
    assert image_slices.models(config, row) == [
        "results/images/frames/networks/improved/SSL-FER/seed0/model.safetensors"
    ]
    told = stage_settings(config, "image_pretrain", {"images": "frames", "preset": "paper", "method": "SSL-FER"})
    assert told["proposals"] == ["time_aug", "hard_neg", "face_swap", "mask_fn"]
    assert told["absent"] == []
    assert stage_settings(config, "image_table", {"images": "faces", "target": ""})["stills"] is False
    assert "keypoints" in choices.backbone_streams(config)


RATED = FACES | {"rated": {"adapter": "affectnet", "root": "/data/affectnet"}}


def test_only_sets_whose_labels_have_a_dimension_have_its_table():
    assert image_slices.tables(of(datasets=RATED)) == ["faces", "rated", "rated-valence", "rated-arousal"]
    assert image_slices.tables(of(datasets=RATED, targets=["arousal"])) == ["rated-arousal"]
    frames = {"adapter": "clips", "dataset": "mosei", "labelled": False}
    assert image_slices.tables(of(datasets=FACES | {"frames": frames})) == ["faces"]


@pytest.mark.parametrize("protocol", ["linear", "knn", "finetune", "supervised"])
def test_a_dimension_has_predictions_of_its_own_and_is_told_to_each_protocol(protocol):
    config = of(datasets=RATED, protocols=[protocol])
    assert all(path.startswith("results/downstream/rated-valence/rated/") for path in predicted(config, "rated"))
    wildcards = {"images": "rated", "target": "-valence", "method": "SimCLR", "protocol": protocol, "share": ""}
    assert stage_settings(config, "image_probe", wildcards)["target"] == "valence"
    assert stage_settings(config, "image_table", wildcards)["target"] == "valence"


def predicted(config, images):
    found = image_slices.predictions(config, images, "-valence")
    assert found
    return found


def test_a_dimension_that_labels_do_not_have_is_refused_in_one_line():
    message = r"^the labels of faces have no valence; it has no table faces-valence$"
    with pytest.raises(WorkflowError, match=message):
        predicted(of(datasets=RATED), "faces")
    wildcards = {"images": "faces", "target": "-valence", "protocol": "linear", "share": ""}
    with pytest.raises(WorkflowError, match=message):
        stage_settings(of(datasets=RATED), "image_probe", wildcards)
