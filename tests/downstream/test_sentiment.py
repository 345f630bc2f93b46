"""Sentiment: a regression through the same protocols, and what it must leave alone."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from test_downstream_data import read
from test_protocols import run
from torch.nn import functional

from conclugen.data.manifest import ManifestError
from conclugen.downstream import scores
from conclugen.evaluation import table
from conclugen.store.tables import read_table, write_table
from measuring import measure, viewed

TABLE = {"resamples": 100, "level": 0.95, "seed": 0, "target": "sentiment"}
TABLE |= {"reference": "ConCluGen", "paper": None, "seen": {}, "data": "own"}


def error(world, folder, seed=0):
    """Mean absolute error on test, straight from the planted truth."""
    found = pd.read_parquet(folder / f"seed{seed}.parquet").query("split == 'test'").set_index("utterance_id")
    return float((found["score_sentiment"] - world.sentiment[found.index]).abs().mean())


def guess(world):
    """The error of the training split's median."""
    split = pd.read_parquet(world.manifest).set_index("utterance_id")["split"]
    middle = world.sentiment[split == "train"].median()
    return float((world.sentiment[split == "test"] - middle).abs().mean())


@pytest.mark.parametrize("protocol", ["linear", "raw", "knn"])
def test_finds_the_planted_sentiment(protocol, multi_world, tmp_path):
    run(multi_world, protocol, tmp_path, target="sentiment", epochs=60)
    assert error(multi_world, tmp_path) < 0.85 * guess(multi_world)
    chosen = pd.read_csv(tmp_path / "selection.csv").query("chosen")
    assert sorted(chosen["seed"]) == [0, 1]
    assert (chosen["valid_score"] < 0).all()  # minus the error: higher is better, as for every protocol
    values = pd.read_parquet(tmp_path / "seed0.parquet").filter(like="_sentiment").to_numpy()
    assert np.abs(values).max() <= 3


def test_shuffled_sentiment_is_no_better_than_the_median(multi_world, tmp_path):
    run(multi_world, "shuffled", tmp_path, target="sentiment")
    assert error(multi_world, tmp_path) > 0.95 * guess(multi_world)


@pytest.mark.parametrize("protocol", ["raw", "knn"])
def test_sentiment_of_test_changes_nothing(protocol, multi_world, tmp_path):
    changed = relabel(multi_world, tmp_path / "other.parquet", "test", sentiment=3.0)
    one = run(multi_world, protocol, tmp_path / "one", target="sentiment")
    other = run(changed, protocol, tmp_path / "other", target="sentiment")
    for name in ("seed0.parquet", "seed1.parquet", "selection.csv"):
        assert (one / name).read_bytes() == (other / name).read_bytes()


def test_emotions_do_not_see_the_sentiment(multi_world, tmp_path):
    changed = relabel(multi_world, tmp_path / "other.parquet", "train", sentiment=-3.0)
    one, other = run(multi_world, "raw", tmp_path / "one"), run(changed, "raw", tmp_path / "other")
    assert (one / "seed0.parquet").read_bytes() == (other / "seed0.parquet").read_bytes()


def relabel(world, path, split, **values):
    """The same world with other labels in one split."""
    arrow = pq.read_table(world.manifest)
    frame = arrow.to_pandas()
    for name, value in values.items():
        frame.loc[frame["split"] == split, name] = value
    other = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(arrow.schema.metadata)
    pq.write_table(other, path)
    return type(world)(**{**vars(world), "manifest": path})


def test_reading_sentiment(multi_world, single_world):
    for world in (multi_world, single_world):
        found = read(world, target="sentiment")
        assert (found.task, found.classes, found.targets.shape[1]) == ("regression", ("sentiment",), 1)
        train = torch.from_numpy(found.split == "train")
        np.testing.assert_allclose(
            found.targets[train, 0], world.sentiment[found.ids[train.numpy()]].astype(np.float32), equal_nan=True
        )
        assert found.targets[torch.from_numpy(found.split == "test")].isnan().all()
        assert len(found.labelled("train")) < int(train.sum())  # some sentiment is unknown


def test_labels_without_sentiment_are_refused(multi_world, tmp_path):
    arrow, about = read_table(multi_world.manifest)
    write_table(tmp_path / "none.parquet", arrow.drop_columns(["sentiment"]), about)
    with pytest.raises(ManifestError, match="no sentiment"):
        read(multi_world, manifest=tmp_path / "none.parquet", target="sentiment")
    with pytest.raises(ManifestError, match="target is 'mood'"):
        read(multi_world, target="mood")


def test_loss_first_bias_and_selection():
    logits = torch.tensor([[0.5], [4.0], [-1.0], [9.0]])
    targets = torch.tensor([[1.0], [3.0], [-3.0], [torch.nan]])
    assert float(scores.loss(logits, targets, torch.ones(1), "regression")) == pytest.approx(
        float(functional.smooth_l1_loss(logits[:3], targets[:3]))
    )
    # What is written lies within -3..3, and so does what is selected by.
    assert float(scores.headline(logits, targets, "regression")) == pytest.approx(-(0.5 + 0 + 2) / 3)
    assert scores.first_bias(targets, "regression").tolist() == [1.0]
    assert scores.first_bias(torch.full((2, 1), torch.nan), "regression").tolist() == [0.0]
    assert scores.first_bias(torch.ones(2, 3), "multi").tolist() == [0, 0, 0]
    assert scores.headline(logits, torch.full_like(logits, torch.nan), "regression").isnan()


def test_table_of_sentiment(multi_world, tmp_path):
    folders = []
    for method, protocol, how, evaluate in (
        ("ConCluGen", "shuffled", "shuffled", ["video", "audio"]),
        ("ConCluGen", "linear", "raw", ["video", "audio"]),
        ("ConGen", "linear", "raw", ["audio"]),
    ):
        folders.append(tmp_path / "small-sentiment" / "corpus" / "paper" / method / protocol)
        run(multi_world, how, folders[-1], target="sentiment", evaluate=evaluate)
    arguments = [*measure(multi_world.manifest, folders, TABLE), "--settings", json.dumps(viewed(TABLE))]
    table.main([*arguments, "--full", str(tmp_path / "t.csv"), "--output", str(tmp_path / "short.csv")])
    found = pd.read_csv(tmp_path / "t.csv").set_index(["method", "protocol"])
    names = ["training median", "training mean", "majority of seven", "majority sign", "prior sampling"]
    assert [name for name, protocol in found.index if protocol == "chance"] == names
    linear = found.loc[("ConCluGen", "linear")]
    assert linear["mae"] == pytest.approx(np.mean([error(multi_world, folders[1], seed) for seed in (0, 1)]), abs=1e-4)
    assert linear["mae_lo"] < linear["mae"] < linear["mae_hi"] < found.loc[("training median", "chance"), "mae"]
    assert linear["beats_chance"] == "yes"
    assert found.loc[("ConCluGen", "shuffled"), "beats_chance"] in ("no", "below")
    worse = found.loc[("ConGen", "linear")]
    assert worse["mae"] > linear["mae"]
    assert worse["p_vs_ConCluGen"] < 0.05
    assert found.loc[[(name, "chance") for name in names[:4]], "pearson"].isna().all()  # constants
    assert linear["pearson"] > 0.5
