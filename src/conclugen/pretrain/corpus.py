"""The corpus that is pretrained on: its features in memory, and which rows train and which validate."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import torch

from conclugen.data.cross_validation import recast, together
from conclugen.pretrain.settings import Given
from conclugen.store.resident import Resident, load, load_modalities
from conclugen.store.seals import check_seal
from conclugen.store.tables import read_table

COLUMNS = ("utterance_id", "split", "group")
DESCRIBED = ("backbone", "weights_sha256", "beside_sha256")


class CorpusError(ValueError):
    """A corpus that cannot be pretrained on."""


@dataclasses.dataclass(frozen=True)
class Corpus:
    """Attributes:
    data: by modality, features (N, D) or, with augmented views, (N, K, D), and present (N,).
    train, valid: row numbers, (n,) int64, ascending.
    streams: by stream, where its features come from.
    checksum: of ids, splits and features.
    """

    data: Resident
    train: torch.Tensor
    valid: torch.Tensor
    streams: dict[str, dict[str, str]]
    checksum: str

    @property
    def input_dims(self) -> dict[str, int]:
        """By modality, the width of its vectors."""
        return {name: value.shape[-1] for name, value in self.data.features.items()}


def load_corpus(splits: str | Path, features: Mapping[str, Sequence[str]], settings: Given) -> Corpus:
    """Load the training and validation utterances of a corpus; no other row leaves its shard.

    Args:
        splits: the manifest (parquet), or a CSV with its columns utterance_id, split and group.
        features: by stream, its shards.

    Raises CorpusError when a stream has no shards or no utterance is left to train on.
    """
    table = choose(in_turn(read_splits(splits), settings), settings)
    wanted = {m: [_stream(s, settings) for s in streams] for m, streams in settings.modalities.items()}
    shards = {}
    for stream in dict.fromkeys(s for streams in wanted.values() for s in streams):
        if not features.get(stream):
            raise CorpusError(_no_stream(stream, settings))
        shards[stream] = sorted(features[stream])
    ids = table["utterance_id"].tolist()
    views = settings.views
    data = _views(load(shards, ids), wanted, views) if views else load_modalities(shards, wanted, ids)
    any_modality = torch.stack(list(data.present.values())).any(0).numpy()
    held = table["held"].to_numpy()
    train, valid = (torch.from_numpy(np.flatnonzero(any_modality & rows)) for rows in (~held, held))
    if not len(train):
        raise CorpusError(f"{settings.corpus}: no utterance of splits {list(settings.splits)} has any modality")
    described = {stream: _attributes(paths[0]) for stream, paths in shards.items()}
    return Corpus(data, train, valid, described, _checksum(table, shards))


def read_splits(path: str | Path) -> pd.DataFrame:
    """Return the columns utterance_id, split and group of a manifest (parquet) or of a CSV, as text, in id order.

    Raises SealError for a CSV that is not what the plan wrote.
    """
    path = Path(path)
    if path.suffix == ".parquet":
        table = read_table(path, COLUMNS)[0].to_pandas()
    else:
        check_seal(path)
        table = pd.read_csv(path, dtype=str, keep_default_na=False, usecols=list(COLUMNS))
    table["group"] = table["group"].where(table["group"].notna() & (table["group"] != ""), table["utterance_id"])
    return table.astype(str).sort_values("utterance_id").reset_index(drop=True)


def in_turn(table: pd.DataFrame, settings: Given) -> pd.DataFrame:
    """Return the rows with splits in place of folds: of the fold whose turn it is, nothing is learned from; for a
    corpus that is nobody's test set all folds are `train`."""
    splits = table["split"].tolist()
    if settings.fold is not None:
        return table.assign(split=recast(splits, table["group"].tolist(), settings.fold))
    return table.assign(split=together(splits))


def choose(table: pd.DataFrame, settings: Given) -> pd.DataFrame:
    """Return the rows that train and, marked `held`, those that validate.

    Those that train are of the splits asked for; a corpus without any, such as a folder of clips without a table, is
    learned from its utterances of no fold. Validation rows are the split `valid`; where there is none, the groups whose
    hash falls below the fraction asked for, so that no video lies on both sides.
    """
    train, valid = table["split"].isin(settings.splits), table["split"] == "valid"
    if not train.any():
        train = table["split"] == "none"
    if not valid.any() and settings.validation_fraction > 0:
        held = train & (table["group"].map(_share) < settings.validation_fraction)
        valid = held if (train & ~held).any() else valid
    chosen = table[train | valid].copy()
    chosen["held"] = valid[train | valid]
    return chosen.reset_index(drop=True)


def _share(group: str) -> float:
    """A number in [0, 1) that depends on the name alone."""
    return int.from_bytes(hashlib.sha256(group.encode()).digest()[:8], "big") / 2**64


def _stream(name: str, settings: Given) -> str:
    return f"{name}_views" if settings.views else name


def _no_stream(stream: str, settings: Given) -> str:
    if settings.views:
        return (
            f"{settings.method} compares augmented views of a clip, and {settings.corpus} has none: it needs the "
            f"stream {stream}, whose vectors are {settings.views} views side by side"
        )
    return f"{settings.method} needs the stream {stream}; --features names no shard of it"


def _views(resident: Resident, wanted: Mapping[str, Sequence[str]], views: int) -> Resident:
    """Join streams of (N, K * D) into modalities (N, K, sum of D). Raises CorpusError where K does not divide them."""
    features, present = {}, {}
    for modality, streams in wanted.items():
        for stream in streams:
            if resident.features[stream].shape[1] % views:
                raise CorpusError(f"stream {stream}: {resident.features[stream].shape[1]} values are not {views} views")
        parts = [resident.features[s].reshape(len(resident), views, -1) for s in streams]
        features[modality] = torch.cat(parts, dim=2)
        present[modality] = torch.stack([resident.present[s] for s in streams]).all(0)
    return Resident(resident.ids, features, present)


def _attributes(shard: str | Path) -> dict[str, str]:
    with h5py.File(shard, "r") as file:
        return {key: str(file.attrs[key]) for key in DESCRIBED if key in file.attrs}


def _checksum(table: pd.DataFrame, shards: Mapping[str, Sequence[str | Path]]) -> str:
    digest = hashlib.sha256()
    for row in table.itertuples(index=False):
        digest.update(f"{row.utterance_id}\t{row.held}\n".encode())
    for stream, paths in sorted(shards.items()):
        for path in paths:
            with h5py.File(path, "r") as file:
                digest.update(f"{stream}\t{file.attrs['sha256']}\n".encode())
    return digest.hexdigest()
