"""Predictions as downstream wrote them, brought into the order of the truth."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from conclugen.evaluation.truth import Truth
from conclugen.store import places
from conclugen.store.tables import read_table


@dataclasses.dataclass(frozen=True)
class Predictions:
    """Scores of one method under one protocol.

    Attributes:
        corpus, preset, method, protocol: from the folder's path.
        streams: those it was given, joined by `+`.
        label_fraction: share of the training labels it learned on.
        seeds: (S,) downstream seeds.
        scores: (S, N, C) on the split of the truth, in the order of the truth.
        without: the same with one modality masked, by modality; empty where the protocol masks none.
        networks: of each seed (and fold), the network it comes from, as `downstream.networks.origin` told it
            (None where there is none); None for predictions that do not tell.
    """

    corpus: str
    preset: str
    method: str
    protocol: str
    streams: str
    label_fraction: float
    seeds: tuple[int, ...]
    scores: np.ndarray
    without: Mapping[str, np.ndarray]
    networks: tuple[Mapping[str, Any] | None, ...] | None


def read(folder: str | Path, truth: Truth) -> Predictions:
    """Read every `seed{n}.parquet` of `…/{corpus}/{preset}/{method}/{protocol}` (or of a `fraction-{f}` in it).

    Raises ValueError when there is none, a class or a test utterance is missing, a file belongs elsewhere, or the
    files disagree about streams.
    """
    folder = Path(folder)
    files = {int(m[1]): p for p in folder.glob("seed*.parquet") if (m := re.fullmatch(r"seed(\d+)", p.stem))}
    if not files:
        raise ValueError(f"{folder}: no seed*.parquet; run its protocol first")
    corpus, preset, method, protocol = places.base_of(folder).resolve().parts[-4:]
    tables, abouts = zip(*(_read_seed(files[seed], truth) for seed in sorted(files)), strict=True)
    kinds = {
        (_streams(about), float(about.get("label_fraction", 1)), tuple(about.get("without", ()))) for about in abouts
    }
    if len(kinds) != 1:
        raise ValueError(f"{folder}: its seeds come from different runs ({sorted(kinds)}); delete them and rerun")
    streams, fraction, masked = kinds.pop()

    def stack(prefix: str) -> np.ndarray:
        columns = [f"{prefix}_{name}" for name in truth.classes]
        return np.stack([table[columns].to_numpy(dtype=np.float32) for table in tables])

    without = {name: stack(f"without_{name}") for name in masked}
    names = (corpus, preset, method, protocol, streams)
    networks = tuple(about["network"] for about in abouts) if all("network" in about for about in abouts) else None
    return Predictions(*names, fraction, tuple(sorted(files)), stack("score"), without, networks)


def read_pooled(folders: Sequence[str | Path], truth: Truth) -> Predictions:
    """Read one folder or, of a data set that is tested by folds, that of each fold, which become one: a seed's scores
    are those of its classifier in each turn.

    Raises ValueError as `read` does, and where there is not a folder for each fold or their seeds differ.
    """
    if not truth.folds:
        [folder] = folders
        return read(folder, truth)
    if len(folders) != len(truth.folds):
        raise ValueError(f"{truth.dataset}: {len(truth.folds)} folds, and {len(folders)} folders of predictions")
    by_fold = [read(folder, of_fold) for folder, of_fold in zip(folders, truth.folds, strict=True)]
    if len({(fold.seeds, fold.streams, fold.label_fraction, tuple(fold.without)) for fold in by_fold}) != 1:
        raise ValueError(f"{folders[0]}: its folds come from different runs; delete them and rerun")
    networks = (
        None if any(fold.networks is None for fold in by_fold) else tuple(n for fold in by_fold for n in fold.networks)
    )
    return dataclasses.replace(
        by_fold[0],
        scores=np.concatenate([fold.scores for fold in by_fold], axis=1),
        without={name: np.concatenate([fold.without[name] for fold in by_fold], axis=1) for name in by_fold[0].without},
        networks=networks,
    )


def _read_seed(path: Path, truth: Truth) -> tuple[pd.DataFrame, dict]:
    """The columns of scores (N, …) in the order of the truth, and what the file says of itself."""
    arrow, about = read_table(path)
    _check_place(path, about)
    table = arrow.to_pandas()
    prefixes = ["score", *(f"without_{name}" for name in about.get("without", ()))]
    columns = [f"{prefix}_{name}" for prefix in prefixes for name in truth.classes]
    if missing := [column for column in columns if column not in table.columns]:
        raise ValueError(f"{path}: columns {missing} are missing")
    table = table[table["split"] == truth.split].set_index("utterance_id")
    if lost := sorted(set(truth.ids) - set(table.index)):
        raise ValueError(f"{path}: {len(lost)} {truth.split} utterances have no prediction, such as {lost[:3]}")
    return table.loc[truth.ids, columns], about


def _check_place(path: Path, about: dict) -> None:
    """Raise ValueError for a file that says that it belongs elsewhere."""
    place = (places.of_predictions(path.parent), int(path.stem.removeprefix("seed")))
    written = (about.get("place", place[0]) if place[0] else "", about.get("seed", place[1]))
    if written != place:
        raise ValueError(
            f"{path}: holds the predictions of {written[0] or 'another run'}, seed {written[1]}; delete it and rerun"
        )


def _streams(about: dict) -> str:
    return "+".join(stream for streams in about.get("streams", {}).values() for stream in streams)
