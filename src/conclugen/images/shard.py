"""Image shards: HDF5 files of square pictures in bytes, contiguous and checksummed, read row by row through a map.

A shard holds a whole data set, but nothing ever holds a whole shard: pictures are written as they are read, and whoever
trains maps them, so that the system keeps in memory what is used and there is room for.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import h5py
import numpy as np
import torch

from conclugen.store.atomic import atomic_path
from conclugen.store.new_hdf5 import new_hdf5
from conclugen.store.shards import UNREADABLE, ShardError, check_size

BLOCK = 1024  # pictures that are written, or hashed, at once


@dataclasses.dataclass(frozen=True)
class Images:
    """Pictures of a data set.

    Attributes:
        ids: (N,).
        pixels: (N, S, S, C) uint8, a read-only map of the file; C is 1 or 3.
        present: (N,) bool; pictures that could not be read are black.
        sha256: of all that.
    """

    ids: np.ndarray
    pixels: np.ndarray
    present: np.ndarray
    sha256: str

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: torch.Tensor, where: torch.device) -> torch.Tensor:
        """Return the pictures of rows (M,) as (M, C, S, S) uint8 on a device."""
        numbers = rows.cpu().numpy()
        order = np.argsort(numbers, kind="stable")  # a map is read from front to back
        taken = np.empty((len(numbers), *self.pixels.shape[1:]), np.uint8)
        taken[order] = self.pixels[numbers[order]]
        return torch.from_numpy(taken).to(where).permute(0, 3, 1, 2)


class Writer:
    """Fills the picture block of an open shard."""

    def __init__(self, file: h5py.File, ids: Sequence[str], size: int, channels: int) -> None:
        self.file, self.present = file, np.zeros(len(ids), bool)
        self.pixels = file.create_dataset("pixels", (len(ids), size, size, channels), np.uint8)
        file.create_dataset("image_id", data=np.array(ids, dtype=object), dtype=h5py.string_dtype())
        self.digest = _digest(ids, self.pixels.shape)

    def put(self, start: int, block: np.ndarray, present: np.ndarray) -> None:
        """Write the pictures (n, S, S, C) from row `start` on, in order."""
        self.pixels[start : start + len(block)] = block
        self.present[start : start + len(block)] = present
        self.digest.update(np.ascontiguousarray(block).data)

    def end(self, attributes: Mapping[str, str]) -> None:
        """Complete the shard."""
        self.file.create_dataset("present", data=self.present)
        self.file.attrs.update({key: str(value) for key, value in sorted(attributes.items())})
        self.digest.update(self.present.data)
        self.file.attrs["sha256"] = self.digest.hexdigest()


def write(
    path: Path,
    ids: Sequence[str],
    pictures: Iterator[np.ndarray | None],
    size: int,
    channels: int,
    attributes: Mapping[str, str],
) -> np.ndarray:
    """Write pictures (size, size, channels), None for one that could not be read, and return which are there (N,)."""
    with atomic_path(path) as temporary, new_hdf5(temporary) as (file, disk):
        writer = Writer(file, ids, size, channels)
        for start in range(0, len(ids), BLOCK):
            count = min(BLOCK, len(ids) - start)
            given = [next(pictures) for _ in range(count)]
            block = np.zeros((count, size, size, channels), np.uint8)
            for place, picture in enumerate(given):
                if picture is not None:
                    block[place] = picture
            writer.put(start, block, np.array([picture is not None for picture in given]))
            disk.check()
        writer.end(attributes)
    return writer.present


def read(path: str | Path) -> Images:
    """Map a shard and verify its checksum. Raises ShardError naming the file."""
    try:
        with h5py.File(path, "r") as file:
            dataset = file["pixels"]
            check_size(dataset, path)
            ids = np.asarray(file["image_id"].asstr()[:], dtype=str)
            present, shape, offset = file["present"][:], dataset.shape, dataset.id.get_offset()
            whole = file.attrs["sha256"]
            if len(ids) != shape[0] or len(present) != shape[0] or offset is None or dataset.dtype != np.uint8:
                raise ShardError(f"{path}: ids, pixels and present do not fit; delete it and rerun")
        pixels = np.memmap(path, np.uint8, "r", offset, shape)
    except ShardError:
        raise
    except UNREADABLE as error:
        raise ShardError(f"{path}: cannot be read as an image shard ({error}); delete it and rerun") from error
    digest = _digest(ids.tolist(), shape)
    for start in range(0, len(ids), BLOCK):
        digest.update(np.ascontiguousarray(pixels[start : start + BLOCK]).data)
    digest.update(np.ascontiguousarray(present).data)
    if digest.hexdigest() != whole:
        raise ShardError(f"{path}: contents do not match their checksum; delete it and rerun")
    return Images(ids, pixels, present, str(whole))


def _digest(ids: Sequence[str], shape: tuple[int, ...]) -> hashlib._Hash:
    return hashlib.sha256(("\n".join(ids) + f"\nuint8{tuple(shape)}").encode())
