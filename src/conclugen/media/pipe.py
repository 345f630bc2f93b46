"""Messages through a pipe: each of several parts, which are read straight into the memory where they will stay.

A message is the number of its parts, their lengths in bytes (each 8 bytes, little endian), then the parts.
"""

from __future__ import annotations

import collections
import contextlib
import fcntl
import itertools
import os
from collections.abc import Generator, Iterable, Iterator, Sequence

import numpy as np

BLOCK = 1 << 20  # bytes that are read at once, so that one process that writes much does not keep others waiting
NUMBER = np.dtype("<u8")
MOST_PARTS = 1 << 16
AT_ONCE = 16  # parts that are given to the system in one call; every system takes as many


def widen(pipe: int) -> None:
    """Let a pipe hold a block where the system allows it (Linux): by default writers stop after 64 kB."""
    if size := getattr(fcntl, "F_SETPIPE_SZ", None):
        with contextlib.suppress(OSError):  # more than this user may have: it works with less, only slower
            fcntl.fcntl(pipe, size, BLOCK)


def send(pipe: int, parts: Iterable[bytes | memoryview]) -> None:
    """Write a message, waiting for its reader. Raises BrokenPipeError when there is none any more."""
    views = [memoryview(part) for part in parts]
    lengths = np.array([len(views), *(view.nbytes for view in views)], NUMBER)
    left = collections.deque(view for view in (memoryview(lengths.tobytes()), *views) if view.nbytes)
    while left:
        written = os.writev(pipe, tuple(itertools.islice(left, AT_ONCE)))
        while left and written >= left[0].nbytes:
            written -= left.popleft().nbytes
        if written:
            left[0] = left[0][written:]


class Receiver:
    """Reads messages from a pipe as they come, without waiting for them.

    Args:
        pipe: descriptor of the end to read.
        most: bytes that a message may have.
    """

    def __init__(self, pipe: int, most: int) -> None:
        self._pipe, self._most = pipe, most
        os.set_blocking(pipe, False)
        self._messages = self._receive()

    def read(self) -> list[np.ndarray] | None:
        """Read what has come; return the parts of a message, each its bytes (n,), once it is whole.

        Raises EOFError when nobody writes any more, ValueError for a message that is larger than `most`.
        """
        return next(self._messages)

    def _receive(self) -> Iterator[list[np.ndarray] | None]:
        while True:
            (number,) = yield from self._filled([NUMBER.itemsize])
            (count,) = number.view(NUMBER).tolist()
            if count > MOST_PARTS:
                raise ValueError(f"{count} parts")
            (table,) = yield from self._filled([count * NUMBER.itemsize])
            lengths = table.view(NUMBER).tolist()
            if sum(lengths) > self._most:
                raise ValueError(f"{sum(lengths)} bytes")
            yield (yield from self._filled(lengths))

    def _filled(self, lengths: Sequence[int]) -> Generator[None, None, list[np.ndarray]]:
        """Return arrays of these lengths as they come, yielding where there is nothing more for now."""
        parts = [np.empty(length, np.uint8) for length in lengths]
        for part in parts:
            left = memoryview(part)
            while left:
                try:
                    count = os.readv(self._pipe, [left[:BLOCK]])
                except BlockingIOError:
                    yield None
                    continue
                if not count:
                    raise EOFError
                left = left[count:]
                if left:
                    yield None
        return parts
