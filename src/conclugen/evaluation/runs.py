"""Finished runs that differ in one thing, such as a backbone, on the same test labels: their rows side by side.

No stage: runs of other configurations lie in other folders, and `conclugen compare` reads what they left. Differences
are to the first run, row by row and paired by resample; Holm's correction is over all of them.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from conclugen.evaluation import pretext
from conclugen.evaluation.cells import cell, read_table
from conclugen.evaluation.estimates import CHANCE, Difference, Estimate
from conclugen.evaluation.inference import holm
from conclugen.evaluation.scores import Score, Scores, best_chance, read_one
from conclugen.evaluation.table import chance_cells, group_cells, untrained_cells, untrained_of

Key = tuple[str, ...]
TOLD = ("data", "contaminated")  # columns of a run's table that its scores do not say


class RunsError(ValueError):
    """Runs that cannot stand side by side, or one that is not whole."""


@dataclasses.dataclass(frozen=True)
class Run:
    """A finished run: its name, its scores, and of each row of its table, in order, what scores do not say."""

    name: str
    scores: Scores
    rows: dict[Key, dict[str, str]]

    @functools.cached_property
    def measured(self) -> dict[Key, Score]:
        """The rows of the table by what they are called, chance rows left out."""
        by_key = {key_of(score): score for score in self.scores.rows}
        return {key: by_key[key] for key in self.rows}


def key_of(row: Score) -> Key:
    """Return what a row is called."""
    return tuple(row.names.values())


def read(folder: Path, table: str) -> Run:
    """Return the run whose `results` lie in a folder, or a copy of its `tables` and `scores`; it is called as that is.

    Raises RunsError where its table or the scores that this is a view of are not there.
    """
    whole, chance = folder / "tables" / f"{table}.full.csv", folder / "scores" / table / "chance.test.npz"
    for path in (whole, chance):
        if not path.is_file():
            raise RunsError(f"{path}: is not there; make results/tables/{table}.csv, and keep tables and scores of it")
    scores = read_one([chance, *sorted(chance.parent.glob("*/*/*/*/test.npz"))])
    by_key = {key_of(score): score for score in scores.rows}
    rows, metric = {}, scores.split.headline
    for row in read_table(whole):
        key = tuple(row[name] for name in ("method", "protocol", "streams", "preset", "corpus"))
        if row["protocol"] == CHANCE:
            continue
        if key not in by_key or cell(by_key[key].headline.value) != row[metric]:
            raise RunsError(
                f"{whole}: {row['method']} ({row['protocol']}) is not of the scores beside it; make it again"
            )
        rows[key] = {name: row[name] for name in TOLD}
    return Run(folder.resolve().name, scores, rows)


def build(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """Return the chance rows, which all runs share, then each row of a table once per run, the first run first.

    Raises RunsError for fewer than two runs, names that are not unique, and runs on other test labels.
    """
    _require_alike(runs)
    first, best = runs[0].measured, best_chance(runs[0].scores.chance)
    rows = [_cells(runs[0], score, dict.fromkeys(TOLD, "")) for score in runs[0].scores.chance]
    places = [(run, score) for run in runs for score in run.measured.values()]
    order = {key: place for place, key in enumerate(dict.fromkeys(key_of(score) for _, score in places))}
    for run, score in sorted(places, key=lambda place: order[key_of(place[1])]):
        rows.append(_cells(run, score, run.rows[key_of(score)]))
        rows[-1] |= chance_cells(score.headline, best)
        rows[-1] |= untrained_cells(score.headline, untrained_of(score, list(run.measured.values())))
        gap = _gap(score.headline, first[key_of(score)].headline if key_of(score) in first else None)
        rows[-1] |= {"minus_first": gap.value, "minus_first_lo": gap.low, "minus_first_hi": gap.high, "p": gap.p}
        rows[-1] |= {"p_holm": math.nan, "detectable_vs_first": gap.detectable} | pretext.cells(score.networks)
    columns = dict.fromkeys(name for row in rows for name in row)
    adjusted = holm(np.array([row.get("p", math.nan) for row in rows], dtype=float))
    return [dict.fromkeys(columns) | row | {"p_holm": p} for row, p in zip(rows, adjusted.tolist(), strict=True)]


def _gap(estimate: Estimate, other: Estimate | None) -> Difference:
    """How a row differs from that of the first run; one that scores the same in every resample, since what differs is
    no part of it, is not tested, and makes no family of tests larger."""
    if other is None or other is estimate or not np.array_equal(estimate.drawn, other.drawn, equal_nan=True):
        return estimate.against(other)
    return Difference(0.0)


def _require_alike(runs: Sequence[Run]) -> None:
    """Raise RunsError where runs cannot be compared."""
    names = [run.name for run in runs]
    if len(set(names)) != len(names) or len(runs) < 2:
        raise RunsError(f"the folders of runs are called {', '.join(names)}; give two or more, called differently")
    split, chance = runs[0].scores.split, runs[0].scores.chance
    for run in runs[1:]:
        # Chance rows are drawn from the test labels and nothing else, so the same ones come of the same labels.
        others = run.scores.chance
        same = len(chance) == len(others) and repr(split) == repr(run.scores.split)
        if not same or not all(
            np.array_equal(score.headline.drawn, other.headline.drawn, equal_nan=True)
            for score, other in zip(chance, others, strict=True)
        ):
            raise RunsError(f"{run.name} was measured on other test labels, or with other resamples, than {names[0]}")


def _cells(run: Run, score: Score, table_cells: dict[str, str]) -> dict[str, Any]:
    """What a row is, and its headline metric."""
    low, high = score.headline.interval()
    cells = {"run": run.name if score.protocol != CHANCE else "", "method": score.method, "protocol": score.protocol}
    cells |= {"streams": score.streams} | table_cells | {"seeds": score.seeds, "n_test": run.scores.split.count}
    cells |= group_cells(score, run.scores.split)
    return cells | {"metric": score.headline.metric, "value": score.headline.value, "value_lo": low, "value_hi": high}
