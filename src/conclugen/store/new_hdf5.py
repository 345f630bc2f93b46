"""HDF5 files that are written: a disk without room is an error that names it, never the end of the process.

Closing a file whose last bytes find no room, HDF5 fails, keeps the file half open, and crashes when the process ends.
So it is told that all was written, and the error is raised once the file is closed.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path

import h5py


class Disk:
    """A file for HDF5 that keeps the first error of its writes, after which it writes nothing more."""

    def __init__(self, raw: io.FileIO) -> None:
        self._raw, self._error = raw, None

    def write(self, data: memoryview) -> int:
        """Write all of `data` (n,) bytes, as far as there was no error; return n."""
        left = memoryview(data).cast("B")
        with self._kept():
            while self._error is None and len(left):
                left = left[self._raw.write(left) :]
        return memoryview(data).nbytes

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes; by this method h5py knows a file."""
        return self._raw.read(size)

    def readinto(self, data: memoryview) -> int:
        """Fill `data` (n,) bytes from the file, as far as it goes; return how many were read."""
        return self._raw.readinto(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place and return it, in bytes from the start."""
        return self._raw.seek(offset, whence)

    def tell(self) -> int:
        """Return the place in the file, in bytes from the start."""
        return self._raw.tell()

    def truncate(self, size: int) -> int:
        """Make the file `size` bytes long, as far as there was no error; return `size`."""
        with self._kept():
            if self._error is None:
                self._raw.truncate(size)
        return size

    def flush(self) -> None:
        """Do nothing: no byte is held back."""

    def check(self) -> None:
        """Raise the first OSError of a write, if there was one."""
        if self._error is not None:
            raise self._error

    @contextlib.contextmanager
    def _kept(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._error = error


@contextlib.contextmanager
def new_hdf5(path: str | Path, more: bool = False) -> Iterator[tuple[h5py.File, Disk]]:
    """Yield an HDF5 file that is made, or with `more` one that is filled further, and its disk, to be checked between
    long writes. Raises OSError where something could not be written, at the latest when the block is left."""
    with open(path, "r+b" if more else "w+b", buffering=0) as raw:
        disk = Disk(raw)
        try:
            with h5py.File(disk, "r+" if more else "w") as file:
                yield file, disk
        finally:
            disk.check()
