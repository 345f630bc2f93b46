"""Points shards: HDF5 files with the 68 landmarks (iBUG 300-W) of the kept frames of each utterance of a face shard.

With N utterances and F kept frames in all:
    utterance_id (N,), frames_offset (N + 1,): utterance i holds frames frames_offset[i]:frames_offset[i + 1],
    frame (F,) its place among the frames that the face shard stores of the utterance, increasing,
    time_s (F,) seconds from the start of the utterance, as in the face shard,
    points (F, 68, 2) x and y as shares of the side of the crop, whatever its size,
    seen (F,) bool: where False the detector gave no landmarks, and the points are those of a registered face.
An utterance without a face has no frames.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import h5py
import numpy as np

from conclugen.faces.shard import FaceShard
from conclugen.store.atomic import atomic_path
from conclugen.store.new_hdf5 import new_hdf5
from conclugen.store.shards import UNREADABLE, ShardError, check_size

LANDMARKS = 68
FACES = "faces_sha256"  # attribute: the checksum of the face shard whose frames these are
COLUMNS = {"frame": np.int64, "time_s": np.float64, "points": np.float32, "seen": bool}


@dataclasses.dataclass(frozen=True)
class Points:
    """The landmarks of the T kept frames of one utterance; fields as in the shard."""

    frame: np.ndarray
    time_s: np.ndarray
    points: np.ndarray
    seen: np.ndarray

    @classmethod
    def empty(cls) -> Points:
        """Return no frames, for an utterance without a face."""
        return cls(np.zeros(0, int), np.zeros(0), np.zeros((0, LANDMARKS, 2)), np.zeros(0, bool))


@dataclasses.dataclass(frozen=True)
class PointsShard:
    """A shard in memory: ids (N,), offset (N + 1,), all frames (F,), and what its writer noted."""

    ids: np.ndarray
    offset: np.ndarray
    frames: Points
    attributes: dict[str, str]

    def of(self, i: int) -> Points:
        """Return the frames of utterance `i`."""
        span = slice(int(self.offset[i]), int(self.offset[i + 1]))
        return Points(*(getattr(self.frames, name)[span] for name in COLUMNS))


def write(path: Path, ids: Sequence[str], points: Sequence[Points], attributes: Mapping[str, str]) -> None:
    """Write the frames of every utterance, in order."""
    parts = [Points.empty(), *points]
    tables = {"frames_offset": np.cumsum([0, *(len(part.frame) for part in points)], dtype=np.int64)}
    tables |= {name: np.concatenate([getattr(p, name) for p in parts]).astype(kind) for name, kind in COLUMNS.items()}
    with atomic_path(path) as temporary, new_hdf5(temporary) as (file, disk):
        file.create_dataset("utterance_id", data=np.array(ids, dtype=object), dtype=h5py.string_dtype())
        for name, table in tables.items():
            file.create_dataset(name, data=table)
        file.attrs.update({key: str(value) for key, value in sorted(attributes.items())})
        file.attrs["sha256"] = _checksum(ids, tables)
        disk.check()


def read(path: str | Path, faces: FaceShard) -> PointsShard:
    """Read a shard and verify its checksum. Raises ShardError, also where its frames are those of other faces."""
    try:
        with h5py.File(path, "r") as file:
            for name in ("utterance_id", "frames_offset", *COLUMNS):
                check_size(file[name], path)
            ids = np.asarray(file["utterance_id"].asstr()[()], dtype=str)
            tables = {name: file[name][()] for name in ("frames_offset", *COLUMNS)}
            attributes = {key: str(value) for key, value in file.attrs.items()}
    except ShardError:
        raise
    except UNREADABLE as error:
        raise ShardError(f"{path}: cannot be read as a points shard ({error}); delete it and rerun") from error
    if attributes.get("sha256") != _checksum(ids.tolist(), tables):
        raise ShardError(f"{path}: contents do not match their checksum; delete it and rerun")
    if attributes.get(FACES) != faces.attributes["sha256"]:
        raise ShardError(f"{path}: was made of other faces than {faces.path} holds; delete it and rerun")
    offset = tables.pop("frames_offset")
    return PointsShard(ids, offset, Points(**tables), attributes)


def _checksum(ids: Sequence[str], tables: Mapping[str, np.ndarray]) -> str:
    digest = hashlib.sha256("\n".join(ids).encode())
    for name, table in tables.items():
        digest.update(f"{name}{table.dtype}{table.shape}".encode())
        digest.update(np.ascontiguousarray(table).data)
    return digest.hexdigest()
