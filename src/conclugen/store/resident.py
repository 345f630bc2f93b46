"""Features of a whole data set as tensors in memory: what stage two trains on."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from conclugen.store.shards import ShardError, read_shard


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

    Memory: one copy of the features plus one shard. Raises ShardError when a shard lacks an utterance or shards of a
    stream differ in dimension or backbone.
    """
    position = {utterance: row for row, utterance in enumerate(ids)}
    features, present = {}, {}
    for stream, paths in shards.items():
        features[stream], present[stream] = _load_stream(stream, paths, position)
    return Resident(np.asarray(ids, dtype=str), features, present)


def _load_stream(
    stream: str, paths: Sequence[str | Path], position: Mapping[str, int]
) -> tuple[torch.Tensor, torch.Tensor]:
    values, present, seen, kind = None, np.zeros(len(position), bool), np.zeros(len(position), bool), None
    for path in paths:
        shard = read_shard(path)
        described = (shard.features.shape[1], shard.features.dtype, shard.attributes.get("weights_sha256"))
        if values is None:
            kind, values = described, np.zeros((len(position), described[0]), shard.features.dtype)
        elif described != kind:
            raise ShardError(f"{path}: {described} differs from the other shards of {stream}: {kind}")
        kept = np.asarray([i for i, name in enumerate(shard.utterance_id) if name in position], dtype=int)
        rows = np.asarray([position[name] for name in shard.utterance_id[kept]], dtype=int)
        values[rows], present[rows], seen[rows] = shard.features[kept], shard.present[kept], True
    if values is None or not seen.all():
        raise ShardError(f"stream {stream}: {int((~seen).sum())} of {len(position)} utterances are in no shard")
    return torch.from_numpy(values), torch.from_numpy(present)


def modalities(resident: Resident, joined: Mapping[str, Sequence[str]]) -> Resident:
    """Join streams into modalities by concatenation, e.g. `{"video": ("frames2d", "frames3d")}` gives (N, D2 + D3).

    A modality is present where all its streams are; elsewhere it is zero.
    """
    features, present = {}, {}
    for name, streams in joined.items():
        here = torch.stack([resident.present[s] for s in streams]).all(0)
        value = torch.cat([resident.features[s] for s in streams], dim=1)
        features[name], present[name] = value * here[:, None].to(value.dtype), here
    return Resident(resident.ids, features, present)
