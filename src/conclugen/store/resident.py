"""Features of a whole data set as tensors in memory: what stage two trains on."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch

from conclugen.store.shards import Buffer, ShardError, open_shard


@dataclasses.dataclass(frozen=True)
class Resident:
    """ids (N,); by name, features (N, D) and present (N,) bool. Absent rows are zero."""

    ids: np.ndarray
    features: dict[str, torch.Tensor]
    present: dict[str, torch.Tensor]

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, index: torch.Tensor) -> Resident:
        """Return the utterances at `index` (M,)."""
        return Resident(
            self.ids[index.cpu().numpy()],
            {name: value[index] for name, value in self.features.items()},
            {name: value[index] for name, value in self.present.items()},
        )

    def to(self, device: torch.device, dtype: torch.dtype | None = None) -> Resident:
        """Move (and convert the features) to a device."""
        return Resident(
            self.ids,
            {name: value.to(device, dtype) for name, value in self.features.items()},
            {name: value.to(device) for name, value in self.present.items()},
        )


def load(shards: Mapping[str, Sequence[str | Path]], ids: Sequence[str]) -> Resident:
    """Load the shards of each stream and bring them into the order of `ids`.

    Memory: one copy of the features, the ids of one shard per thread (PyTorch's number) and a block of its rows. Raises
    ShardError when a shard lacks an utterance or is of another stream, or shards of a stream differ in dimension or
    backbone.
    """
    return load_modalities(shards, {stream: (stream,) for stream in shards}, ids)


def load_modalities(
    shards: Mapping[str, Sequence[str | Path]], joined: Mapping[str, Sequence[str]], ids: Sequence[str]
) -> Resident:
    """Load streams joined into modalities, e.g. `{"video": ("frames2d", "frames3d")}` gives (N, D2 + D3).

    A modality is present where all its streams are; elsewhere it is zero. Memory and errors as for `load`: each stream
    is read straight into its columns.
    """
    position = {utterance: row for row, utterance in enumerate(ids)}
    features, present = {}, {}
    for name, streams in joined.items():
        kinds = [_first(stream, shards[stream], len(ids)) for stream in streams]
        ends = np.cumsum([dim for dim, _ in kinds]).tolist()
        values = np.zeros((len(ids), ends[-1]), np.result_type(*(dtype for _, dtype in kinds)))
        complete = np.ones(len(ids), bool)
        for stream, (dim, _), end in zip(streams, kinds, ends, strict=True):
            complete &= _read_into(values[:, end - dim : end], stream, shards[stream], position)
        values[~complete] = 0
        features[name], present[name] = torch.from_numpy(values), torch.from_numpy(complete)
    return Resident(np.asarray(ids, dtype=str), features, present)


def _first(stream: str, paths: Sequence[str | Path], count: int) -> tuple[int, np.dtype]:
    """Width and type of a stream, as its first shard has them. Of that shard no more is read."""
    if not paths:
        raise ShardError(f"stream {stream}: {count} of {count} utterances are in no shard")
    try:
        with h5py.File(paths[0], "r") as file:
            return file["features"].shape[1], file["features"].dtype
    except (OSError, KeyError) as error:
        raise ShardError(f"{paths[0]}: cannot be read as a feature shard ({error}); delete it and rerun") from error


def _read_into(values: np.ndarray, stream: str, paths: Sequence[str | Path], position: Mapping[str, int]) -> np.ndarray:
    """Fill the rows of `values` (N, D) from the shards of a stream, and return which are present (N,)."""
    present, seen, mine = np.zeros(len(position), bool), np.zeros(len(position), bool), threading.local()

    def read(path: str | Path) -> tuple[Any, ...]:
        if not hasattr(mine, "buffer"):
            mine.buffer = Buffer()
        with open_shard(path) as shard:
            if (written := shard.attributes.get("stream", stream)) != stream:
                raise ShardError(
                    f"{path}: holds features of the stream {written}, not of {stream}; delete it and rerun"
                )
            places = np.fromiter((position.get(name, -1) for name in shard.utterance_id.tolist()), int, shard.shape[0])
            described = (shard.shape[1], shard.dtype, shard.attributes.get("weights_sha256"))
            for part, features in shard.blocks(mine.buffer):
                rows, kept = places[part], places[part] >= 0
                if described[0] == values.shape[1]:
                    values[rows[kept]] = features if kept.all() else features[kept]
            known = places >= 0
            present[places[known]], seen[places[known]] = shard.present[known], True
        return described

    # Checksums, conversion and fresh memory take longer than reading; all leave Python's lock to other threads.
    with ThreadPoolExecutor(torch.get_num_threads()) as pool:
        kinds = list(pool.map(read, paths))
    for path, kind in zip(paths, kinds, strict=True):
        if kind != kinds[0]:
            raise ShardError(f"{path}: {kind} differs from the other shards of {stream}: {kinds[0]}")
    if not seen.all():
        raise ShardError(f"stream {stream}: {int((~seen).sum())} of {len(position)} utterances are in no shard")
    return present
