"""Features of others, a block of rows at a time, so that memory does not grow with the array."""

from __future__ import annotations

import contextlib
import math
import tempfile
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import h5py
import numpy as np

from conclugen.data import mmsa
from conclugen.data.array_files import (
    HDF5,
    NPZ,
    PICKLE,
    Member,
    open_dataset,
    open_member,
    suffix_of,
)
from conclugen.data.arrays import check_matrix, matrix
from conclugen.data.csv_arrays import csv_columns, csv_numbers

NUMBERS = 1 << 22  # in a block: 16 MB as float32


def matrix_blocks(path: Path, key: str, without: Collection[str] = (), numbers: int = NUMBERS) -> Iterator[np.ndarray]:
    """Yield the array `key` of a file as blocks (n, D) float32, in order; (N,) as (n, 1). `without`: as `read_array`.

    Each block has at most `numbers` entries, but at least one row. What is not stored by rows (an array in Fortran's
    order, chunks of HDF5 that are taller than a block) is put down in a temporary file first. Raises ArrayError for
    what is no matrix of numbers, and for damage, which may be seen only at the end.
    """
    what, suffix = f"{path}: {key}", suffix_of(path)
    with contextlib.ExitStack() as stack:
        if suffix in NPZ:
            member = stack.enter_context(open_member(path, key))
            check_matrix(member.dtype, member.shape, what)
            blocks = _member(member, numbers, stack)
        elif suffix in HDF5:
            dataset = stack.enter_context(open_dataset(path, key))
            check_matrix(dataset.dtype, dataset.shape, what)
            blocks = _dataset(dataset, numbers, stack)
        elif suffix in PICKLE:
            values = mmsa.read(path, key)
            check_matrix(values.dtype, values.shape, what)
            blocks = _slices(values, _rows(values.shape, numbers))
        else:
            columns = csv_columns(path, key, without)
            blocks = csv_numbers(path, columns, _rows((0, len(columns)), numbers))
        for block in blocks:
            yield np.ascontiguousarray(matrix(block, what))


def _rows(shape: Sequence[int], numbers: int) -> int:
    return max(1, numbers // max(1, math.prod(shape[1:])))


def _slices(values: np.ndarray | h5py.Dataset, rows: int) -> Iterator[np.ndarray]:
    return (values[start : start + rows] for start in range(0, len(values), rows))


def _member(member: Member, numbers: int, stack: contextlib.ExitStack) -> Iterator[np.ndarray]:
    rows = _rows(member.shape, numbers)
    if member.fortran and len(member.shape) > 1:
        columns = _put_down(member.shape[::-1], member.dtype, stack)
        for part in _slices(columns, _rows(columns.shape, numbers)):
            member.read_into(part)
        yield from _slices(columns.T, rows)
    else:
        for start in range(0, member.shape[0], rows):
            block = np.empty((min(rows, member.shape[0] - start), *member.shape[1:]), member.dtype)
            member.read_into(block)
            yield block
    member.end()


def _dataset(dataset: h5py.Dataset, numbers: int, stack: contextlib.ExitStack) -> Iterator[np.ndarray]:
    """A chunk is unpacked whole, so a block is made of whole rows of chunks."""
    rows = _rows(dataset.shape, numbers)
    tall = dataset.chunks[0] if dataset.chunks else 1
    if tall > rows:
        whole = _put_down(dataset.shape, dataset.dtype, stack)
        for place in dataset.iter_chunks():
            whole[place] = dataset[place]
        return _slices(whole, rows)
    return _slices(dataset, rows // tall * tall)


def _put_down(shape: tuple[int, ...], dtype: np.dtype, stack: contextlib.ExitStack) -> np.ndarray:
    """An array of zeros in a file that goes with the block of the caller."""
    if not math.prod(shape):
        return np.zeros(shape, dtype)
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the stack closes it)
    stack.callback(file.close)
    return np.memmap(file, dtype, "w+", shape=shape)
