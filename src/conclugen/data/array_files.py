"""Arrays by name in `.npz`, HDF5 and CSV files, opened and checked before any of their values is read."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import h5py
import numpy as np
from numpy.lib import format as npy

from conclugen.store.bounds import ClaimError, check_claim
from conclugen.store.hdf5 import OutsideError, inside
from conclugen.store.pointers import absent, pointer

NPZ, HDF5, CSV = (".npz",), (".h5", ".hdf5", ".hdf"), (".csv",)
PICKLE = (".pkl", ".pickle")  # of MMSA
# RuntimeError is what zipfile raises for a password and h5py for a broken structure, NotImplementedError what zipfile
# raises for a method of compression that it does not know.
UNREADABLE = (OSError, EOFError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error)


class ArrayError(ValueError):
    """An array file that is missing or malformed, or an array that cannot be used."""


@dataclasses.dataclass(frozen=True)
class Member:
    """An array of an archive, its header read: its values follow in `stream`, by columns where `fortran`."""

    stream: IO[bytes]
    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype

    def read(self) -> np.ndarray:
        """Return all values. Raises ArrayError where the archive holds fewer."""
        values = np.empty(math.prod(self.shape), self.dtype)
        self.read_into(values)
        return values.reshape(self.shape[::-1]).T if self.fortran else values.reshape(self.shape)

    def read_into(self, values: np.ndarray) -> None:
        """Fill `values` (contiguous) with what follows."""
        if not values.nbytes:
            return
        left = memoryview(values.reshape(-1).view(np.uint8))
        while len(left):
            count = self.stream.readinto(left[: 1 << 24])
            if not count:
                raise EOFError("the array is cut short")
            left = left[count:]

    def end(self) -> None:
        """Read to the end of the member, which compares its checksum."""
        while self.stream.read(1 << 20):
            pass


def suffix_of(path: Path) -> str:
    """The suffix by which the file is read. Raises ArrayError where there is no such file or no such kind."""
    if not path.is_file():
        raise ArrayError(f"{path}: {absent(path)}")
    if points := pointer(path):
        raise ArrayError(f"{path}: {points}")
    suffix = path.suffix.lower()
    if suffix not in NPZ + HDF5 + CSV + PICKLE:
        raise ArrayError(
            f"{path}: arrays are read from .npz, .h5, .csv and MMSA's .pkl, not from {suffix or 'a file without one'}"
        )
    return suffix


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what damaged files raise into an ArrayError that names the file."""
    try:
        yield
    except ArrayError:
        raise
    except ClaimError as error:
        raise ArrayError(str(error)) from error
    except OutsideError as error:
        raise ArrayError(f"{path}: {error}") from error
    except UNREADABLE as error:
        raise ArrayError(f"{path}: cannot be read ({error})") from error


@contextlib.contextmanager
def open_member(path: Path, key: str) -> Iterator[Member]:
    """Open the array `key` of an `.npz`. Raises ArrayError, also for arrays of objects, whose reading runs code."""
    with explained(path), zipfile.ZipFile(path) as archive:
        names = {name.removesuffix(".npy"): name for name in archive.namelist()}
        if key not in names:
            raise ArrayError(f"{path}: no array {key!r}; it holds {sorted(names)}")
        with archive.open(names[key]) as stream:
            shape, fortran, dtype = _header(path, key, stream)
            if not shape:
                raise ArrayError(f"{path}: {key!r} is a single value; expected a row per id")
            if dtype.hasobject:
                raise ArrayError(
                    f"{path}: {key!r} is an array of Python objects, which is refused since reading one runs code. If "
                    "you trust the file, convert it once: load it with allow_pickle=True, turn strings with "
                    "`.astype(str)` and features with `np.stack(list(array)).astype('float32')`, and save it with "
                    "np.savez"
                )
            check_claim(
                math.prod(shape) * dtype.itemsize, archive.getinfo(names[key]).compress_size, f"{path}: {key!r}"
            )
            yield Member(stream, shape, fortran, dtype)


def _header(path: Path, key: str, stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Shape, order and type of an array. Raises ArrayError where the member is none."""
    try:
        version = npy.read_magic(stream)
        return (npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0)(stream)
    except ValueError as error:
        raise ArrayError(f"{path}: {key!r} is no array that numpy saved ({error})") from error


@contextlib.contextmanager
def open_dataset(path: Path, key: str) -> Iterator[h5py.Dataset]:
    """Open the array `key` of an HDF5 file. Raises ArrayError."""
    with explained(path), h5py.File(path, "r") as file:
        dataset = inside(file, key)
        if not isinstance(dataset, h5py.Dataset):
            names: list[str] = []
            file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
            raise ArrayError(f"{path}: no array {key!r}; it holds {sorted(names)[:20]}")
        if not dataset.shape:
            raise ArrayError(f"{path}: {key!r} is a single value or none; expected a row per id")
        check_claim(dataset.nbytes, path.stat().st_size, f"{path}: {key!r}")
        if dataset.dtype.kind == "O" and not h5py.check_string_dtype(dataset.dtype):
            raise ArrayError(f"{path}: {key!r} has rows of different lengths; store it as (N, D)")
        yield dataset
