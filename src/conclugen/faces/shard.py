"""Face shards: HDF5 files with the face crops of each utterance, as JPEG, and where they were cut.

With N utterances, F frames in all and B bytes of JPEG:
    utterance_id (N,), present (N,) bool, size (N, 2) width and height of the upright video in pixels,
    frames_offset (N + 1,): utterance i holds frames frames_offset[i]:frames_offset[i + 1],
    time_s (F,) seconds from the start of the utterance, increasing, box (F, 4) x0 y0 x1 y1 of the face and
    landmarks (F, 5, 2) eyes, nose, mouth corners, both in pixels of the upright video (landmarks NaN where unknown),
    probability (F,) of the face (0: none was found, NaN: none was looked for),
    detected (F,) bool: the box was detected in this very frame, not carried from its neighbours,
    crop (B,) uint8, crop_offset (F + 1,): the JPEG of frame f is crop[crop_offset[f]:crop_offset[f + 1]].
An utterance without a face keeps crops of the picture's centre and is not present; one that could not be read has no
frames. A shard that keeps no crops (attribute `keep` is False) has B = 0 and all else.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import io
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import h5py
import numpy as np
from PIL import Image

from conclugen.store.atomic import atomic_path
from conclugen.store.new_hdf5 import new_hdf5
from conclugen.store.shards import ABOUT_SHA256, UNREADABLE, ShardError, about_checksum, check_size

BLOCK_BYTES = 1 << 20
TABLES = (
    "utterance_id",
    "present",
    "size",
    "frames_offset",
    "time_s",
    "box",
    "landmarks",
    "probability",
    "detected",
    "crop_offset",
)


@dataclasses.dataclass(frozen=True)
class FaceTrack:
    """The face of one utterance in T frames; fields as in the shard. `crops` are T JPEG files, or none."""

    width: int
    height: int
    time_s: np.ndarray
    box: np.ndarray
    landmarks: np.ndarray
    probability: np.ndarray
    detected: np.ndarray
    crops: Sequence[bytes]

    @classmethod
    def empty(cls) -> FaceTrack:
        """Return a track without frames, for an utterance that could not be read."""
        return cls(0, 0, np.zeros(0), np.zeros((0, 4)), np.zeros((0, 5, 2)), np.zeros(0), np.zeros(0, bool), ())


class FaceShardWriter:
    """Write a shard utterance by utterance; as a context manager it is renamed into place when the block succeeds.

    Crops go to the file as they come; only the numbers are held in memory.

    Args:
        path: the shard.
        crop_size: height and width of every crop, pixels.
        attributes: settings and versions to keep with it.
        keep: tracks have crops.
    """

    def __init__(self, path: str | Path, crop_size: int, attributes: Mapping[str, str], keep: bool = True) -> None:
        self._path, self._crop_size, self._attributes, self._kept = path, crop_size, dict(attributes), keep
        self._ids: list[str] = []
        self._present: list[bool] = []
        self._tracks: list[FaceTrack] = []
        self._digest, self._written = hashlib.sha256(), 0

    def __enter__(self) -> FaceShardWriter:
        with ExitStack() as stack:
            temporary = stack.enter_context(atomic_path(self._path))
            self._file, self._disk = stack.enter_context(new_hdf5(temporary))
            self._crop = self._file.create_dataset("crop", (0,), "u1", chunks=(BLOCK_BYTES,), maxshape=(None,))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        with self._stack:  # closes the file and renames it, or removes it when something is raised here
            if error is not None:
                raise error
            self._finish()

    def add(self, utterance_id: str, present: bool, track: FaceTrack) -> None:
        """Append an utterance. Raises ValueError where the fields of the track differ in length; OSError: no room."""
        count, crops = len(track.time_s), len(track.crops)
        lengths = {len(getattr(track, name)) for name in ("box", "landmarks", "probability", "detected")}
        if lengths != {count} or crops != count * self._kept or (present and not count):
            raise ValueError(
                f"{utterance_id}: {count} frames, {crops} crops, other fields {sorted(lengths)}, present {present}"
            )
        data = b"".join(track.crops)
        self._crop.resize((self._written + len(data),))
        self._crop[self._written :] = np.frombuffer(data, np.uint8)
        self._disk.check()  # rather than decode all that is left for nothing
        self._digest.update(data)
        self._written += len(data)
        self._ids.append(utterance_id)
        self._present.append(present)
        sizes = [len(crop) for crop in track.crops] if self._kept else [0] * count
        self._tracks.append(dataclasses.replace(track, crops=sizes))

    def _finish(self) -> None:
        tracks = [FaceTrack.empty(), *self._tracks]
        tables = {
            "utterance_id": np.asarray(self._ids, dtype=object),
            "present": np.asarray(self._present, dtype=bool),
            "size": np.asarray([(t.width, t.height) for t in self._tracks], dtype=np.int32).reshape(-1, 2),
            "frames_offset": np.cumsum([0, *(len(t.crops) for t in self._tracks)], dtype=np.int64),
            "time_s": np.concatenate([t.time_s for t in tracks]).astype(np.float64),
            "box": np.concatenate([t.box for t in tracks]).astype(np.float32),
            "landmarks": np.concatenate([t.landmarks for t in tracks]).astype(np.float32),
            "probability": np.concatenate([t.probability for t in tracks]).astype(np.float32),
            "detected": np.concatenate([t.detected for t in tracks]).astype(bool),
            "crop_offset": np.cumsum([0, *(size for t in self._tracks for size in t.crops)], dtype=np.int64),
        }
        for name, table in tables.items():
            kind = h5py.string_dtype() if name == "utterance_id" else None
            self._file.create_dataset(name, data=table, dtype=kind)
        self._file.attrs.update({key: str(value) for key, value in sorted(self._attributes.items())})
        self._file.attrs.update({"crop_size": self._crop_size, "keep": self._kept})
        self._file.attrs["crop_sha256"] = self._digest.hexdigest()
        self._file.attrs["sha256"] = _checksum(tables, self._digest.hexdigest())
        self._file.attrs[ABOUT_SHA256] = about_checksum(dict(self._file.attrs))


class FaceShard:
    """A face shard, opened for reading: the tables in memory, the crops on disk. Use it as a context manager.

    Opening verifies the checksum of the tables; `verify` that of the crops too. Raises ShardError naming the file.

    Attributes:
        ids (N,) str, present (N,) bool, size (N, 2), frames_offset (N + 1,), time_s (F,), box (F, 4),
        landmarks (F, 5, 2), probability (F,), detected (F,): as in the file.
        crop_size: height and width of the crops.
        kept: whether it holds crops.
        attributes: what else the writer noted.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            self._file = h5py.File(path, "r")
        except OSError as error:
            raise ShardError(f"{path}: cannot be read as a face shard ({error}); delete it and rerun") from error
        try:
            for name in (*TABLES, "crop"):
                check_size(self._file[name], path)
            tables = {name: self._file[name][()] for name in TABLES if name != "utterance_id"}
            tables["utterance_id"] = self._file["utterance_id"].asstr()[()]
            self._crop = self._file["crop"]
            attributes = dict(self._file.attrs)
            about = attributes.pop(ABOUT_SHA256)
            whole = attributes["sha256"] == _checksum(tables, attributes["crop_sha256"])
            if not whole or about != about_checksum(attributes):
                raise ShardError(f"{path}: contents do not match their checksum; delete it and rerun")
        except ShardError:
            self._file.close()
            raise
        except UNREADABLE as error:
            self._file.close()
            raise ShardError(f"{path}: is not a whole face shard ({error}); delete it and rerun") from error
        self.ids = np.asarray(tables["utterance_id"], dtype=str)
        self.present, self.size, self.frames_offset = tables["present"], tables["size"], tables["frames_offset"]
        self.time_s, self.box, self.landmarks = tables["time_s"], tables["box"], tables["landmarks"]
        self.probability, self.detected = tables["probability"], tables["detected"]
        self._crop_offset = tables["crop_offset"]
        self.crop_size, self.kept = int(attributes["crop_size"]), bool(attributes["keep"])
        self.attributes = {key: str(value) for key, value in attributes.items()}

    def __enter__(self) -> FaceShard:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self.ids)

    def choose(self, i: int, fps: float | None = None) -> np.ndarray:
        """Return the frames (T,) of utterance `i` at `fps`, as places among those that are stored.

        Args:
            i: row of the utterance; T is 0 where it could not be read.
            fps: None gives every stored frame (a grid of 16 per second, by default of the stage before); a lower rate
                gives the stored frames nearest to the middles of intervals of 1 / fps, at least one.
        """
        begin, end = int(self.frames_offset[i]), int(self.frames_offset[i + 1])
        return np.arange(end - begin) if fps is None else nearest(self.time_s[begin:end], fps)

    def read(self, i: int, chosen: np.ndarray, each: Callable[..., Iterable[np.ndarray]] = map) -> np.ndarray:
        """Return RGB crops (T, S, S, 3) uint8 of the frames `chosen` (T,), increasing, of utterance `i`.

        `each` decodes the crops: `map`, or that of an executor. Raises ShardError where a crop is damaged, or the shard
        holds none.
        """
        if not len(chosen):
            return np.zeros((0, self.crop_size, self.crop_size, 3), np.uint8)
        if not self.kept:
            raise ShardError(f"{self.path}: holds no crops (faces.keep is false); cut them with faces.recut")
        offsets = self._crop_offset[int(self.frames_offset[i]) :]
        first, end = int(offsets[chosen[0]]), int(offsets[chosen[-1] + 1])
        data = self._crop[first:end].tobytes()
        crops = [data[offsets[j] - first : offsets[j + 1] - first] for j in chosen]
        return np.stack(list(each(functools.partial(self._decode, i), crops)))

    def frames(self, i: int, fps: float | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return times (T,) seconds and RGB crops (T, S, S, 3) uint8 of utterance `i`, S the crop size, at `fps`."""
        chosen = self.choose(i, fps)
        return self.time_s[int(self.frames_offset[i]) + chosen], self.read(i, chosen)

    def track(self, i: int) -> FaceTrack:
        """Return utterance `i` as it was written, its crops as JPEG, byte for byte."""
        begin, end = int(self.frames_offset[i]), int(self.frames_offset[i + 1])
        rows, offsets = slice(begin, end), self._crop_offset[begin : end + 1].tolist()
        data = self._crop[offsets[0] : offsets[-1]].tobytes()
        crops = [data[a - offsets[0] : b - offsets[0]] for a, b in itertools.pairwise(offsets)]
        width, height = self.size[i].tolist()
        numbers = (self.time_s, self.box, self.landmarks, self.probability, self.detected)
        return FaceTrack(width, height, *(table[rows] for table in numbers), crops=crops if self.kept else ())

    def verify(self) -> None:
        """Read every crop; raise ShardError if the bytes do not match their checksum."""
        digest = hashlib.sha256()
        for begin in range(0, len(self._crop), BLOCK_BYTES):
            digest.update(self._crop[begin : begin + BLOCK_BYTES].tobytes())
        if digest.hexdigest() != self.attributes["crop_sha256"]:
            raise ShardError(f"{self.path}: crops do not match their checksum; delete it and rerun")

    def _decode(self, i: int, data: bytes) -> np.ndarray:
        try:
            crop = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
        except (OSError, SyntaxError) as error:
            raise ShardError(f"{self.path}: a crop of {self.ids[i]} is damaged ({error}); delete and rerun") from error
        if crop.shape != (self.crop_size, self.crop_size, 3):
            raise ShardError(f"{self.path}: a crop of {self.ids[i]} has shape {crop.shape}; delete it and rerun")
        return crop


def nearest(times: np.ndarray, fps: float) -> np.ndarray:
    """Return the rows of `times` (T,), increasing seconds, nearest to the middles of intervals of 1 / `fps`.

    The span is cut into round(span * fps) intervals, at least one; no row is returned twice.
    """
    if not len(times):
        return np.zeros(0, dtype=int)
    step = (times[-1] - times[0]) / max(1, len(times) - 1)
    count = max(1, round((times[-1] - times[0] + step) * fps))
    middles = times[0] + (np.arange(count) + 0.5) / fps if count > 1 else times[[0, -1]].mean(keepdims=True)
    after = np.clip(np.searchsorted(times, middles), 1, max(1, len(times) - 1))
    after = np.minimum(after, len(times) - 1)
    before = np.maximum(after - 1, 0)
    return np.unique(np.where(middles - times[before] <= times[after] - middles, before, after))


def _checksum(tables: Mapping[str, np.ndarray], crop_sha256: str) -> str:
    digest = hashlib.sha256(crop_sha256.encode())
    for name in TABLES:
        table = tables[name]
        if name == "utterance_id":
            digest.update("\n".join(table.tolist()).encode())
        else:
            digest.update(f"{name}{table.dtype}{table.shape}".encode())
            digest.update(np.ascontiguousarray(table).data)
    return digest.hexdigest()
