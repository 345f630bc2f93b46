"""Feature shards: HDF5 files with one vector per utterance, contiguous, checksummed and written atomically."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from conclugen.store.atomic import atomic_path

ABOUT_SHA256 = "about_sha256"
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
    with atomic_path(path) as temporary, h5py.File(temporary, "w") as file:
        file.create_dataset("utterance_id", data=ids.astype(object), dtype=h5py.string_dtype())
        file.create_dataset("features", data=features)
        file.create_dataset("present", data=present)
        file.attrs.update({key: str(value) for key, value in sorted(attributes.items())})
        file.attrs["sha256"] = _checksum(ids, features, present)
        file.attrs[ABOUT_SHA256] = about_checksum(dict(file.attrs))


class Buffer:
    """Memory into which one shard after another is read, for fresh memory takes longer than reading."""

    def __init__(self) -> None:
        self._bytes = np.empty(0, np.uint8)

    def read(self, dataset: h5py.Dataset) -> np.ndarray:
        """Return the dataset's values; they last until the next call."""
        size = dataset.size * dataset.dtype.itemsize
        if len(self._bytes) < size:
            self._bytes = np.empty(size, np.uint8)
        values = self._bytes[:size].view(dataset.dtype).reshape(dataset.shape)
        if size:
            dataset.read_direct(values)
        return values


def read_shard(path: str | Path, verify: bool = True, buffer: Buffer | None = None) -> FeatureShard:
    """Read a shard and, unless told otherwise, verify its checksum. Raises ShardError naming the file.

    With a buffer the features last until the next shard is read into it.
    """
    try:
        with h5py.File(path, "r") as file:
            for name in DATASETS:
                check_size(file[name], path)
            ids = np.asarray(file["utterance_id"].asstr()[:], dtype=str)
            features = (buffer or Buffer()).read(file["features"])
            present = file["present"][:]
            attributes = {key: str(value) for key, value in file.attrs.items()}
    except ShardError:
        raise
    except UNREADABLE as error:
        raise ShardError(f"{path}: cannot be read as a feature shard ({error}); delete it and rerun") from error
    about = attributes.pop(ABOUT_SHA256, None)
    if verify and (
        attributes.get("sha256") != _checksum(ids, features, present) or about != about_checksum(attributes)
    ):
        raise ShardError(f"{path}: contents do not match their checksum; delete it and rerun")
    return FeatureShard(ids, features, present, attributes)


def check_size(dataset: h5py.Dataset, path: str | Path) -> None:
    """Raise ShardError for an uncompressed dataset that claims more bytes than its file holds."""
    if dataset.chunks is None and dataset.nbytes > (held := Path(path).stat().st_size):
        raise ShardError(f"{path}: {dataset.name} claims {dataset.nbytes} bytes in a file of {held}; delete and rerun")


def about_checksum(attributes: Mapping[str, Any]) -> str:
    """Return the sha256 of attributes, its own left out."""
    lines = [f"{key}\t{value}" for key, value in sorted(attributes.items()) if key != ABOUT_SHA256]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _checksum(ids: np.ndarray, features: np.ndarray, present: np.ndarray) -> str:
    digest = hashlib.sha256("\n".join(ids.tolist()).encode())
    digest.update(f"{features.dtype}{features.shape}".encode())
    digest.update(np.ascontiguousarray(features).data)
    digest.update(np.ascontiguousarray(present).data)
    return digest.hexdigest()
