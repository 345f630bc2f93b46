"""Dialogues in which only the utterance before tells the class, and others in which the context says nothing."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
import torch
from made_dialogues import make_dialogues

from conclugen.data.manifest import as_written, write_manifest
from conclugen.downstream import supervised
from conclugen.downstream.draws import subset
from conclugen.downstream.protocols import FUSIONS, ORDERED

NAMES = [FUSIONS[name] for name in ORDERED]


@pytest.fixture(scope="module")
def worlds(tmp_path_factory):
    return {kind: make_dialogues(tmp_path_factory.mktemp(kind), kind) for kind in ("before", "own", "nothing")}


def judged(world, fusion, output, **changes):
    supervised.main(world.arguments(output, world.settings(fusion, **changes)))
    return world.recall(output / "seed0.parquet")


@pytest.mark.parametrize("fusion", NAMES)
def test_what_only_the_utterance_before_tells_is_learned(worlds, fusion, tmp_path):
    assert judged(worlds["before"], fusion, tmp_path) > 0.8


def test_late_fusion_cannot_tell_it(worlds, tmp_path):
    assert abs(judged(worlds["before"], "late", tmp_path) - 0.5) < 0.1


@pytest.mark.parametrize("fusion", NAMES)
def test_where_context_says_nothing_they_learn_what_the_utterance_tells(worlds, fusion, tmp_path):
    found, late = (judged(worlds["own"], name, tmp_path / name) for name in (fusion, "late"))
    assert min(found, late) > 0.8
    assert abs(found - late) < 0.1


@pytest.mark.parametrize("fusion", NAMES)
def test_where_nothing_tells_anything_they_learn_nothing(worlds, fusion, tmp_path):
    assert abs(judged(worlds["nothing"], fusion, tmp_path) - 0.5) < 0.1


@pytest.mark.parametrize("fusion", NAMES)
def test_predictions_are_those_of_the_seed_and_all_are_there(worlds, fusion, tmp_path):
    for folder in ("one", "other"):
        judged(worlds["before"], fusion, tmp_path / folder, epochs=2)
    first, again = ((tmp_path / folder / "seed0.parquet").read_bytes() for folder in ("one", "other"))
    assert first == again
    table = pd.read_parquet(tmp_path / "one/seed0.parquet")
    manifest = pd.read_parquet(worlds["before"].manifest).query("split in ('valid', 'test')")
    assert table["utterance_id"].tolist() == manifest["utterance_id"].tolist()
    assert np.isfinite(table.filter(like="score_").to_numpy()).all()


@pytest.mark.parametrize("fusion", NAMES)
def test_labels_of_neighbours_are_not_read(worlds, fusion, tmp_path):
    """Where half the labels are used, what the other half says changes nothing, though its utterances are seen."""
    world, changes = worlds["own"], {"label_fraction": 0.5, "epochs": 2}
    judged(world, fusion, tmp_path / "one", **changes)
    manifest = as_written(world.manifest)
    used = torch.cat([subset(rows_of(manifest, split), 0.5, 0) for split in ("train", "valid")])
    others = ~np.isin(np.arange(len(manifest.table)), used.numpy())
    label = manifest.table["label"]
    manifest.table["label"] = label.where(~others, label.map({"calm": "glad", "glad": "calm"}))
    write_manifest(tmp_path / "manifest.parquet", manifest)
    judged(dataclasses.replace(world, manifest=tmp_path / "manifest.parquet"), fusion, tmp_path / "other", **changes)
    first, again = ((tmp_path / folder / "seed0.parquet").read_bytes() for folder in ("one", "other"))
    assert first == again
    assert others.any()


def rows_of(manifest, split):
    return torch.from_numpy(np.flatnonzero(manifest.table["split"] == split))


def test_without_an_order_it_is_refused(worlds, tmp_path):
    with pytest.raises(ValueError, match=r"set datasets\.made\.order"):
        judged(worlds["before"], "cia", tmp_path, order=None)
