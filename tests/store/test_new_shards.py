"""Shards written row by row are those written whole."""

import h5py
import numpy as np
import pytest

from conclugen.store import shards
from conclugen.store.new_shards import new_shard
from conclugen.store.shards import ShardError, open_shard, read_shard, write_shard


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(shards, "BLOCK", 8)


@pytest.mark.usefixtures("small_blocks")
def test_rows_in_any_order_give_the_shard_that_is_written_whole(tmp_path):
    values = np.random.default_rng(0).normal(size=(9, 3)).astype(np.float32)
    present = np.arange(9) != 4
    values[4] = 0
    ids = [f"ü{i}" for i in range(9)]
    write_shard(tmp_path / "whole.h5", ids, values, present, {"backbone": "b"})
    with new_shard(tmp_path / "new.h5", ids, 3) as shard:
        for rows in ([8, 0, 1], [7, 6], [2, 3, 5]):
            shard.put(np.array(rows), values[rows] / 2)
        for rows, block in shard.blocks():
            shard.put(np.arange(rows.start, rows.stop), block * 2)
        shard.finish(present, {"backbone": "b"})
    whole, new = read_shard(tmp_path / "whole.h5"), read_shard(tmp_path / "new.h5")
    assert new.attributes == whole.attributes
    assert new.utterance_id.tolist() == ids
    np.testing.assert_array_equal(new.features, values)
    np.testing.assert_array_equal(new.present, present)
    with h5py.File(tmp_path / "new.h5") as file:
        assert file["features"].chunks is None


@pytest.mark.usefixtures("small_blocks")
def test_damage_in_any_block_is_noticed_at_the_end(tmp_path):
    values = np.arange(12, dtype=np.float32).reshape(4, 3)
    write_shard(tmp_path / "a.h5", list("abcd"), values, np.ones(4, bool), {})
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        file["features"][3, 2] = 0
    seen = []
    with pytest.raises(ShardError, match="checksum"), open_shard(tmp_path / "a.h5") as shard:
        seen.extend(rows.stop for rows, _ in shard.blocks())
    assert seen == [2, 4]


def test_an_error_of_the_reader_is_not_taken_for_damage(tmp_path):
    write_shard(tmp_path / "a.h5", ["a"], np.zeros((1, 3), np.float32), np.ones(1, bool), {})
    with pytest.raises(KeyError), open_shard(tmp_path / "a.h5"):
        raise KeyError("mine")


@pytest.mark.parametrize("present", [np.array([True, True]), np.array([False, True])])
def test_nothing_appears_that_is_not_finite_or_left_over(tmp_path, present):
    def write(value):
        with new_shard(tmp_path / "a.h5", ["a", "b"], 2) as shard:
            shard.put(np.array([0]), np.full((1, 2), value))
            shard.finish(present, {})

    with pytest.raises(ValueError, match="not finite"):
        write(np.nan if present.all() else 1.0)
    assert list(tmp_path.iterdir()) == []


def test_a_shard_has_to_be_finished(tmp_path):
    with pytest.raises(RuntimeError, match="not finished"), new_shard(tmp_path / "a.h5", ["a"], 2):
        pass
    assert list(tmp_path.iterdir()) == []
