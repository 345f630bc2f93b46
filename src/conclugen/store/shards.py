"""Feature shards: HDF5 files with one vector per utterance, contiguous, checksummed and written atomically."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from conclugen.store.atomic import atomic_path
from conclugen.store.new_hdf5 import new_hdf5

ABOUT_SHA256 = "about_sha256"
BLOCK = 1 << 22  # numbers that are read or written at once: 16 MB as float32
DATASETS = ("utterance_id", "features", "present")
UNREADABLE = (OSError, KeyError, RuntimeError, TypeError, ValueError, AttributeError, MemoryError)  # by damaged HDF5


class ShardError(RuntimeError):
    """A shard that is truncated, altered or malformed."""


@dataclasses.dataclass(frozen=True)
class FeatureShard:
    """ids (N,), features (N, D) float16 or float32, present (N,) bool; absent rows are zero."""

    utterance_id: np.ndarray
    features: np.ndarray
    present: np.ndarray
    attributes: dict[str, str]


def by_stream(paths: Iterable[str | Path]) -> dict[str, list[Path]]:
    """Return feature shards by stream, which is the name of the folder that they lie in.

    >>> by_stream(["features/mosei/text/0000.h5"])
    {'text': [PosixPath('features/mosei/text/0000.h5')]}
    """
    shards: dict[str, list[Path]] = {}
    for path in map(Path, paths):
        shards.setdefault(path.parent.name, []).append(path)
    return shards


def write_shard(
    path: str | Path,
    utterance_id: Sequence[str],
    features: np.ndarray,
    present: np.ndarray,
    attributes: Mapping[str, str],
) -> None:
    """Write features (N, D) of N utterances. Rows that are not present are zeroed.

    Raises ValueError for wrong shapes or types and for a present row that is not finite.
    """
    ids, present = np.asarray(utterance_id, dtype=str), np.asarray(present, dtype=bool)
    if features.ndim != 2 or features.shape[0] != len(ids) or present.shape != (len(ids),):
        raise ValueError(f"shapes differ: {len(ids)} ids, features {features.shape}, present {present.shape}")
    if features.dtype not in (np.float16, np.float32):
        raise ValueError(f"features are {features.dtype}; a shard holds float16 or float32")
    features = np.where(present[:, None], features, features.dtype.type(0))
    if not np.isfinite(features).all():
        raise ValueError("a present utterance has features that are not finite")
    with atomic_path(path) as temporary, new_hdf5(temporary) as (file, _):
        file.create_dataset("utterance_id", data=ids.astype(object), dtype=h5py.string_dtype())
        file.create_dataset("features", data=features)
        digest = Digest(ids.tolist(), features.dtype, features.shape)
        digest.update(features)
        describe(file, present, attributes, digest)


def describe(file: h5py.File, present: np.ndarray, attributes: Mapping[str, str], digest: Digest) -> None:
    """Complete a shard whose ids and features are written and digested."""
    file.create_dataset("present", data=present)
    file.attrs.update({key: str(value) for key, value in sorted(attributes.items())})
    file.attrs["sha256"] = digest.end(present)
    file.attrs[ABOUT_SHA256] = about_checksum(dict(file.attrs))


def row_blocks(count: int, width: int) -> Iterator[slice]:
    """Slices of the rows of features (`count`, `width`), of at most `BLOCK` numbers or of one row."""
    rows = max(1, BLOCK // max(1, width))
    return (slice(start, min(start + rows, count)) for start in range(0, count, rows))


class Buffer:
    """Memory into which one shard after another is read, for fresh memory takes longer than reading."""

    def __init__(self) -> None:
        self._bytes = np.empty(0, np.uint8)

    def read(self, dataset: h5py.Dataset, rows: slice) -> np.ndarray:
        """Return these rows of the dataset; they last until the next call."""
        shape = (rows.stop - rows.start, *dataset.shape[1:])
        size = math.prod(shape) * dataset.dtype.itemsize
        if len(self._bytes) < size:
            self._bytes = np.empty(size, np.uint8)
        values = self._bytes[:size].view(dataset.dtype).reshape(shape)
        if size:
            dataset.read_direct(values, rows)
        return values


def read_shard(path: str | Path) -> FeatureShard:
    """Read a shard and verify its checksum. Raises ShardError naming the file."""
    with open_shard(path) as shard:
        with _readable(path):
            features = np.empty(shard.shape, shard.dtype)
        for rows, values in shard.blocks():
            features[rows] = values
    return FeatureShard(shard.utterance_id, features, shard.present, shard.attributes)


@contextlib.contextmanager
def open_shard(path: str | Path) -> Iterator[OpenShard]:
    """Open a shard to read its features a block at a time. Raises ShardError naming the file."""
    with contextlib.ExitStack() as stack:
        with _readable(path):
            shard = OpenShard(stack.enter_context(h5py.File(path, "r")), path)
        yield shard


@contextlib.contextmanager
def _readable(path: str | Path) -> Iterator[None]:
    """Turn what damaged files raise into a ShardError."""
    try:
        yield
    except ShardError:
        raise
    except UNREADABLE as error:
        raise ShardError(f"{path}: cannot be read as a feature shard ({error}); delete it and rerun") from error


class OpenShard:
    """A shard of which ids (N,), present (N,), attributes, `shape` (N, D) and `dtype` are read; its features wait."""

    def __init__(self, file: h5py.File, path: str | Path) -> None:
        for name in DATASETS:
            check_size(file[name], path)
        self._path, self._features = path, file["features"]
        self.utterance_id = np.asarray(file["utterance_id"].asstr()[:], dtype=str)
        self.present = file["present"][:]
        self.attributes = {key: str(value) for key, value in file.attrs.items()}
        self._about = self.attributes.pop(ABOUT_SHA256, None)
        self.shape, self.dtype = self._features.shape, self._features.dtype
        if not len(self.utterance_id) == len(self.present) == self.shape[0]:
            raise ShardError(f"{path}: ids, features and present differ in length; delete it and rerun")

    def blocks(self, buffer: Buffer | None = None) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield (rows, features (n, D)) one after the other, each until the next is asked for.

        Raises ShardError at the end where the shard is not as it was written.
        """
        buffer = buffer or Buffer()
        digest = Digest(self.utterance_id.tolist(), self.dtype, self.shape)
        for rows in row_blocks(*self.shape):
            with _readable(self._path):
                values = buffer.read(self._features, rows)
            digest.update(values)
            yield rows, values
        whole = self.attributes.get("sha256") == digest.end(self.present)
        if not whole or self._about != about_checksum(self.attributes):
            raise ShardError(f"{self._path}: contents do not match their checksum; delete it and rerun")


