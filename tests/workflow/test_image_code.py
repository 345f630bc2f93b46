"""What stages on images depend on: the network and the layout of the configuration, and none else; and nothing of video
depends on them.
"""

import pytest

from conclugen.config import check
from conclugen.workflow import code

CONFIG = check(
    {
        "datasets": {"mosei": {"adapter": "mosei", "root": "/data/mosei"}},
        "pretrain": {"dataset": "mosei"},
        "downstream": {"datasets": ["mosei"]},
    }
)


def modules(found):
    return {line.split("@")[0].removeprefix("conclugen/") for line in found if line.startswith("conclugen/")}


def test_pretraining_stands_on_its_network_and_on_nothing_of_video():
    found = modules(code.of_images(CONFIG, "images.pretrain", "resnet10"))
    assert {"images/loop.py", "images/networks/resnet10.py", "losses/nt_xent.py"} <= found
    assert not {"images/networks/resnet50.py", "pretrain/objective.py", "models/network.py", "pretrain/loop.py"} & found
    assert not [name for name in found if name.startswith(("images/layouts", "downstream", "evaluation", "config"))]


def test_weights_that_a_network_starts_from_are_part_of_it():
    assert [line for line in code.of_images(CONFIG, "images.pretrain", "mobilenet_v2") if "weights@" in line]
    assert not [line for line in code.of_images(CONFIG, "images.pretrain", "resnet10") if "weights@" in line]


def test_reading_stands_on_its_layout_alone():
    found = modules(code.of_images(CONFIG, "images.prepare", "", "rafdb"))
    layouts = {name for name in found if name.startswith("images/layouts/")}
    assert layouts == {"images/layouts/__init__.py", "images/layouts/rafdb.py"}


@pytest.mark.parametrize("module", ["pretrain.run", "downstream.linear", "features.frames2d", "evaluation.table"])
def test_nothing_of_video_stands_on_images(module):
    assert not [name for name in modules(code.of(CONFIG, module)) if name.startswith("images/")]
