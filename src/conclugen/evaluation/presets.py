"""Presets compared on the same data under the same protocol: validation, on which one may choose, and test beside it.

Entry module. A row per data set, method and preset, after the chance rows of the data set. `chosen` marks the preset
with the highest validation score of its data set and method; the test score plays no part in it. Differences are to the
first preset, paired by resample; Holm's correction is over all of a data set and split.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from conclugen.evaluation import pretext
from conclugen.evaluation.cells import write_csv
from conclugen.evaluation.inference import holm
from conclugen.evaluation.table import chance_cells, untrained_cells
from conclugen.evaluation.variants import Score, best_chance, parse_settings, read_scores, untrained_of

SPLITS = ("valid", "test")


def build(scores: Sequence[Score], first: str) -> list[dict[str, Any]]:
    """Return the rows; `scores` has each (data set, preset, method, protocol) once for either split."""
    by_split = {split: {_key(one): one for one in scores if one.split == split} for split in SPLITS}
    rows = []
    for key, valid in by_split["valid"].items():
        dataset, preset, method, protocol = key
        best = {split: best_chance(scores, dataset, split) for split in SPLITS}
        test, rivals = by_split["test"][key], [one for k, one in by_split["valid"].items() if _alike(k, key)]
        reference = (dataset, first, method, protocol)
        row = {"dataset": dataset, "data": valid.data, "preset": preset, "method": method, "protocol": protocol}
        row |= {"corpus": valid.corpus, "streams": valid.streams, "seeds": valid.seeds, "metric": valid.measured.metric}
        row["chosen"] = "yes" if len(rivals) > 1 and valid.value == max(one.value for one in rivals) else ""
        for one in (valid, test):
            low, high = one.measured.interval()
            row |= {f"n_{one.split}": one.count, f"{one.split}_groups": one.groups, f"{one.split}_caution": one.caution}
            row |= {one.split: one.value, f"{one.split}_lo": low, f"{one.split}_hi": high}
            other = by_split[one.split].get(reference)
            found, name = one.measured.against(other.measured if other else None), f"{one.split}_minus_{first}"
            row |= {name: found.value, f"{name}_lo": found.low, f"{name}_hi": found.high}
            row |= {f"{one.split}_p": found.p, f"{one.split}_p_holm": math.nan, f"{name}_detectable": found.detectable}
            cells = chance_cells(one.measured, best[one.split])
            cells |= untrained_cells(one.measured, untrained_of(one, scores))
            row |= {f"{one.split}_{key}": cell for key, cell in cells.items()}
        rows.append(row | pretext.cells(valid.networks))
    return _corrected(rows)


def _corrected(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with their p after Holm's correction: the tests of a data set on a split are one family."""
    for dataset in {row["dataset"] for row in rows}:
        family = [row for row in rows if row["dataset"] == dataset]
        for split in SPLITS:
            adjusted = holm(np.array([row[f"{split}_p"] for row in family], dtype=float))
            for row, p in zip(family, adjusted.tolist(), strict=True):
                row[f"{split}_p_holm"] = p
    return rows


def _key(one: Score) -> tuple[str, str, str, str]:
    return one.dataset, one.preset, one.method, one.protocol


def _alike(key: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two rows differ in their preset alone."""
    return (key[0], *key[2:]) == (other[0], *other[2:])


def main(argv: Sequence[str] | None = None) -> None:
    """Write the table of presets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", nargs="+", action="extend", type=Path, required=True, help="one per data set")
    parser.add_argument(
        "--predictions", nargs="+", action="extend", type=Path, required=True, help="in order of presets"
    )
    parser.add_argument("--settings", required=True, help="JSON: for each data set, those of its table")
    parser.add_argument("--first", required=True, help="the preset that the others are compared with")
    parser.add_argument("--output", type=Path, required=True)
    given = parser.parse_args(argv)
    settings = parse_settings(given.settings)
    scores = [one for split in SPLITS for one in read_scores(given.manifest, given.predictions, settings, split)]
    write_csv(given.output, build(scores, given.first))


if __name__ == "__main__":
    main()
