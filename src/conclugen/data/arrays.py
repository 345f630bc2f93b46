"""Named arrays of `.npz`, HDF5 and CSV files as a whole, read without running anything that the file holds."""

from __future__ import annotations

import math
from collections.abc import Collection
from pathlib import Path

import h5py
import numpy as np

from conclugen.data import mmsa
from conclugen.data.array_files import (
    HDF5,
    NPZ,
    PICKLE,
    ArrayError,
    open_dataset,
    open_member,
    suffix_of,
)
from conclugen.data.csv_arrays import csv_columns, csv_header, csv_numbers, csv_texts
from conclugen.data.text import clean, decode


def read_array(path: Path, key: str, text: bool = False, without: Collection[str] = ()) -> np.ndarray:
    """Return the array `key` of a file; with `text`, a column of a CSV stays as written.

    In a CSV, `key` names a column (N,), or several by a pattern such as `audio_*` (N, D) in the order of the file, but
    never those that `without` names.
    Raises ArrayError that names the file, the key and the way out.
    """
    suffix = suffix_of(path)
    if suffix in NPZ:
        with open_member(path, key) as member:
            values = member.read()
            member.end()
            return values
    if suffix in HDF5:
        with open_dataset(path, key) as dataset:
            values = dataset[:]
            if h5py.check_string_dtype(dataset.dtype):  # whatever coding it claims
                cells = [decode(cell) if isinstance(cell, bytes) else cell for cell in values.ravel()]
                return np.array(cells, dtype=object).reshape(values.shape)
            return values
    if suffix in PICKLE:
        return mmsa.read(path, key)
    columns = csv_columns(path, key, without)
    if text and len(columns) == 1:
        return csv_texts(path, columns[0])
    [values] = csv_numbers(path, columns)
    return values[:, 0] if key in csv_header(path) else values


def size_of(path: Path, key: str, without: Collection[str] = ()) -> tuple[int | None, int]:
    """Return how many rows the array `key` has, None in a CSV, and how many numbers a row, from the head of the file.

    Raises ArrayError.
    """
    suffix = suffix_of(path)
    if suffix in PICKLE:
        shape = mmsa.read(path, key).shape
        return shape[0], math.prod(shape[1:])
    if suffix not in NPZ + HDF5:
        return None, len(csv_columns(path, key, without))
    with open_member(path, key) if suffix in NPZ else open_dataset(path, key) as array:
        return array.shape[0], math.prod(array.shape[1:])


def strings(values: np.ndarray) -> list[str]:
    """An array of one value per row as clean text: bytes are decoded, a number that is none (NaN) is empty, a whole
    one has no point."""
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise ArrayError(f"expected one value per row, got shape {values.shape}")
    if values.dtype.kind not in "OSUbiuf":
        raise ArrayError(f"expected text or numbers, got {values.dtype}")
    texts = ("" if value != value else _whole(value) for value in values.tolist())
    return [clean(decode(value) if isinstance(value, bytes) else str(value)) for value in texts]


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def matrix(values: np.ndarray, what: str) -> np.ndarray:
    """A numeric array as (N, D) float32; (N,) becomes (N, 1). Raises ArrayError for anything else."""
    check_matrix(values.dtype, values.shape, what)
    with np.errstate(over="ignore"):
        return (values[:, None] if values.ndim == 1 else values).astype(np.float32)


def check_matrix(dtype: np.dtype, shape: tuple[int, ...], what: str) -> None:
    """Raise ArrayError where an array of this type and shape is no matrix of numbers."""
    if dtype.kind not in "fiub" or len(shape) not in (1, 2):
        hint = "; pool it over time first" if len(shape) > 2 else ""
        raise ArrayError(f"{what}: expected numbers of shape (N, D), got {dtype} {shape}{hint}")
