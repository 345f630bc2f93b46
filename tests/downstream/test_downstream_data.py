"""Reading: labels of train and valid, features by modality."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from conclugen.data.manifest import read_manifest, write_manifest
from conclugen.downstream import data
from conclugen.store.shards import by_stream


def read(world, evaluate=("video", "audio"), manifest=None, target="expression"):
    joined = {"video": ("strong",), "audio": ("weak", "noise")}
    return data.read(manifest or world.manifest, by_stream(world.features), joined, evaluate, target)


@pytest.mark.parametrize("name", ["multi_world", "single_world"])
def test_labels_of_test_never_arrive(name, request):
    world = request.getfixturevalue(name)
    found = read(world)
    assert set(found.split) == {"train", "valid", "test"}
    assert found.targets[torch.from_numpy(found.split == "test")].isnan().all()
    kept = found.split != "test"
    assert np.array_equal(found.targets[torch.from_numpy(kept)], world.truth.loc[found.ids[kept]].to_numpy())
    assert not len(found.labelled("test"))


def test_modalities_join_streams(multi_world):
    found = read(multi_world)
    assert {name: value.shape[1] for name, value in found.inputs.features.items()} == {"video": 12, "audio": 14}
    assert list(read(multi_world, ("audio",)).inputs.features) == ["audio"]


def test_refuses_what_cannot_be_evaluated(multi_world, tmp_path):
    manifest = read_manifest(multi_world.manifest)
    table = manifest.table.assign(split=manifest.table["split"].replace("valid", "none"))
    write_manifest(tmp_path / "no_valid.parquet", dataclasses.replace(manifest, table=table))
    with pytest.raises(ValueError, match="no labelled utterance in valid"):
        read(multi_world, manifest=tmp_path / "no_valid.parquet")
    write_manifest(tmp_path / "no_task.parquet", dataclasses.replace(manifest, task="none", classes=()))
    with pytest.raises(ValueError, match="has no labels"):
        read(multi_world, manifest=tmp_path / "no_task.parquet")
    with pytest.raises(ValueError, match="evaluate names"):
        read(multi_world, ("text",))
    with pytest.raises(ValueError, match="no feature shards"):
        data.read(multi_world.manifest, {}, {"video": ("strong",)}, ("video",), "expression")


def test_seeds_share_the_models():
    models = [Path("seed0"), Path("seed1"), Path("seed2")]
    assert data.by_model((0, 1, 2, 3, 7), models) == {0: [0, 3], 1: [1, 7], 2: [2]}
    assert data.by_model((4, 5), []) == {0: [4, 5]}
    assert data.by_model((4, 5), models[:1]) == {0: [4, 5]}


def test_command_line(tmp_path):
    common = [
        "--manifest",
        "m",
        "--settings",
        "{}",
        "--output-dir",
        "o",
        "--features",
        "x=y/a/1.h5",
        "b/0.h5",
        "--features",
        "z/a/2.h5",
    ]
    found = data.parse_arguments("", common, needs_model=False)
    assert found.features == {"a": [Path("x=y/a/1.h5"), Path("z/a/2.h5")], "b": [Path("b/0.h5")]}
    with pytest.raises(SystemExit):
        data.parse_arguments("", common, needs_model=True)
    with pytest.raises(SystemExit):
        data.parse_arguments("", [*common, "--models", "x"], needs_model=False)
