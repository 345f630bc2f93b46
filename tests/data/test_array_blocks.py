"""Blocks of rows are the rows of the array, however it is stored."""

import h5py
import numpy as np
import pytest

from conclugen.data.array_blocks import matrix_blocks
from conclugen.data.array_files import ArrayError

VALUES = np.random.default_rng(0).normal(size=(23, 4)).astype(np.float32)


def _stored(folder, kind, values):
    if kind in ("npz", "compressed"):
        (np.savez if kind == "npz" else np.savez_compressed)(folder / "a.npz", x=values)
        return folder / "a.npz", "x"
    if kind == "csv":
        columns = [values] if values.ndim == 1 else values.T
        rows = [f"{i}," + ",".join(repr(float(column[i])) for column in columns) for i in range(len(values))]
        names = "x" if values.ndim == 1 else ",".join(f"x_{i}" for i in range(values.shape[1]))
        (folder / "a.csv").write_text("\n".join([f"id,{names}", *rows]))
        return folder / "a.csv", "x*"
    chunks = {"h5": None, "rows": (3, 2), "columns": (23, 1)}[kind]
    with h5py.File(folder / "a.h5", "w") as file:
        chunks = chunks[: values.ndim] if chunks else None
        file.create_dataset("set/x", data=values, chunks=chunks, compression="gzip" if chunks else None)
    return folder / "a.h5", "set/x"


@pytest.mark.parametrize("kind", ["npz", "compressed", "csv", "h5", "rows", "columns"])
@pytest.mark.parametrize(
    "values",
    [VALUES, np.asfortranarray(VALUES), VALUES.astype(float), (VALUES * 9).astype(np.int64), VALUES[:, 1]],
    ids=["float32", "fortran", "float64", "int64", "one number"],
)
def test_every_row_once_and_in_order(tmp_path, kind, values):
    path, key = _stored(tmp_path, kind, values)
    for numbers in (1, 13, 10_000):
        blocks = list(matrix_blocks(path, key, numbers=numbers))
        rows = max(1, numbers // (1 if values.ndim == 1 else 4))
        assert all(len(block) <= rows and block.dtype == np.float32 and block.flags.c_contiguous for block in blocks)
        expected = values.reshape(23, -1).astype(np.float32)
        np.testing.assert_array_equal(np.concatenate(blocks), expected)


def test_what_is_no_matrix_of_numbers_is_refused_at_the_first_block(tmp_path):
    np.savez(tmp_path / "a.npz", cube=np.zeros((2, 3, 4)), names=np.array(["x"]), number=np.float32(3))
    for key, said in (
        ("cube", "pool it over time"),
        ("names", "expected numbers"),
        ("number", "expected a row per id"),
    ):
        with pytest.raises(ArrayError, match=said):
            next(matrix_blocks(tmp_path / "a.npz", key))


def test_a_csv_is_read_as_it_is_written(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id;label;x;y\nu;1;0,5;2\nv;0;;NA\nw;1;1,5;3\n")
    blocks = list(matrix_blocks(path, "*", without=["id", "label"], numbers=2))
    np.testing.assert_array_equal(np.concatenate(blocks), [[0.5, 2], [np.nan, np.nan], [1.5, 3]])
    path.write_text("id,a\nu,1\nv,low\n")
    with pytest.raises(ArrayError, match="'low', which is no number"):
        list(matrix_blocks(path, "a", numbers=1))


def test_damage_is_noticed_at_the_end(tmp_path):
    np.savez(tmp_path / "a.npz", x=VALUES)
    data = bytearray((tmp_path / "a.npz").read_bytes())
    data[data.find(VALUES[7].tobytes())] ^= 1
    (tmp_path / "a.npz").write_bytes(data)
    with pytest.raises(ArrayError, match="CRC"):
        list(matrix_blocks(tmp_path / "a.npz", "x", numbers=8))