def check_size(dataset: h5py.Dataset, path: str | Path) -> None:
    """Raise ShardError for an uncompressed dataset that claims more bytes than its file holds."""
    if dataset.chunks is None and dataset.nbytes > (held := Path(path).stat().st_size):
        raise ShardError(f"{path}: {dataset.name} claims {dataset.nbytes} bytes in a file of {held}; delete and rerun")


def about_checksum(attributes: Mapping[str, Any]) -> str:
    """Return the sha256 of attributes, its own left out."""
    lines = [f"{key}\t{value}" for key, value in sorted(attributes.items()) if key != ABOUT_SHA256]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


class Digest:
    """The sha256 of a shard's contents, its features a block of rows at a time."""

    def __init__(self, ids: Sequence[str], dtype: np.dtype, shape: tuple[int, ...]) -> None:
        self._digest = hashlib.sha256("\n".join(ids).encode())
        self._digest.update(f"{dtype}{shape}".encode())

    def update(self, features: np.ndarray) -> None:
        """Take in the next rows (n, D)."""
        self._digest.update(np.ascontiguousarray(features).data)

    def end(self, present: np.ndarray) -> str:
        """Take in which rows are present (N,) and return the digest."""
        self._digest.update(np.ascontiguousarray(present).data)
        return self._digest.hexdigest()
