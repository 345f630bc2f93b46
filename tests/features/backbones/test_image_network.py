"""A network that was pretrained on faces as a backbone of frames2d: what it gives, and files that it refuses."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from conclugen.config import check
from conclugen.config.errors import ConfigError
from conclugen.features.backbone import WeightFile
from conclugen.features.backbones import image_network
from conclugen.images import network, shape
from conclugen.images.augment import grey, plain
from conclugen.store.listing import WeightsError
from conclugen.store.provenance import file_sha256
from conclugen.workflow import code

ABOUT = {"network": "resnet10", "width": 4, "channels": 1, "size": 24, "share": 1.0}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A small grey network with fitted normalisation, and its file."""
    folder = tmp_path_factory.mktemp("network")
    made = network.drawn("resnet10", 1, 4, 0)
    made.train()
    with torch.no_grad():
        made.represent(torch.rand(32, 1, 24, 24, generator=torch.Generator().manual_seed(0)))
    network.save(made.eval(), folder, ABOUT)
    return made, folder / network.WEIGHTS


def built(path, sha256=None):
    return image_network.build(WeightFile(str(path), sha256 or file_sha256(path))).load(torch.device("cpu"))


def test_it_gives_the_representation_of_the_network_and_no_projection(saved):
    made, path = saved
    module, sha256 = built(path)
    images = torch.rand(3, 3, 24, 24, generator=torch.Generator().manual_seed(1))
    assert torch.allclose(module(images), made.represent(grey(images)), atol=1e-5)
    assert module.dim == 32
    assert module(images).shape == (3, 32)
    assert sha256 == file_sha256(path)
    large = torch.nn.functional.interpolate(images, (112, 112), mode="nearest")
    assert module(large).shape == (3, 32)
    assert not [name for name, _ in module.named_parameters() if "head" in name]


def test_a_network_that_saw_the_middle_sees_the_middle(saved, tmp_path):
    made, _ = saved
    network.save(made, tmp_path, ABOUT | {"share": 0.25})
    module, _ = built(tmp_path / network.WEIGHTS)
    images = torch.rand(2, 3, 48, 48, generator=torch.Generator().manual_seed(1))
    other = images.clone()
    other[:, :, :6], other[:, :, :, :6] = 0, 0  # a border that it does not see
    assert torch.allclose(module(images), module(other), atol=1e-5)
    assert torch.allclose(module(images), made.represent(plain(grey(images), 0.25, 24)), atol=1e-4)


def test_other_weights_are_refused(saved, tmp_path):
    _, path = saved
    with pytest.raises(WeightsError, match="expected 000000"):
        built(path, "0" * 64)
    state, told = load_file(path), shape.read(path).texts()
    save_file({k: v for k, v in state.items() if k != "head.0.bias"}, tmp_path / "less.safetensors", told)
    with pytest.raises(WeightsError, match=r"not the weights of this network.*head\.0\.bias"):
        built(tmp_path / "less.safetensors")
    save_file(state, tmp_path / "mute.safetensors")
    with pytest.raises(WeightsError, match="does not say 'network'"):
        built(tmp_path / "mute.safetensors")
    save_file(state, tmp_path / "odd.safetensors", told | {"network": "os"})
    with pytest.raises(WeightsError, match="not known here"):
        built(tmp_path / "odd.safetensors")
    (tmp_path / "text.safetensors").write_text("x")
    with pytest.raises(WeightsError, match="as a safetensors file"):
        built(tmp_path / "text.safetensors")


def config(weights):
    chosen = {"frames2d": {"backbone": "image_network", "weights": weights}}
    corpus = {"mosei": {"adapter": "mosei", "root": "/data/mosei"}}
    base = {"datasets": corpus, "pretrain": {"dataset": "mosei"}, "downstream": {"datasets": ["mosei"]}}
    return check(base | {"features": chosen})


def test_without_a_file_the_configuration_is_refused():
    with pytest.raises(ConfigError, match=r"features\.frames2d\.weights: image_network is a network of your own"):
        config(None)


def test_the_stream_stands_on_the_code_of_this_network_and_of_no_other(saved):
    weights = {"path": str(saved[1]), "sha256": file_sha256(saved[1])}
    found = "\n".join(code.of_stream(config(weights), "frames2d"))
    assert "images/networks/resnet10.py" in found
    assert "images/networks/resnet50.py" not in found
    assert "images/network.py" in found
    assert "images/loop.py" not in found


def test_settings_beside_the_weights_are_not_needed(saved, tmp_path):
    (tmp_path / "alone.safetensors").write_bytes(saved[1].read_bytes())
    module, _ = built(tmp_path / "alone.safetensors")
    assert np.isfinite(module(torch.zeros(1, 3, 24, 24)).numpy()).all()
    assert json.loads((saved[1].parent / "settings.json").read_text())["channels"] == 1
