"""What each switch of a preset is worth on the validation split: variants that differ in it, beside the preset itself.

Entry module. No test label is read. A difference is the variant's score minus the preset's, paired by resample, so a
switch that helps has a variant without it with a negative difference. Holm's correction is over the variants of a data
set.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from conclugen.evaluation import pretext
from conclugen.evaluation.cells import write_csv
from conclugen.evaluation.estimates import CHANCE, NO_DIFFERENCE, Difference, Estimate
from conclugen.evaluation.inference import holm
from conclugen.evaluation.several import flags, parse_settings
from conclugen.evaluation.table import chance_cells, untrained_cells
from conclugen.evaluation.variants import Variant, best_chance_of, read_variants, untrained_of
from conclugen.pretrain.unlearned import UNTRAINED
from conclugen.store.settings import parse


@dataclasses.dataclass(frozen=True)
class Variants:
    """By variant, the preset it is based on and, in words, what differs."""

    based_on: dict[str, str]
    changes: dict[str, str]


def build(measured: Sequence[Variant], variants: Variants) -> list[dict[str, Any]]:
    """Return, data set by data set, a row per chance row, then one per preset and per variant of it, the largest loss
    first."""
    rows = []
    for dataset in dict.fromkeys(one.split.dataset for one in measured):
        of_dataset = [one for one in measured if one.split.dataset == dataset]
        best, lucky = (
            best_chance_of(of_dataset, dataset, "valid"),
            [one for one in of_dataset if one.row.protocol == CHANCE],
        )
        rows += [_row(one, one, NO_DIFFERENCE, None, variants, best, None) for one in lucky]
        mine = {one.row.preset: one for one in of_dataset if one not in lucky and one.row.method != UNTRAINED}
        compared = [name for name in mine if name in variants.based_on]
        tests = {name: mine[name].measured.against(mine[variants.based_on[name]].measured) for name in compared}
        corrected = holm(np.array([tests[name].p for name in compared]))
        adjusted = dict(zip(compared, corrected.tolist(), strict=True))
        for base in (name for name in mine if name not in variants.based_on):
            changed = sorted((n for n in compared if variants.based_on[n] == base), key=lambda n: mine[n].value)
            for name in (base, *changed):
                one, test = mine[name], tests.get(name, NO_DIFFERENCE)
                drawn = untrained_of(one, of_dataset)
                rows.append(_row(one, mine[base], test, adjusted.get(name), variants, best, drawn))
    return rows


def _row(
    one: Variant,
    base: Variant,
    test: Difference,
    adjusted: float | None,
    variants: Variants,
    best: Estimate,
    untrained: Estimate | None,
) -> dict[str, Any]:
    """One row; `base`: the preset it varies, `best`: the best chance row, `untrained`: the same networks so."""
    low, high = one.measured.interval()
    changed = one is not base
    row = {"dataset": one.split.dataset, "data": one.data, "preset": base.row.preset}
    row |= {"variant": one.row.preset if changed else "", "change": variants.changes.get(one.row.preset, "")}
    row |= {"method": one.row.method, "protocol": one.row.protocol, "corpus": one.row.corpus}
    row |= {"seeds": one.row.seeds, "n_valid": one.split.count, "groups": one.split.groups.count}
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
    return row | pretext.cells(one.row.networks)


def _better(one: Variant, base: Variant, test: Difference, adjusted: float | None) -> str:
    """The name of the better preset, in words where none is after the correction or nothing was compared or tested."""
    if one is base:
        return ""
    told = test.verdict(one.measured.metric)
    if told in ("yes", "below") and not (adjusted is not None and adjusted <= 1 - one.measured.level):
        told = "no"
    words = {"yes": one.row.preset, "below": base.row.preset, "no": "not told apart", "unknown": "unknown"}
    return words[told]


def main(argv: Sequence[str] | None = None) -> None:
    """Write the table of switches."""
    parser = flags(__doc__ or "")
    parser.add_argument("--variants", required=True, help="JSON: based_on and changes, by variant")
    given = parser.parse_args(argv)
    measured = read_variants(given.chance, given.scores, parse_settings(given.settings))
    write_csv(given.output, build(measured, parse(Variants, given.variants)))


if __name__ == "__main__":
    main()
