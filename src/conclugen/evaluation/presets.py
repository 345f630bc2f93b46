"""Presets compared on the same data under the same protocol: validation, on which one may choose, and test beside it.

Entry module. A row per data set, method and preset. `chosen` marks the preset with the highest validation score of its
data set and method; the test score plays no part in it. Differences are to the first preset, paired by resample.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from conclugen.evaluation.cells import write_csv
from conclugen.evaluation.variants import Score, parse_settings, read_scores

SPLITS = ("valid", "test")


def build(scores: Sequence[Score], first: str) -> list[dict[str, Any]]:
    """Return the rows; `scores` has each (data set, preset, method, protocol) once for either split."""
    by_split = {split: {_key(one): one for one in scores if one.split == split} for split in SPLITS}
    rows = []
    for key, valid in by_split["valid"].items():
        dataset, preset, method, protocol = key
        test, rivals = by_split["test"][key], [one for k, one in by_split["valid"].items() if _alike(k, key)]
        reference = (dataset, first, method, protocol)
        row = {"dataset": dataset, "data": valid.data, "preset": preset, "method": method, "protocol": protocol}
        row |= {"corpus": valid.corpus, "streams": valid.streams, "seeds": valid.seeds, "metric": valid.measured.metric}
        row["chosen"] = "yes" if len(rivals) > 1 and valid.value == max(one.value for one in rivals) else ""
        for one in (valid, test):
            low, high = one.measured.interval()
            row |= {f"n_{one.split}": one.count, one.split: one.value, f"{one.split}_lo": low, f"{one.split}_hi": high}
            other = by_split[one.split].get(reference)
            low, high, p = one.measured.against(None if other is None else other.measured)
            row[f"{one.split}_minus_{first}"] = None if other in (None, one) else one.value - other.value
            row |= {f"{one.split}_minus_{first}_lo": low, f"{one.split}_minus_{first}_hi": high}
            row[f"{one.split}_p"] = p
        rows.append(row)
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
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--output", type=Path, required=True)
    given = parser.parse_args(argv)
    settings = parse_settings(given.settings, given.threads)
    scores = [one for split in SPLITS for one in read_scores(given.manifest, given.predictions, settings, split)]
    write_csv(given.output, build(scores, given.first))


if __name__ == "__main__":
    main()
