"""Which code a stage is made by: found by its module and, where they choose, by the wildcards of a job."""

from types import SimpleNamespace

import pytest

from conclugen.config import check
from conclugen.workflow import code

CONFIG = check(
    {
        "datasets": {
            "mosei": {"adapter": "mosei", "root": "/data/mosei", "asr": {}},
            "mine": {"adapter": "folder", "root": "/data/mine", "table": "labels.csv"},
        },
        "pretrain": {"dataset": "mosei"},
        "downstream": {"datasets": ["mosei"]},
        "images": {"datasets": {"stills": {"adapter": "rafdb", "root": "/data/raf"}}, "network": "resnet10"},
    }
)


def made_by(module, **wildcards):
    return code.made_by(CONFIG, module)(SimpleNamespace(**wildcards))


def modules(found):
    return {line.split("@")[0].removeprefix("conclugen/") for line in found}


def test_a_stage_is_made_by_its_module_and_a_stream_by_its_backbone_too():
    assert made_by("evaluation.table") == code.of(CONFIG, "evaluation.table")
    assert made_by("faces.run") == code.of_faces(CONFIG)
    assert made_by("evaluation.report.run") == code.of_page(CONFIG)
    assert "features/backbones/i3d.py" in modules(made_by("features.frames3d"))
    assert made_by("features.imported") == code.of(CONFIG, "features.imported")


def test_the_module_may_be_chosen_by_a_job():
    views = made_by(lambda wildcards: f"features.{wildcards.stream}_views", stream="frames2d")
    assert {"features/frames2d_views.py", "features/backbones/mobilenet_v2.py"} <= modules(views)
    fused = made_by(lambda wildcards: f"downstream.{wildcards.protocol}", protocol="supervised", method="TFN")
    assert fused == code.of_downstream(CONFIG, "supervised", "TFN")


def test_a_method_chooses_its_losses_and_a_data_set_its_engine():
    generative = modules(made_by("pretrain.run", method="Generative"))
    assert "losses/reconstruction.py" in generative
    assert "losses/clustering.py" not in generative
    assert made_by("features.transcripts", dataset="mosei") == code.of_transcripts(CONFIG, "mosei")


@pytest.mark.parametrize(
    ("module", "wildcards", "network"),
    [
        ("images.pretrain", {}, "resnet10"),
        ("images.represent", {}, "resnet10"),
        ("images.finetune", {}, "resnet10"),
        ("images.linear", {}, ""),
        ("images.frames", {}, ""),
        ("images.descriptors", {}, "mobilenet_v2"),
        ("images.controls", {"method": "untrained"}, "resnet10"),
        ("images.controls", {"method": "mobilenet_v2"}, "mobilenet_v2"),
        ("images.controls", {"method": "pixels"}, ""),
    ],
)
def test_a_stage_on_images_is_made_by_the_network_it_finds_by_name(module, wildcards, network):
    assert made_by(module, **wildcards) == code.of_images(CONFIG, module, network)


def test_reading_images_is_made_by_their_layout_and_landmarks_by_their_network():
    assert made_by("images.prepare", images="stills") == code.of_images(CONFIG, "images.prepare", "", "rafdb")
    assert made_by("images.points") == code.of_points(CONFIG)
    assert made_by("images.copies") == code.of(CONFIG, "images.copies")
