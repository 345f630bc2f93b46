"""Networks on disk: exact round trips, strict loading."""

from __future__ import annotations

import dataclasses
import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from test_network import OFFICIAL, PLAIN, draw

from conclugen.models import io
from conclugen.store.provenance import file_sha256


def rewrite(directory, state=None, **network):
    """Alter a saved network and keep its checksum right, so that only strictness can refuse it."""
    if state is not None:
        save_file(state, directory / io.WEIGHTS)
    record = json.loads((directory / io.SETTINGS).read_text())
    record["network"].update(network)
    record["weights_sha256"] = file_sha256(directory / io.WEIGHTS)
    record["sha256"] = io._checksum(record)
    (directory / io.SETTINGS).write_text(json.dumps(record))


@pytest.mark.parametrize("settings", [PLAIN, OFFICIAL, dataclasses.replace(PLAIN, standardise=True)])
def test_round_trip_is_exact(tmp_path, settings):
    network, inputs = io.build(settings), draw()
    network.fit_inputs(inputs, {m: torch.ones(8, dtype=torch.bool) for m in inputs})
    network(inputs)  # moves the running statistics, where there are any
    io.save(network, tmp_path, {"method": "ConCluGen", "seed": 3})
    again = io.load(str(tmp_path))
    assert again.settings == settings
    assert not again.training
    assert io.about(tmp_path) == {"method": "ConCluGen", "seed": 3}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model.safetensors", "settings.json"]
    network.eval()
    for name, value in network.represent(inputs).items():
        assert torch.equal(value, again.represent(inputs)[name])
    assert network.state_dict().keys() == again.state_dict().keys()


def test_same_seed_same_file(tmp_path):
    for name in ("a", "b"):
        torch.manual_seed(5)
        io.save(io.build(PLAIN), tmp_path / name, {})
    for file in (io.WEIGHTS, io.SETTINGS):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_altered_weights_are_refused(tmp_path):
    io.save(io.build(PLAIN), tmp_path, {})
    data = bytearray((tmp_path / io.WEIGHTS).read_bytes())
    data[-1] ^= 1
    (tmp_path / io.WEIGHTS).write_bytes(data)
    with pytest.raises(io.ModelError, match="not the weights"):
        io.load(tmp_path)


def test_altered_settings_are_refused(tmp_path):
    io.save(io.build(PLAIN), tmp_path, {"method": "ConCluGen"})
    text = (tmp_path / io.SETTINGS).read_text()
    for old, new in (
        ('"residual": false', '"residual": true'),
        ("ConCluGen", "ConCluGem"),
        ('"sha256": "', '"sha256": "0'),
    ):
        assert old in text
        (tmp_path / io.SETTINGS).write_text(text.replace(old, new))
        with pytest.raises(io.ModelError, match=r"settings\.json: contents do not match their checksum"):
            io.load(tmp_path)
    (tmp_path / io.SETTINGS).write_text(text)
    io.load(tmp_path)


def test_a_network_in_the_place_of_another_is_refused(tmp_path):
    here = tmp_path / "corpus/paper/ConCluGen/seed3"
    own = {"corpus": "corpus", "preset": "paper", "method": "ConCluGen", "seed": 3}
    io.save(io.build(PLAIN), here, own)
    io.load_placed(here)
    for other in (
        "corpus/paper/ConCluGen/seed4",
        "corpus/paper/Own/seed3",
        "corpus/mine/ConCluGen/seed3",
        "c/paper/ConCluGen/seed3",
    ):
        shutil.copytree(here, tmp_path / other)
        with pytest.raises(io.ModelError, match="holds the network of corpus/paper/ConCluGen/seed3; delete it"):
            io.load_placed(tmp_path / other)
        io.load(tmp_path / other)  # of which nothing was said


@pytest.mark.parametrize("change", ["missing", "unknown", "shape"])
def test_loading_is_strict(tmp_path, change):
    io.save(io.build(PLAIN), tmp_path, {})
    state = load_file(tmp_path / io.WEIGHTS)
    name = "representation.video.0.weight"
    if change == "missing":
        del state[name]
    elif change == "unknown":
        state["extra.weight"] = torch.ones(1)
    else:
        state[name] = torch.ones(2, 2)
    rewrite(tmp_path, state)
    with pytest.raises(io.ModelError, match=r"video|extra"):
        io.load(tmp_path)


def test_unknown_setting_and_missing_files_are_refused(tmp_path):
    with pytest.raises(io.ModelError, match="cannot be read"):
        io.load(tmp_path)
    io.save(io.build(PLAIN), tmp_path, {})
    rewrite(tmp_path, colour="blue")
    with pytest.raises(io.ModelError, match="colour"):
        io.load(tmp_path)
    (tmp_path / io.WEIGHTS).unlink()
    with pytest.raises(io.ModelError, match="no such file"):
        io.load(tmp_path)


def test_a_pickle_in_place_of_the_weights_is_refused(tmp_path):
    io.save(io.build(PLAIN), tmp_path, {})
    torch.save({"a": torch.ones(2)}, tmp_path / io.WEIGHTS)
    rewrite(tmp_path)
    with pytest.raises(io.ModelError, match="header"):
        io.load(tmp_path)
