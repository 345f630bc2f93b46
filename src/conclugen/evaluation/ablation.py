"""What each switch of a preset is worth on the validation split: variants that differ in it, beside the preset itself.

Entry module. No test label is read. A difference is the variant's score minus the preset's, paired by resample, so a
switch that helps has a variant without it with a negative difference. Holm's correction is over the variants of a data
set.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from conclugen.evaluation.cells import write_csv
from conclugen.evaluation.intervals import holm
from conclugen.evaluation.variants import Score, parse_settings, read_scores
from conclugen.store.settings import parse


@dataclasses.dataclass(frozen=True)
class Variants:
    """By variant, the preset it is based on and, in words, what differs."""

    based_on: dict[str, str]
    changes: dict[str, str]


def build(scores: Sequence[Score], variants: Variants) -> list[dict[str, Any]]:
    """Return, data set by data set, a row per preset and one per variant of it, the largest loss first."""
    rows = []
    for dataset in dict.fromkeys(one.dataset for one in scores):
        mine = {one.preset: one for one in scores if one.dataset == dataset}
        compared = [name for name in mine if name in variants.based_on]
        tests = {name: mine[name].measured.against(mine[variants.based_on[name]].measured) for name in compared}
        corrected = holm(np.array([tests[name][2] for name in compared]))
        adjusted = dict(zip(compared, corrected.tolist(), strict=True))
        for base in (name for name in mine if name not in variants.based_on):
            own = sorted((n for n in compared if variants.based_on[n] == base), key=lambda n: mine[n].value)
            rows += [
                _row(mine[name], mine[base], tests.get(name), adjusted.get(name), variants) for name in (base, *own)
            ]
    return rows


def _row(
    one: Score, base: Score, test: tuple[float, float, float] | None, adjusted: float | None, variants: Variants
) -> dict[str, Any]:
    low, high = one.measured.interval()
    less, more, p = test or (math.nan,) * 3
    row = {"dataset": one.dataset, "data": one.data, "preset": base.preset, "variant": one.preset if test else ""}
    row |= {"change": variants.changes.get(one.preset, ""), "method": one.method, "protocol": one.protocol}
    row |= {"corpus": one.corpus, "seeds": one.seeds, "n_valid": one.count, "metric": one.measured.metric}
    row |= {"valid": one.value, "valid_lo": low, "valid_hi": high}
    row |= {"difference": one.value - base.value if test else None, "difference_lo": less, "difference_hi": more}
    better = base.preset if more < 0 else one.preset if less > 0 else "not told apart"
    return row | {"p": p, "p_holm": adjusted, "better": better if test and math.isfinite(p) else ""}


def main(argv: Sequence[str] | None = None) -> None:
    """Write the table of switches."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", nargs="+", action="extend", type=Path, required=True, help="one per data set")
    parser.add_argument("--predictions", nargs="+", action="extend", type=Path, required=True)
    parser.add_argument("--settings", required=True, help="JSON: for each data set, those of its table")
    parser.add_argument("--variants", required=True, help="JSON: based_on and changes, by variant")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--output", type=Path, required=True)
    given = parser.parse_args(argv)
    settings = parse_settings(given.settings, given.threads)
    scores = read_scores(given.manifest, given.predictions, settings, "valid")
    write_csv(given.output, build(scores, parse(Variants, given.variants)))


if __name__ == "__main__":
    main()
