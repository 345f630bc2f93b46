"""Pickles of plain data, read without running anything that they name.

A pickle is a program. This reader knows only the steps that build dicts, lists, tuples, strings, numbers and numpy
arrays; every other step, every other name, and a step that claims more bytes than the file has, is refused. It is built
on the reader of the standard library that is written in Python: its memory grows with the file alone, whatever places
of its memo the file names.
"""

from __future__ import annotations

import math
import os
import pickle
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np

from conclugen.data.array_files import ArrayError, explained

REFUSED = {
    *(pickle.INST, pickle.OBJ, pickle.NEWOBJ, pickle.NEWOBJ_EX, pickle.PERSID, pickle.BINPERSID),
    *(pickle.EXT1, pickle.EXT2, pickle.EXT4, pickle.NEXT_BUFFER, pickle.READONLY_BUFFER),
}
_TYPE = re.compile(r"[|<>=]?[biufSUO]\d{0,9}")
_ORDERS = {"<": "<", ">": ">", "=": "=", "|": "|"}
_NUMPY = ("numpy.core", "numpy._core")  # before and since numpy 2


class Typed:
    """The type of an array, put together in two steps as pickles do."""

    def __init__(self, name: str, *_: object) -> None:
        if not isinstance(name, str) or not _TYPE.fullmatch(name):
            raise pickle.UnpicklingError(f"arrays of type {name!r}")
        self.dtype = np.dtype(name)

    def __setstate__(self, state: tuple) -> None:
        _, order, within, names, fields = state[:5]
        if within is not None or names is not None or fields is not None:
            raise pickle.UnpicklingError("arrays of records")
        if self.dtype.kind != "O":
            self.dtype = self.dtype.newbyteorder(_ORDERS[order])


class Filled:
    """An array, empty first and filled in a second step."""

    def __init__(self, *_: object) -> None:
        self.values = np.zeros(0)

    def __setstate__(self, state: tuple) -> None:
        _, shape, typed, by_column, data = state
        if typed.dtype.kind == "O":
            if not isinstance(data, list) or len(data) != math.prod(shape):
                raise pickle.UnpicklingError("an array of objects that are not as many as it says")
            flat = np.empty(len(data), object)
            flat[:] = data
        else:
            flat = _flat(data.encode("latin1") if isinstance(data, str) else data, typed.dtype, shape)
        self.values = flat.reshape(shape, order="F" if by_column else "C")


def _flat(data: bytes, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    if math.prod(shape) * dtype.itemsize != len(data):
        raise pickle.UnpicklingError("an array that is not as long as it says")
    return np.frombuffer(data, dtype)


def _filled(data: bytes, typed: Typed, shape: tuple[int, ...], order: str) -> Filled:
    filled = Filled()
    filled.values = _flat(bytes(data), typed.dtype, shape).reshape(shape, order=order)
    return filled


def _scalar(typed: Typed, data: bytes) -> object:
    return _flat(data.encode("latin1") if isinstance(data, str) else data, typed.dtype, ())[0].item()


def _encode(text: str, coding: str) -> bytes:
    if coding not in ("latin1", "latin-1"):
        raise pickle.UnpicklingError(f"text in {coding}")
    return text.encode("latin1")


def _no_bytes() -> bytes:
    return b""


class _Array:
    """What `numpy.ndarray` stands for where it is only named."""


KNOWN: dict[tuple[str, str], Callable] = {("numpy", "ndarray"): _Array, ("numpy", "dtype"): Typed}
KNOWN |= {(f"{core}.multiarray", "_reconstruct"): Filled for core in _NUMPY}
KNOWN |= {(f"{core}.multiarray", "scalar"): _scalar for core in _NUMPY}
KNOWN |= {(f"{core}.numeric", "_frombuffer"): _filled for core in _NUMPY}
KNOWN |= {("_codecs", "encode"): _encode, ("__builtin__", "bytes"): _no_bytes}  # protocol 2 has no bytes of its own


class PlainUnpickler(pickle._Unpickler):  # the one in C cannot be told which steps it takes
    """Takes the steps of plain data alone."""

    dispatch = {c: step for c, step in pickle._Unpickler.dispatch.items() if bytes([c]) not in REFUSED}  # noqa: RUF012

    def find_class(self, module: str, name: str) -> Callable:
        """Return what builds an array in place of the name."""
        if (module, name) not in KNOWN:
            raise pickle.UnpicklingError(f"{module}.{name}")
        return KNOWN[module, name]

    def load_reduce(self) -> None:
        """Call one of `KNOWN` and nothing else."""
        arguments, called = self.stack.pop(), self.stack[-1]
        if not any(called is known for known in KNOWN.values()) or called is _Array:
            raise pickle.UnpicklingError("a call of something else than an array")
        self.stack[-1] = called(*arguments)

    def load_build(self) -> None:
        """Fill an array or a type, and nothing else."""
        state, built = self.stack.pop(), self.stack[-1]
        if type(built) not in (Filled, Typed):
            raise pickle.UnpicklingError(f"a state for {type(built).__name__}")
        built.__setstate__(state)

    def load_bytearray8(self) -> None:
        """Take bytes as they are read; the step of the library asks for memory first."""
        (count,) = struct.unpack("<Q", self.read(8))
        self.append(bytearray(self.read(count)))

    dispatch[pickle.BYTEARRAY8[0]] = load_bytearray8
    dispatch[pickle.REDUCE[0]] = load_reduce
    dispatch[pickle.BUILD[0]] = load_build


class Bounded:
    """A file that refuses to read more than is left of it, so that nothing is asked of memory that no file backs."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._size = file, os.fstat(file.fileno()).st_size
        self.readline = file.readline

    def _check(self, count: int) -> None:
        if count > self._size - self._file.tell():
            raise pickle.UnpicklingError(f"{count} bytes where {self._size - self._file.tell()} are left")

    def read(self, count: int) -> bytes:
        """Return the next bytes."""
        self._check(count)
        return self._file.read(count)

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` with the next bytes."""
        self._check(len(buffer))
        return self._file.readinto(buffer)


def read_plain(path: Path) -> Any:
    """Return what a pickle holds; arrays stand as `Filled`. Raises ArrayError for anything that is no plain data."""
    with explained(path), open(path, "rb") as file:
        try:
            return PlainUnpickler(Bounded(file), encoding="latin1").load()
        except (MemoryError, OSError):
            raise
        except Exception as error:  # whatever a made-up order of steps may raise
            what = error if isinstance(error, pickle.UnpicklingError) else f"{type(error).__name__}: {error}"
            raise ArrayError(
                f"{path}: refused, since it holds more than dicts, lists, strings, numbers and numpy arrays, or is "
                f"damaged ({what}); nothing of it was run. If you trust the file, store its arrays with np.savez"
            ) from error


def plain(value: Any) -> Any:
    """Return the array that a value is, or the value."""
    return value.values if isinstance(value, Filled) else value
