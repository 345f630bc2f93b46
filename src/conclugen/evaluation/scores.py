"""What was measured of predictions on a split: all that tables, figures and pages are made of.

`score.py` measures and writes; whoever reads opens no prediction and no manifest. A file holds the rows of one folder
of predictions, which is one, or the chance rows of a split.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from conclugen.evaluation.estimates import CHANCE, Estimate
from conclugen.evaluation.inference import Groups
from conclugen.evaluation.metrics import HEADLINE, best
from conclugen.store.arrays import read_arrays, write_arrays

FOLDER = "scores"  # of all scores
NAMES = ("corpus", "preset", "method", "protocol", "streams", "label_fraction", "networks")
Interval = tuple[float, float, float]  # the value of a metric and the ends of its interval


@dataclasses.dataclass(frozen=True)
class Split:
    """The split that was measured on.

    Attributes:
        dataset, adapter, task, classes: as in `truth.Truth`.
        split: `test` or `valid`.
        level: of all intervals and tests.
        count, groups: its utterances with a label, and their groups.
        known, support: by class, how many utterances have a label, and how many have the class; `support` of sentiment
            is by its seven classes.
        priors: (C,) as in `truth.Truth`.
        median: of the training split's sentiment; NaN for classes.
    """

    dataset: str
    adapter: str
    task: str
    classes: tuple[str, ...]
    split: str
    level: float
    count: int
    groups: Groups
    known: tuple[int, ...]
    support: tuple[int, ...]
    priors: tuple[float, ...]
    median: float

    @property
    def headline(self) -> str:
        """The name of the headline metric."""
        return HEADLINE[self.task]


@dataclasses.dataclass(frozen=True, eq=False)
class Score:
    """One row: a method under a protocol, or a chance row.

    Attributes:
        corpus, preset, method, protocol, streams, networks: as in `predictions.Predictions`; a chance row has a method
            and `chance` for its protocol.
        label_fraction: share of the training labels it learned on; None for a chance row.
        headline: the headline metric, with its resamples: what differences and tests are made of.
        metrics: by metric, its value and interval.
        classes: the same by class, in the order of the split's.
        masked: the headline metric with one modality masked, by modality.
        drawn: what figures are drawn from (`picture.py`), by name.
    """

    corpus: str
    preset: str
    method: str
    protocol: str
    streams: str
    label_fraction: float | None
    networks: Sequence[Mapping[str, Any] | None] | None
    headline: Estimate
    metrics: Mapping[str, Interval]
    classes: Sequence[Mapping[str, Interval]] = ()
    masked: Mapping[str, Estimate] = dataclasses.field(default_factory=dict)
    drawn: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)

    @property
    def seeds(self) -> int:
        """How many seeds it was measured with."""
        return len(self.headline.by_seed)

    @property
    def names(self) -> dict[str, str]:
        """What it is called in a table, column by column."""
        return {name: getattr(self, name) for name in ("method", "protocol", "streams", "preset", "corpus")}


File = tuple[Path, Split, list[Score]]


@dataclasses.dataclass(frozen=True, eq=False)
class Scores:
    """Rows measured on one split of a data set: those of chance, and the others."""

    split: Split
    chance: Sequence[Score]
    rows: Sequence[Score]


def write(path: str | Path, split: Split, rows: Sequence[Score]) -> None:
    """Write rows and the split that they were measured on."""
    arrays, about_rows = {}, []
    for number, row in enumerate(rows):
        estimates = [row.headline, *row.masked.values()]
        arrays[f"{number}.by_seed"] = np.stack([estimate.by_seed for estimate in estimates])  # (1 + masks, S)
        arrays[f"{number}.resampled"] = np.stack([estimate.drawn for estimate in estimates])  # (1 + masks, S, R)
        arrays |= {f"{number}.drawn.{name}": values for name, values in row.drawn.items()}
        about = {name: getattr(row, name) for name in NAMES}
        about_rows.append(about | {"metrics": row.metrics, "classes": row.classes, "masked": list(row.masked)})
    place = place_of(Path(path))
    write_arrays(path, arrays, {"split": dataclasses.asdict(split), "rows": about_rows, "place": place})


def read(path: str | Path) -> tuple[Split, list[Score]]:
    """Return the split and the rows of a file. Raises ValueError for one that belongs elsewhere, and ArraysError."""
    arrays, about = read_arrays(path)
    place = place_of(Path(path))
    if place and about["place"] not in ("", place):
        raise ValueError(f"{path}: holds the scores of {about['place']}; delete it and rerun")
    split = _split(about["split"])
    return split, [_row(about_row, number, arrays, split) for number, about_row in enumerate(about["rows"])]


def read_files(paths: Sequence[Path]) -> list[File]:
    """Return the path of each file of scores, its split and its rows."""
    return [(path, *read(path)) for path in paths]


def together(files: Sequence[File]) -> list[Scores]:
    """Return the scores of files by data set and split, in the order in which they first come.

    Raises ValueError where a data set has no chance rows, or its files were measured on different splits.
    """
    groups: dict[tuple[str, str], list[File]] = {}
    for file in files:
        groups.setdefault((file[1].dataset, file[1].split), []).append(file)
    return [_together(of_split) for of_split in groups.values()]


def read_one(paths: Sequence[Path]) -> Scores:
    """Return the scores of files of one data set and split. Raises ValueError where they are of several."""
    splits = together(read_files(paths))
    if len(splits) != 1:
        named = sorted(f"{scores.split.dataset} ({scores.split.split})" for scores in splits)
        raise ValueError(f"the scores are of {', '.join(named)}; a table of one data set reads those of one")
    return splits[0]


def place_of(path: Path) -> str:
    """Return where a file of scores lies in the folder of all scores, without its ending; empty elsewhere."""
    parts = Path(os.path.abspath(path)).with_suffix("").parts
    places = [place for place, part in enumerate(parts) if part == FOLDER]
    return "/".join(parts[places[-1] + 1 :]) if places else ""


def best_chance(rows: Sequence[Score]) -> Estimate:
    """Return the headline metric of the best chance row: what others have to beat."""
    estimates = [row.headline for row in rows]
    value = best((estimate.value for estimate in estimates), estimates[0].metric)
    return next((estimate for estimate in estimates if estimate.value == value), estimates[0])


def _together(files: Sequence[File]) -> Scores:
    first, split, _ = files[0]
    for path, other, _ in files:
        if repr(other) != repr(split):  # in words, since NaN differs from itself
            raise ValueError(f"{path}: measured on another {other.split} split than {first}; delete both and rerun")
    rows = [row for _, _, rows in files for row in rows]
    chance = [row for row in rows if row.protocol == CHANCE]
    if not chance:
        raise ValueError(f"{split.dataset}: no chance rows are given for its {split.split} split")
    return Scores(split, chance, [row for row in rows if row.protocol != CHANCE])


def _split(about: Mapping[str, Any]) -> Split:
    tuples = {name: tuple(about[name]) for name in ("classes", "known", "support", "priors")}
    return Split(**{**about, **tuples, "groups": Groups(**about["groups"])})


def _row(about: Mapping[str, Any], number: int, arrays: Mapping[str, np.ndarray], split: Split) -> Score:
    trained = about["protocol"] != CHANCE
    headline, *masked = (
        Estimate(split.headline, by_seed, drawn, split.level, split.groups, trained)
        for by_seed, drawn in zip(arrays[f"{number}.by_seed"], arrays[f"{number}.resampled"], strict=True)
    )
    prefix = f"{number}.drawn."
    return Score(
        **{name: about[name] for name in NAMES},
        headline=headline,
        metrics={name: tuple(values) for name, values in about["metrics"].items()},
        classes=[{name: tuple(values) for name, values in of_class.items()} for of_class in about["classes"]],
        masked=dict(zip(about["masked"], masked, strict=True)),
        drawn={name.removeprefix(prefix): values for name, values in arrays.items() if name.startswith(prefix)},
    )
