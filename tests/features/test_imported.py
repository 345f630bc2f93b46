"""Imported arrays become shards: gaps filled, empty rows absent, everything in the ledger."""

import csv
import functools
import hashlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from conclugen.data import features, plan
from conclugen.data.array_blocks import matrix_blocks
from conclugen.data.manifest import write_manifest
from conclugen.data.settings import Fractions
from conclugen.features import imported
from conclugen.store import shards
from conclugen.store.ledger import Status, read_ledger
from conclugen.store.shards import read_shard

VALUES = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=6),
    elements=st.one_of(st.floats(-9, 9, width=32), st.sampled_from([np.nan, np.inf, -np.inf])),
)


@given(VALUES)
def test_filling_touches_nothing_that_is_finite(values):
    means, finite = imported.Means(values.shape[1]), np.isfinite(values)
    for row in values:
        means.add(row[None])
    filled = imported.fill(values, means.result())
    assert np.isfinite(filled).all()
    np.testing.assert_array_equal(filled[finite], values[finite])
    assert (filled[~finite.any(1)] == 0).all()
    for column in np.flatnonzero(finite.any(0)):
        gaps = finite.any(1) & ~finite[:, column]
        mean = values[finite[:, column], column].astype(float).mean()
        np.testing.assert_allclose(filled[gaps, column], mean, rtol=1e-4, atol=1e-5)


def test_gaps_are_filled_from_training_rows_alone():
    folds = {"a": "train", "b": "train", "c": "valid", "d": "test", "e": "none"}
    learned = imported.learned_from(["a", "b", "c", "d", "e", "stray"], folds)
    assert learned.tolist() == [True, True, False, False, False, False]
    unlabelled = imported.learned_from(["a", "b", "c"], {"a": "none", "b": "none", "c": "test"})
    assert unlabelled.tolist() == [True, True, False]
    assert not imported.learned_from(["a"], {"a": "test"}).any()


@pytest.mark.parametrize(
    ("folds", "filled"),
    [
        ({"c": "test", "d": "valid"}, (2, 1.5)),
        ({"a": "none", "b": "test", "c": "none", "d": "none"}, (320, 2.5)),  # nothing trains: what has no fold
        ({"a": "test", "b": "test", "c": "test"}, (40, 4)),
        ({"b": "valid", "c": "test", "d": "test"}, (0, 1)),  # nothing finite in what trains
    ],
)
def test_no_row_of_another_fold_reaches_what_is_filled(tmp_path, folds, filled):
    audio = np.array([[np.nan, 1.0], [2.0, 2.0], [600.0, np.nan], [40.0, 4.0]])
    np.savez(tmp_path / "a.npz", ids=np.array(["a", "b", "c", "d"]), audio=audio)
    shard, ledger = _run(tmp_path, ["a", "b", "c", "d"], folds)
    assert (shard.features[0, 0], shard.features[2, 1]) == filled
    assert "training mean" in ledger[0].reason


@pytest.mark.parametrize("numbers", [3, 8])
def test_blocks_make_no_difference(tmp_path, monkeypatch, numbers):
    rng = np.random.default_rng(0)
    audio = rng.normal(size=(50, 4)).astype(np.float32)
    audio[rng.random(audio.shape) < 0.2] = np.nan
    names = np.array([f"u{i:02d}" for i in rng.permutation(50)])
    np.savez(tmp_path / "a.npz", ids=names, audio=audio)
    shard, ledger = _run(tmp_path, sorted(names))
    monkeypatch.setattr(imported, "matrix_blocks", functools.partial(matrix_blocks, numbers=numbers))
    monkeypatch.setattr(shards, "BLOCK", numbers)
    again, rows = _run(tmp_path, sorted(names))
    np.testing.assert_allclose(again.features, shard.features, rtol=1e-6)
    np.testing.assert_array_equal(again.present, shard.present)
    assert [row.reason for row in rows] == [row.reason for row in ledger]
    assert again.attributes["weights_sha256"] == shard.attributes["weights_sha256"]


