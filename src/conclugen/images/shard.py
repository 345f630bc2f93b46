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

from conclugen.images import regions
from conclugen.store.atomic import atomic_path
from conclugen.store.new_hdf5 import new_hdf5
from conclugen.store.shards import UNREADABLE, ShardError, check_size

BLOCK = 1024  # pictures that are written, or hashed, at once


@dataclasses.dataclass(frozen=True)
class Frames:
    """Where the pictures of a shard come from, where they are frames of clips, in the order of clips and times.

    Attributes:
        clip: (N,) number of the clip.
        time_s: (N,) seconds from its start.
        points: (N, 68, 2) landmarks as shares of the side of the picture: a read-only map of the file.
    """

    clip: np.ndarray
    time_s: np.ndarray
    points: np.ndarray


@dataclasses.dataclass(frozen=True)
class Images:
    """Pictures of a data set.

    Attributes:
        ids: (N,).
        pixels: (N, S, S, C) uint8, a read-only map of the file; C is 1 or 3.
        present: (N,) bool; pictures that could not be read are black.
        sha256: of all that.
        frames: what clips they are cut from; None for stills.
    """

    ids: np.ndarray
    pixels: np.ndarray
    present: np.ndarray
    sha256: str
    frames: Frames | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def shown(self, rows: torch.Tensor, where: torch.device) -> torch.Tensor:
        """Return the pictures of rows (M,) as (M, C, S, S) in [0, 1] on a device."""
        return self.take(rows, where).float().div_(255)

    def take(self, rows: torch.Tensor, where: torch.device) -> torch.Tensor:
        """Return the pictures of rows (M,) as (M, C, S, S) uint8 on a device."""
        return torch.from_numpy(_taken(self.pixels, rows)).to(where).permute(0, 3, 1, 2)

    def landmarks(self, rows: torch.Tensor, where: torch.device) -> torch.Tensor:
        """Return where the landmarks of rows (M,) lie, (M, 68, 2) pixels on a device; of stills, as in a registered
        face.
        """
        side = self.pixels.shape[1]
        if self.frames is None:
            return (regions.registered().to(where) * side).expand(len(rows), -1, -1)
        return torch.from_numpy(_taken(self.frames.points, rows)).to(where) * side


def _taken(table: np.ndarray, rows: torch.Tensor) -> np.ndarray:
    numbers = rows.cpu().numpy()
    order = np.argsort(numbers, kind="stable")  # a map is read from front to back
    taken = np.empty((len(numbers), *table.shape[1:]), table.dtype)
    taken[order] = table[numbers[order]]
    return taken


@dataclasses.dataclass(frozen=True)
class Clips:
    """What is written of the clips that frames come from: as `Frames`, landmarks (68, 2) one frame after the other."""

    clip: np.ndarray
    time_s: np.ndarray
    points: Iterator[np.ndarray]


class Writer:
    """Fills the picture block of an open shard, and the landmarks of its frames."""

    def __init__(self, file: h5py.File, ids: Sequence[str], size: int, channels: int, clips: Clips | None) -> None:
        self.file, self.present, self.clips = file, np.zeros(len(ids), bool), clips
        self.points = file.create_dataset("points", (len(ids), 68, 2), np.float32) if clips else None
        self.pixels = file.create_dataset("pixels", (len(ids), size, size, channels), np.uint8)
        file.create_dataset("image_id", data=np.array(ids, dtype=object), dtype=h5py.string_dtype())
        self.digest = _digest(ids, self.pixels.shape)

    def put(self, start: int, block: np.ndarray, present: np.ndarray) -> None:
        """Write the pictures (n, S, S, C) from row `start` on, in order."""
        self.pixels[start : start + len(block)] = block
        self.present[start : start + len(block)] = present
        self.digest.update(np.ascontiguousarray(block).data)
        if self.clips:
            points = np.stack([next(self.clips.points) for _ in block]).astype(np.float32)
            self.points[start : start + len(block)] = points
            self.digest.update(points.data)

    def end(self, attributes: Mapping[str, str]) -> None:
        """Complete the shard."""
        self.file.create_dataset("present", data=self.present)
        self.file.attrs.update({key: str(value) for key, value in sorted(attributes.items())})
        self.digest.update(self.present.data)
        if self.clips:
            for name in ("clip", "time_s"):
                self.file.create_dataset(name, data=getattr(self.clips, name))
                self.digest.update(np.ascontiguousarray(getattr(self.clips, name)).data)
        self.file.attrs["sha256"] = self.digest.hexdigest()


def write(
    path: Path,
    ids: Sequence[str],
    pictures: Iterator[np.ndarray | None],
    size: int,
    channels: int,
    attributes: Mapping[str, str],
    clips: Clips | None = None,
) -> np.ndarray:
    """Write pictures (size, size, channels), None for one that could not be read, and return which are there (N,).

    `clips`: what they are frames of; None for stills.
    """
    with atomic_path(path) as temporary, new_hdf5(temporary) as (file, disk):
        writer = Writer(file, ids, size, channels, clips)
        for start in range(0, len(ids), BLOCK):
            count = min(BLOCK, len(ids) - start)
            batch = [next(pictures) for _ in range(count)]
            block = np.zeros((count, size, size, channels), np.uint8)
            for place, picture in enumerate(batch):
                if picture is not None:
                    block[place] = picture
            writer.put(start, block, np.array([picture is not None for picture in batch]))
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
            whole, frames = file.attrs["sha256"], _frames(file, path) if "clip" in file else None
            if len(ids) != shape[0] or len(present) != shape[0] or offset is None or dataset.dtype != np.uint8:
                raise ShardError(f"{path}: ids, pixels and present do not fit; delete it and rerun")
        pixels = np.memmap(path, np.uint8, "r", offset, shape)
    except ShardError:
        raise
    except UNREADABLE as error:
        raise ShardError(f"{path}: cannot be read as an image shard ({error}); delete it and rerun") from error
    images = Images(ids, pixels, present, str(whole), frames)
    if _whole(images) != whole:
        raise ShardError(f"{path}: contents do not match their checksum; delete it and rerun")
    return images


def _frames(file: h5py.File, path: str | Path) -> Frames:
    points = file["points"]
    for name in ("points", "clip", "time_s"):
        check_size(file[name], path)
    if len({len(file[name]) for name in ("points", "clip", "time_s", "image_id")}) > 1 or points.dtype != np.float32:
        raise ShardError(f"{path}: frames and their clips do not fit; delete it and rerun")
    mapped = np.memmap(path, np.float32, "r", points.id.get_offset(), points.shape)
    return Frames(file["clip"][:], file["time_s"][:], mapped)


def _whole(images: Images) -> str:
    """The checksum of what a shard holds, read block by block."""
    digest, frames = _digest(images.ids.tolist(), images.pixels.shape), images.frames
    for start in range(0, len(images), BLOCK):
        for table in [images.pixels, *([frames.points] if frames else [])]:
            digest.update(np.ascontiguousarray(table[start : start + BLOCK]).data)
    for table in [images.present, *([frames.clip, frames.time_s] if frames else [])]:
        digest.update(np.ascontiguousarray(table).data)
    return digest.hexdigest()


def _digest(ids: Sequence[str], shape: tuple[int, ...]) -> hashlib._Hash:
    return hashlib.sha256(("\n".join(ids) + f"\nuint8{tuple(shape)}").encode())
