"""Presets compared on the same data under the same protocol: validation, on which one may choose, and test beside it.

Entry module. A row per data set, method and preset, after the chance rows of the data set. `chosen` marks the preset
with the highest validation score of its data set and method; the test score plays no part in it. Differences are to the
first preset, paired by resample; Holm's correction is over all of a data set and split.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from conclugen.evaluation import pretext
from conclugen.evaluation.cells import write_csv
from conclugen.evaluation.inference import holm
from conclugen.evaluation.several import flags, parse_settings
from conclugen.evaluation.table import chance_cells, untrained_cells
from conclugen.evaluation.variants import Variant, best_chance_of, read_variants, untrained_of

SPLITS = ("valid", "test")


def build(variants: Sequence[Variant], first: str) -> list[dict[str, Any]]:
    """Return the rows; `variants` has each (data set, preset, method, protocol) once for either split."""
    by_split = {
        split: {variant.key: variant for variant in variants if variant.split.split == split} for split in SPLITS
    }
    rows = []
    for key, valid in by_split["valid"].items():
        dataset, preset, method, protocol = key
        best = {split: best_chance_of(variants, dataset, split) for split in SPLITS}
        rivals = [variant for k, variant in by_split["valid"].items() if _alike(k, key)]
        reference = (dataset, first, method, protocol)
        row = {"dataset": dataset, "data": valid.data, "preset": preset, "method": method, "protocol": protocol}
        row |= {"corpus": valid.row.corpus, "streams": valid.row.streams, "seeds": valid.row.seeds}
        row["metric"] = valid.measured.metric
        row["chosen"] = "yes" if len(rivals) > 1 and valid.value == max(variant.value for variant in rivals) else ""
        for split, variant in (("valid", valid), ("test", by_split["test"][key])):
            row |= _of_split(variant, by_split[split].get(reference), first)
            cells = chance_cells(variant.measured, best[split])
            cells |= untrained_cells(variant.measured, untrained_of(variant, variants))
            row |= {f"{split}_{name}": cell for name, cell in cells.items()}
        rows.append(row | pretext.cells(valid.row.networks))
    return _corrected(rows)


def _of_split(variant: Variant, other: Variant | None, first: str) -> dict[str, Any]:
    """The cells of a row on one split, beside those of the first preset there."""
    split, (low, high) = variant.split.split, variant.measured.interval()
    row = {
        f"n_{split}": variant.split.count,
        f"{split}_groups": variant.split.groups.count,
        f"{split}_caution": variant.caution,
    }
    row |= {split: variant.value, f"{split}_lo": low, f"{split}_hi": high}
    gap, name = variant.measured.against(other.measured if other else None), f"{split}_minus_{first}"
    row |= {name: gap.value, f"{name}_lo": gap.low, f"{name}_hi": gap.high}
    return row | {f"{split}_p": gap.p, f"{split}_p_holm": math.nan, f"{name}_detectable": gap.detectable}


def _corrected(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with their p after Holm's correction: the tests of a data set on a split are one family."""
    for dataset in {row["dataset"] for row in rows}:
        family = [row for row in rows if row["dataset"] == dataset]
        for split in SPLITS:
            adjusted = holm(np.array([row[f"{split}_p"] for row in family], dtype=float))
            for row, p in zip(family, adjusted.tolist(), strict=True):
                row[f"{split}_p_holm"] = p
    return rows


def _alike(key: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two rows differ in their preset alone."""
    return (key[0], *key[2:]) == (other[0], *other[2:])


def main(argv: Sequence[str] | None = None) -> None:
    """Write the table of presets."""
    parser = flags(__doc__ or "")
    parser.add_argument("--first", required=True, help="the preset that the others are compared with")
    arguments = parser.parse_args(argv)
    variants = read_variants(arguments.chance, arguments.scores, parse_settings(arguments.settings))
    write_csv(arguments.output, build(variants, arguments.first))


if __name__ == "__main__":
    main()