def _run(root, ids, folds=None, **changes):
    settings = {"file": "a.npz", "ids": "ids", "array": "audio", "without": [], **changes}
    with open(root / "0000.text.csv", "w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([("utterance_id", "text", "text_source"), *((name, "", "none") for name in ids)])
    rows = [(name, (folds or {}).get(name, "train"), "") for name in ids]
    with open(root / "splits.csv", "w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([("utterance_id", "split", "group"), *rows])
    flags = [
        "--splits",
        str(root / "splits.csv"),
        "--stream",
        "audio",
        "--root",
        str(root),
        "--settings",
        json.dumps(settings),
    ]
    flags += ["--ids", str(root / "0000.text.csv"), "--output", str(root / "o.h5"), "--ledger", str(root / "o.csv")]
    imported.main([*flags, "--threads", "1"])
    return read_shard(root / "o.h5"), read_ledger(root / "o.csv")


def test_a_shard_in_the_order_of_the_plan(tmp_path):
    audio = np.array([[1.0, 2.0], [np.nan, np.inf], [3.0, -np.inf], [1e300, 4.0]])
    np.savez(tmp_path / "a.npz", ids=np.array(["d", "c", "b", "e"]), audio=audio)
    shard, ledger = _run(tmp_path, ["a", "b", "c", "d", "e"], {"e": "valid"})
    assert shard.utterance_id.tolist() == ["a", "b", "c", "d", "e"]
    assert shard.present.tolist() == [False, True, False, True, True]
    assert shard.features.dtype == np.float32
    np.testing.assert_allclose(shard.features, [[0, 0], [3, 2], [0, 0], [1, 2], [2, 4]])  # e is not learned from
    assert [row.status for row in ledger] == [
        Status.MISSING_MEDIA,
        Status.OK,
        Status.NON_FINITE,
        Status.OK,
        Status.OK,
    ]
    assert ledger[1].reason.startswith("1 of 2 entries not finite")
    assert ledger[3].reason == ""
    assert {row.stage for row in ledger} == {"audio"}
    assert shard.attributes["backbone"] == "imported:audio"
    audio[3, 0] = np.inf  # as float32
    assert shard.attributes["weights_sha256"] == hashlib.sha256(audio.astype(np.float32).tobytes()).hexdigest()


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"ids": np.array(["a", "a"]), "audio": np.ones((2, 3))}, "not unique"),
        ({"ids": np.array(["a"]), "audio": np.ones((2, 3))}, "2 rows, but there are 1 ids"),
        ({"ids": np.array(["a"]), "audio": np.ones((1, 2, 3))}, "pool it over time"),
        ({"ids": np.array(["a"]), "audio": np.array([["x"]])}, "expected numbers"),
        ({"ids": np.array(["a"], dtype=object), "audio": np.ones((1, 3))}, "allow_pickle=True"),
        ({"ids": np.array([], dtype=str), "audio": np.ones((0, 3))}, "no rows"),
    ],
)
def test_arrays_that_cannot_be_used_are_explained(tmp_path, arrays, said):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(SystemExit, match=said):
        _run(tmp_path, ["a"])
    assert not (tmp_path / "o.h5").exists()


@pytest.mark.real
def test_real_arrays_through_manifest_plan_and_shards(shared_data, tmp_path):
    name = "mosei_video_level_922.npz"
    root = shared_data / "mosei-922"
    settings = features.Settings(file=name, split="fold", fractions=Fractions(0.0, 0.0, 0.0))
    write_manifest(tmp_path / "m.parquet", features.build("m", root, settings))
    planned = plan.plan(tmp_path / "m.parquet", root, plan.Settings(None, 256), tmp_path / "m.csv")
    assert len(planned) == 4
    original = np.load(root / name)
    expected = dict(zip(original["ids"].tolist(), original["audio"], strict=True))
    seen = 0
    for shard, count in planned:
        ids = imported.read_ids(tmp_path / "m" / f"{shard}.text.csv")
        paths = tmp_path / f"{shard}.h5", tmp_path / f"{shard}.csv"
        splits = imported.read_splits(tmp_path / "m" / "splits.csv")
        imported.run("audio", root, imported.Settings(name, "ids", "audio", ()), ids, splits, *paths)
        made = read_shard(paths[0])
        np.testing.assert_array_equal(made.features, [expected[utterance] for utterance in ids])
        assert made.present.all()
        seen += count
    assert seen == 922


def test_a_pattern_takes_no_labels_and_a_csv_is_read_as_it_is_written(tmp_path):
    (tmp_path / "a.csv").write_text("ids;label;x;y;says\na;1;0,5;2;hi\nb;0;1,5;;yes\n")
    known = ["ids", "label", "says"]
    shard, ledger = _run(tmp_path, ["a", "b"], file="a.csv", array="*", without=known)
    np.testing.assert_array_equal(shard.features, [[0.5, 2], [1.5, 2]])
    assert "1 of 2 entries not finite" in ledger[1].reason
    with pytest.raises(SystemExit, match="column 'says' holds 'hi', which is no number"):
        _run(tmp_path, ["a", "b"], file="a.csv", array="*", without=known[:2])
