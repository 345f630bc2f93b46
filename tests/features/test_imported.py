"""Imported arrays become shards: gaps filled, empty rows absent, everything in the ledger."""

import csv
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from conclugen.data import features, plan
from conclugen.data.common import Fractions
from conclugen.data.manifest import write_manifest
from conclugen.features import imported
from conclugen.store.ledger import Status, read_ledger
from conclugen.store.shards import read_shard

VALUES = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=6),
    elements=st.one_of(st.floats(-9, 9, width=32), st.sampled_from([np.nan, np.inf, -np.inf])),
)


@given(VALUES)
def test_filling_touches_nothing_that_is_finite(values):
    whole = imported.fill(values)
    finite = np.isfinite(values)
    np.testing.assert_array_equal(whole.present, finite.any(1))
    assert np.isfinite(whole.features).all()
    np.testing.assert_array_equal(whole.features[finite], values[finite])
    assert (whole.features[~whole.present] == 0).all()
    assert whole.filled.sum() == (~finite[whole.present]).sum()
    for column in np.flatnonzero(finite.any(0)):
        gaps = whole.present & ~finite[:, column]
        mean = values[finite[:, column], column].astype(float).mean()
        np.testing.assert_allclose(whole.features[gaps, column], mean, rtol=1e-4, atol=1e-5)


def _run(root, ids, **changes):
    settings = {"file": "a.npz", "ids": "ids", "array": "audio", **changes}
    with open(root / "0000.text.csv", "w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([("utterance_id", "text", "text_source"), *((name, "", "none") for name in ids)])
    flags = ["--stream", "audio", "--root", str(root), "--settings", json.dumps(settings)]
    flags += ["--ids", str(root / "0000.text.csv"), "--output", str(root / "o.h5"), "--ledger", str(root / "o.csv")]
    imported.main([*flags, "--threads", "1"])
    return read_shard(root / "o.h5"), read_ledger(root / "o.csv")


def test_a_shard_in_the_order_of_the_plan(tmp_path):
    audio = np.array([[1.0, 2.0], [np.nan, np.inf], [3.0, -np.inf], [1e300, 4.0]])
    np.savez(tmp_path / "a.npz", ids=np.array(["d", "c", "b", "e"]), audio=audio)
    shard, ledger = _run(tmp_path, ["a", "b", "c", "d", "e"])
    assert shard.utterance_id.tolist() == ["a", "b", "c", "d", "e"]
    assert shard.present.tolist() == [False, True, False, True, True]
    assert shard.features.dtype == np.float32
    np.testing.assert_allclose(shard.features, [[0, 0], [3, 3], [0, 0], [1, 2], [2, 4]])
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
    assert len(shard.attributes["weights_sha256"]) == 64


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"ids": np.array(["a", "a"]), "audio": np.ones((2, 3))}, "not unique"),
        ({"ids": np.array(["a"]), "audio": np.ones((2, 3))}, "2 rows, but there are 1 ids"),
        ({"ids": np.array(["a"]), "audio": np.ones((1, 2, 3))}, "pool it over time"),
        ({"ids": np.array(["a"]), "audio": np.array([["x"]])}, "expected numbers"),
        ({"ids": np.array(["a"], dtype=object), "audio": np.ones((1, 3))}, "allow_pickle=True"),
        ({"ids": np.array([], dtype=str), "audio": np.ones((0, 3))}, "0 ids"),
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
    settings = features.Settings(
        name, "ids", None, "fold", {}, Fractions(0.0, 0.0, 0.0), 0, group=None, speaker=None, text=None, sentiment=None
    )
    write_manifest(tmp_path / "m.parquet", features.build("m", root, settings))
    shards = plan.plan(tmp_path / "m.parquet", root, plan.Settings(None, 256, 256), tmp_path / "m.csv")
    assert len(shards) == 4
    original = np.load(root / name)
    expected = dict(zip(original["ids"].tolist(), original["audio"], strict=True))
    seen = 0
    for shard, count in shards:
        ids = imported.read_ids(tmp_path / "m" / f"{shard}.text.csv")
        paths = tmp_path / f"{shard}.h5", tmp_path / f"{shard}.csv"
        imported.run("audio", root, imported.Settings(name, "ids", "audio"), ids, *paths)
        made = read_shard(paths[0])
        np.testing.assert_array_equal(made.features, [expected[utterance] for utterance in ids])
        assert made.present.all()
        seen += count
    assert seen == 922
