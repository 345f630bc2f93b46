"""What each switch of a preset is worth on the validation split: variants that differ in it, beside the preset itself.

Entry module. No test label is read. A difference is the variant's score minus the preset's, paired by resample, so a
switch that helps has a variant without it with a negative difference. Holm's correction is over the variants of a data
set.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from conclugen.evaluation import pretext
from conclugen.evaluation.cells import write_csv
from conclugen.evaluation.estimates import NO_DIFFERENCE, Difference, Estimate
from conclugen.evaluation.inference import holm
from conclugen.evaluation.intervals import CHANCE
from conclugen.evaluation.table import chance_cells, untrained_cells
from conclugen.evaluation.variants import Score, best_chance, parse_settings, read_scores, untrained_of
from conclugen.pretrain.unlearned import UNTRAINED
from conclugen.store.settings import parse


@dataclasses.dataclass(frozen=True)
class Variants:
    """By variant, the preset it is based on and, in words, what differs."""

    based_on: dict[str, str]
    changes: dict[str, str]


def build(scores: Sequence[Score], variants: Variants) -> list[dict[str, Any]]:
    """Return, data set by data set, a row per chance row, then one per preset and per variant of it, the largest loss
    first."""
    rows = []
    for dataset in dict.fromkeys(one.dataset for one in scores):
        best, own = best_chance(scores, dataset, "valid"), [one for one in scores if one.dataset == dataset]
        rows += [_row(one, one, NO_DIFFERENCE, None, variants, best, None) for one in own if one.protocol == CHANCE]
        mine = {one.preset: one for one in own if one.protocol != CHANCE and one.method != UNTRAINED}
        compared = [name for name in mine if name in variants.based_on]
        tests = {name: mine[name].measured.against(mine[variants.based_on[name]].measured) for name in compared}
        corrected = holm(np.array([tests[name].p for name in compared]))
        adjusted = dict(zip(compared, corrected.tolist(), strict=True))
        for base in (name for name in mine if name not in variants.based_on):
            changed = sorted((n for n in compared if variants.based_on[n] == base), key=lambda n: mine[n].value)
            for name in (base, *changed):
                one, test = mine[name], tests.get(name, NO_DIFFERENCE)
                drawn = untrained_of(one, own)
                rows.append(_row(one, mine[base], test, adjusted.get(name), variants, best, drawn))
    return rows


def _row(
    one: Score,
    base: Score,
    test: Difference,
    adjusted: float | None,
    variants: Variants,
    best: Estimate,
    untrained: Estimate | None,
) -> dict[str, Any]:
    """One row; `base`: the preset it varies, `best`: the best chance row, `untrained`: the same networks so."""
    low, high = one.measured.interval()
    changed = one is not base
    row = {"dataset": one.dataset, "data": one.data, "preset": base.preset, "variant": one.preset if changed else ""}
    row |= {"change": variants.changes.get(one.preset, ""), "method": one.method, "protocol": one.protocol}
    row |= {"corpus": one.corpus, "seeds": one.seeds, "n_valid": one.count, "groups": one.groups}
    row |= {
        "caution": one.caution,
        "metric": one.measured.metric,
        "valid": one.value,
        "valid_lo": low,
        "valid_hi": high,
    }
    row |= {"difference": test.value, "difference_lo": test.low, "difference_hi": test.high, "p": test.p}
    row |= {"p_holm": adjusted, "detectable_difference": test.detectable, "better": _better(one, base, test, adjusted)}
    row |= chance_cells(one.measured, best) | untrained_cells(one.measured, untrained)
    return row | pretext.cells(one.networks)


def _better(one: Score, base: Score, test: Difference, adjusted: float | None) -> str:
    """The name of the better preset, in words where none is after the correction or nothing was compared or tested."""
    if one is base:
        return ""
    told = test.verdict(one.measured.metric)
    if told in ("yes", "below") and not (adjusted is not None and adjusted <= 1 - one.measured.level):
        told = "no"
    words = {"yes": one.preset, "below": base.preset, "no": "not told apart", "unknown": "unknown"}
    return words[told]


def main(argv: Sequence[str] | None = None) -> None:
    """Write the table of switches."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", nargs="+", action="extend", type=Path, required=True, help="one per data set")
    parser.add_argument("--predictions", nargs="+", action="extend", type=Path, required=True)
    parser.add_argument("--settings", required=True, help="JSON: for each data set, those of its table")
    parser.add_argument("--variants", required=True, help="JSON: based_on and changes, by variant")
    parser.add_argument("--output", type=Path, required=True)
    given = parser.parse_args(argv)
    settings = parse_settings(given.settings)
    scores = read_scores(given.manifest, given.predictions, settings, "valid")
    write_csv(given.output, build(scores, parse(Variants, given.variants)))


if __name__ == "__main__":
    main()
