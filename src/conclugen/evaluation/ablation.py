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
    for dataset in dict.fromkeys(variant.split.dataset for variant in measured):
        of_dataset = [variant for variant in measured if variant.split.dataset == dataset]
        best, lucky = (
            best_chance_of(of_dataset, dataset, "valid"),
            [variant for variant in of_dataset if variant.row.protocol == CHANCE],
        )
        rows += [_row(variant, variant, NO_DIFFERENCE, None, variants, best, None) for variant in lucky]
        mine = {
            variant.row.preset: variant
            for variant in of_dataset
            if variant not in lucky and variant.row.method != UNTRAINED
        }
        compared = [name for name in mine if name in variants.based_on]
        tests = {name: mine[name].measured.against(mine[variants.based_on[name]].measured) for name in compared}
        corrected = holm(np.array([tests[name].p for name in compared]))
        adjusted = dict(zip(compared, corrected.tolist(), strict=True))
        for base in (name for name in mine if name not in variants.based_on):
            changed = sorted((n for n in compared if variants.based_on[n] == base), key=lambda n: mine[n].value)
            for name in (base, *changed):
                variant, test = mine[name], tests.get(name, NO_DIFFERENCE)
                drawn = untrained_of(variant, of_dataset)
                rows.append(_row(variant, mine[base], test, adjusted.get(name), variants, best, drawn))
    return rows


def _row(
    variant: Variant,
    base: Variant,
    test: Difference,
    adjusted: float | None,
    variants: Variants,
    best: Estimate,
    untrained: Estimate | None,
) -> dict[str, Any]:
    """One row; `base`: the preset it varies, `best`: the best chance row, `untrained`: the same networks so."""
    low, high = variant.measured.interval()
    changed = variant is not base
    row = {"dataset": variant.split.dataset, "data": variant.data, "preset": base.row.preset}
    row |= {"variant": variant.row.preset if changed else "", "change": variants.changes.get(variant.row.preset, "")}
    row |= {"method": variant.row.method, "protocol": variant.row.protocol, "corpus": variant.row.corpus}
    row |= {"seeds": variant.row.seeds, "n_valid": variant.split.count, "groups": variant.split.groups.count}
    row |= {
        "caution": variant.caution,
        "metric": variant.measured.metric,
        "valid": variant.value,
        "valid_lo": low,
        "valid_hi": high,
    }
    row |= {"difference": test.value, "difference_lo": test.low, "difference_hi": test.high, "p": test.p}
    row |= {
        "p_holm": adjusted,
        "detectable_difference": test.detectable,
        "better": _better(variant, base, test, adjusted),
    }
    row |= chance_cells(variant.measured, best) | untrained_cells(variant.measured, untrained)
    return row | pretext.cells(variant.row.networks)


def _better(variant: Variant, base: Variant, test: Difference, adjusted: float | None) -> str:
    """The name of the better preset, in words where none is after the correction or nothing was compared or tested."""
    if variant is base:
        return ""
    verdict = test.verdict(variant.measured.metric)
    if verdict in ("yes", "below") and not (adjusted is not None and adjusted <= 1 - variant.measured.level):
        verdict = "no"
    words = {"yes": variant.row.preset, "below": base.row.preset, "no": "not told apart", "unknown": "unknown"}
    return words[verdict]


def main(argv: Sequence[str] | None = None) -> None:
    """Write the table of switches."""
    parser = flags(__doc__ or "")
    parser.add_argument("--variants", required=True, help="JSON: based_on and changes, by variant")
    arguments = parser.parse_args(argv)
    measured = read_variants(arguments.chance, arguments.scores, parse_settings(arguments.settings))
    write_csv(arguments.output, build(measured, parse(Variants, arguments.variants)))


if __name__ == "__main__":
    main()
