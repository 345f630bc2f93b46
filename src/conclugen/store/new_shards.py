"""Feature shards written row by row, in any order, so that memory does not grow with them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import h5py
import numpy as np

from conclugen.store.atomic import atomic_path
from conclugen.store.new_hdf5 import new_hdf5
from conclugen.store.shards import Digest, describe, row_blocks


class NewShard:
    """A shard being written. Rows may be put in any order and more than once; those never put are zero."""

    def __init__(self, file: int, place: int, ids: Sequence[str], width: int) -> None:
        self._file, self._place, self._ids = file, place, ids
        self.count, self.width = len(ids), width
        self.end: tuple[np.ndarray, Mapping[str, str], Digest] | None = None

    def put(self, rows: np.ndarray, values: np.ndarray) -> None:
        """Write values (n, D) to `rows` (n,); neighbours go at once."""
        data = np.ascontiguousarray(values, np.float32)
        starts = np.flatnonzero(np.diff(rows, prepend=-2) != 1).tolist()
        for start, stop in zip(starts, [*starts[1:], len(rows)], strict=True):
            _write(self._file, data[start:stop], self._where(int(rows[start])))

    def blocks(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield (rows, what was put there (n, D)), one block after the other."""
        for rows in row_blocks(self.count, self.width):
            values = np.empty((rows.stop - rows.start, self.width), np.float32)
            _read(self._file, values, self._where(rows.start))
            yield rows, values

    def finish(self, present: np.ndarray, attributes: Mapping[str, str]) -> None:
        """Say which rows are present (N,) and what the shard tells of itself.

        Raises ValueError where an entry is not finite, or where one of an absent row is not zero.
        """
        digest = Digest(self._ids, np.dtype(np.float32), (self.count, self.width))
        for rows, values in self.blocks():
            if not np.isfinite(values).all() or values[~present[rows]].any():
                raise ValueError("a present utterance has features that are not finite, or an absent one has features")
            digest.update(values)
        self.end = (present, attributes, digest)

    def _where(self, row: int) -> int:
        return self._place + row * self.width * np.dtype(np.float32).itemsize


@contextlib.contextmanager
def new_shard(path: str | Path, ids: Sequence[str], width: int) -> Iterator[NewShard]:
    """Yield a shard of N `ids` and float32 features of D = `width`, to be filled and finished.

    It appears under its name when all is written; left by an exception, nothing does. Raises RuntimeError for a shard
    that was not finished.
    """
    with atomic_path(path) as temporary:
        with new_hdf5(temporary) as (file, _):
            file.create_dataset("utterance_id", data=np.array(ids, dtype=object), dtype=h5py.string_dtype())
            place = _allocate(file, (len(ids), width))
        with open(temporary, "r+b", buffering=0) as raw:
            shard = NewShard(raw.fileno(), place, ids, width)
            yield shard
        if shard.end is None:
            raise RuntimeError(f"{path}: the shard was not finished")
        with new_hdf5(temporary, more=True) as (file, _):
            describe(file, *shard.end)


def _allocate(file: h5py.File, shape: tuple[int, int]) -> int:
    """Make room for the features and return where it begins, since HDF5 writes scattered rows one by one and slowly.

    What is never written is a hole in the file, which reads as zeros.
    """
    settings = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    settings.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    settings.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    space, kind = h5py.h5s.create_simple(shape), h5py.h5t.py_create(np.dtype(np.float32))
    return h5py.h5d.create(file.id, b"features", kind, space, settings).get_offset() or 0


def _write(file: int, data: np.ndarray, place: int) -> None:
    left = memoryview(data.reshape(-1).view(np.uint8))
    while len(left):
        written = os.pwrite(file, left, place)
        left, place = left[written:], place + written


def _read(file: int, data: np.ndarray, place: int) -> None:
    left = memoryview(data.reshape(-1).view(np.uint8))
    while len(left):
        if not (count := os.preadv(file, [left], place)):
            raise OSError("the file of the new shard ends early")
        left, place = left[count:], place + count
