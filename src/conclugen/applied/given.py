"""Features that are given instead of files: arrays, or feature shards of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike

import numpy as np

from conclugen.applied.errors import ApplyError
from conclugen.applied.exported import Exported
from conclugen.applied.extraction import Features
from conclugen.store.shards import FeatureShard, read_shard

Given = np.ndarray | Sequence[str | PathLike[str]] | str | PathLike[str]


def read(
    features: Mapping[str, Given], exported: Exported, streams: Sequence[str]
) -> tuple[list[str], dict[str, Features]]:
    """Return ids (N,) and the features of each stream, absent for a stream that is not among those given.

    Ids are those of the shards, else the numbers of the rows. Raises ApplyError for a stream that the model does not
    read, another width or backbone than it was trained with, and streams that differ in length or ids.
    """
    if unknown := sorted(features.keys() - set(streams)):
        raise ApplyError(f"features of {unknown[0]}: the model reads {', '.join(streams)}")
    if not features:
        raise ApplyError(f"no features; the model reads {', '.join(streams)}")
    ids: list[str] | None = None
    by_stream = {}
    for name, value in features.items():
        array = isinstance(value, np.ndarray)
        row_ids, by_stream[name] = _of_array(name, value) if array else _of_shards(name, value, exported)
        if by_stream[name].values.shape[1] != exported.streams[name].dim:
            raise ApplyError(
                f"features of {name} have {by_stream[name].values.shape[1]} numbers a row, the model was trained on "
                f"{exported.streams[name].dim}, of {exported.streams[name].backbone}"
            )
        if ids is not None and row_ids != ids:
            raise ApplyError(f"features of {name} are of other utterances, or in another order, than those before")
        ids = row_ids
    for name in streams:
        if name not in by_stream:
            dim = exported.streams[name].dim
            absent = np.zeros((len(ids or []), dim), np.float32), np.zeros(len(ids or []), bool)
            by_stream[name] = Features(*absent, ["not given"] * len(ids or []))
    return ids or [], {name: by_stream[name] for name in streams}


def _of_array(name: str, value: np.ndarray) -> tuple[list[str], Features]:
    if value.ndim != 2 or value.dtype.kind not in "fiu":
        raise ApplyError(f"features of {name}: an array (N, D) of numbers is needed, not {value.dtype}{value.shape}")
    finite = np.isfinite(value)
    present = finite.all(1)
    if (finite.any(1) & ~present).any():
        raise ApplyError(f"features of {name}: {int((finite.any(1) & ~present).sum())} rows have gaps; fill them")
    notes = ["" if row_present else "absent" for row_present in present]
    values = np.where(present[:, None], value, 0).astype(np.float32)
    return [str(row) for row in range(len(value))], Features(values, present, notes)


def _of_shards(
    name: str, value: Sequence[str | PathLike[str]] | str | PathLike[str], exported: Exported
) -> tuple[list[str], Features]:
    paths = [value] if isinstance(value, str | PathLike) else list(value)
    shards: list[FeatureShard] = [read_shard(path) for path in paths]
    if not shards:
        raise ApplyError(f"features of {name}: no shards")
    wanted = exported.streams[name]
    for path, shard in zip(paths, shards, strict=True):
        if shard.attributes.get("stream", name) != name:
            raise ApplyError(f"{path}: holds features of {shard.attributes['stream']}, not of {name}")
        if shard.attributes.get("weights_sha256") != wanted.weights_sha256 and wanted.settings is not None:
            raise ApplyError(
                f"{path}: was made by {shard.attributes.get('backbone')}, the model was trained on {name} of "
                f"{wanted.backbone} with weights {wanted.weights_sha256[:12]}…"
            )
    ids = [utterance_id for shard in shards for utterance_id in shard.utterance_id.tolist()]
    present = np.concatenate([shard.present for shard in shards])
    values = np.concatenate([shard.features for shard in shards]).astype(np.float32)
    return ids, Features(values, present, ["" if row_present else "absent" for row_present in present])
