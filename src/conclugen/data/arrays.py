"""Named arrays in `.npz`, HDF5 and CSV files, read without running anything that the file holds."""

from __future__ import annotations

import fnmatch
import io
import math
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from numpy.lib import format as npy

from conclugen.data.text import clean, decode
from conclugen.store.bounds import ClaimError, check_claim


class ArrayError(ValueError):
    """An array file that is missing or malformed, or an array that cannot be used."""


def read_array(path: Path, key: str, text: bool = False) -> np.ndarray:
    """Return the array `key` of a file; strings come as a str array. With `text`, numbers in a CSV stay as written.

    In a CSV, `key` names a column (N,), or several by a pattern such as `audio_*` (N, D) in the order of the file.
    Raises ArrayError that names the file, the key and the way out.
    """
    if not path.is_file():
        raise ArrayError(f"{path}: no such file")
    suffix = path.suffix.lower()
    if suffix == ".npz":
        return _npz(path, key)
    if suffix in (".h5", ".hdf5", ".hdf"):
        return _hdf5(path, key)
    if suffix == ".csv":
        return _csv(path, key, text)
    raise ArrayError(f"{path}: arrays are read from .npz, .h5 and .csv, not from {suffix or 'a file without suffix'}")


def strings(values: np.ndarray) -> list[str]:
    """A one-dimensional array as clean text: bytes are decoded, missing values are empty."""
    if values.ndim != 1:
        raise ArrayError(f"expected one value per row, got shape {values.shape}")
    texts = (decode(value) if isinstance(value, bytes) else str(value) for value in values.tolist())
    return ["" if text in ("nan", "None") else clean(text) for text in texts]


def matrix(values: np.ndarray, what: str) -> np.ndarray:
    """A numeric array as (N, D) float32; (N,) becomes (N, 1). Raises ArrayError for anything else."""
    if values.dtype.kind not in "fiub" or values.ndim not in (1, 2):
        hint = "; pool it over time first" if values.ndim > 2 else ""
        raise ArrayError(f"{what}: expected numbers of shape (N, D), got {values.dtype} {values.shape}{hint}")
    with np.errstate(over="ignore"):
        return (values[:, None] if values.ndim == 1 else values).astype(np.float32)


def _npz(path: Path, key: str) -> np.ndarray:
    try:
        with np.load(path, allow_pickle=False) as file:
            if key not in file.files:
                raise ArrayError(f"{path}: no array {key!r}; it holds {sorted(file.files)}")
            _check_member(path, key)
            return file[key]
    except ClaimError as error:
        raise ArrayError(str(error)) from error
    except ArrayError:
        raise
    except ValueError as error:
        raise ArrayError(
            f"{path}: {key!r} is an array of Python objects, which is refused since reading one runs code. If you "
            "trust the file, convert it once: load it with allow_pickle=True, turn strings with `.astype(str)` and "
            f"features with `np.stack(list(array)).astype('float32')`, and save it with np.savez ({error})"
        ) from error
    except (OSError, EOFError, zipfile.BadZipFile) as error:
        raise ArrayError(f"{path}: cannot be read ({error})") from error


def _check_member(path: Path, key: str) -> None:
    """Compare what the header of a member claims with what the archive holds; reads the header alone."""
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name in (f"{key}.npy", key)]
        for name in names:
            held = archive.getinfo(name).compress_size
            with archive.open(name) as member:
                if member.read(len(npy.MAGIC_PREFIX)) != npy.MAGIC_PREFIX:
                    continue  # no array, which np.load says
            with archive.open(name) as member:
                version = npy.read_magic(member)
                header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
                shape, _, dtype = header(member)
                check_claim(math.prod(shape) * dtype.itemsize, held, f"{path}: {key!r}")


def _hdf5(path: Path, key: str) -> np.ndarray:
    try:
        with h5py.File(path, "r") as file:
            found = file.get(key)
            if not isinstance(found, h5py.Dataset):
                names: list[str] = []
                file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
                raise ArrayError(f"{path}: no array {key!r}; it holds {sorted(names)[:20]}")
            check_claim(found.nbytes, path.stat().st_size, f"{path}: {key!r}")
            if h5py.check_string_dtype(found.dtype):
                return np.asarray(found.asstr(errors="replace")[:], dtype=str)
            if found.dtype.kind == "O":
                raise ArrayError(f"{path}: {key!r} has rows of different lengths; store it as (N, D)")
            return found[:]
    except ClaimError as error:
        raise ArrayError(str(error)) from error
    except OSError as error:
        raise ArrayError(f"{path}: cannot be read ({error})") from error


def _csv(path: Path, key: str, as_text: bool) -> np.ndarray:
    text = decode(path.read_bytes())
    names = [str(name).strip() for name in pd.read_csv(io.StringIO(text), nrows=0).columns]
    wanted = [name for name in names if name == key] or fnmatch.filter(names, key)
    if not wanted:
        raise ArrayError(f"{path}: no column {key!r}; it has {names[:20]}")
    chosen = [names.index(name) for name in wanted]
    values = pd.read_csv(io.StringIO(text), usecols=chosen, dtype=str, keep_default_na=False)
    if wanted == [key]:
        column = values.iloc[:, 0].str.strip()
        numbers = pd.to_numeric(column.replace("", np.nan), errors="coerce")
        number_like = bool((numbers.notna() | column.str.lower().isin(["", "nan"])).all())
        return numbers.to_numpy(float) if number_like and not as_text else column.to_numpy(dtype=str)
    return values.apply(pd.to_numeric, errors="coerce").to_numpy(float)
