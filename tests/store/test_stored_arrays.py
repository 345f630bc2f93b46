"""Arrays by name: what is written is read, to the same bytes, and damage is named."""

from __future__ import annotations

import numpy as np
import pytest

from conclugen.store.arrays import ArraysError, read_arrays, write_arrays

ARRAYS = {"0.by_seed": np.array([0.1, np.nan]), "0.said": np.arange(6, dtype=np.float32).reshape(2, 3)}
ABOUT = {"z": [1, "ü"], "a": {"value": 0.1 + 0.2, "none": None}}


def test_what_is_written_is_read(tmp_path):
    write_arrays(tmp_path / "a.npz", ARRAYS, ABOUT)
    arrays, about = read_arrays(tmp_path / "a.npz")
    assert about == ABOUT
    assert list(about) == ["z", "a"]  # in order: columns of tables hang on it
    assert arrays.keys() == ARRAYS.keys()
    for name, values in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], values)
        assert arrays[name].dtype == values.dtype
    write_arrays(tmp_path / "b.npz", ARRAYS, ABOUT)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.7, 0.98])
def test_a_file_that_ends_early_is_named(tmp_path, share):
    path = tmp_path / "a.npz"
    write_arrays(path, {"values": np.arange(400.0)}, ABOUT)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(ArraysError, match=r"a\.npz: cannot be read .*; delete it and rerun"):
        read_arrays(path)


def test_a_flipped_bit_of_a_value_is_noticed(tmp_path):
    path = tmp_path / "a.npz"
    write_arrays(path, {"values": np.full(400, 7.0)}, ABOUT)
    data = bytearray(path.read_bytes())
    data[data.index(np.full(9, 7.0).tobytes())] ^= 1
    path.write_bytes(data)
    with pytest.raises(ArraysError, match="CRC"):
        read_arrays(path)


def test_a_missing_file_and_a_pickle_are_refused(tmp_path):
    with pytest.raises(ArraysError, match="no such file"):
        read_arrays(tmp_path / "none.npz")
    np.savez(tmp_path / "p.npz", about=np.frombuffer(b"{}", np.uint8), x=np.array([{}], dtype=object))
    with pytest.raises(ArraysError, match="cannot be read"):
        read_arrays(tmp_path / "p.npz")
