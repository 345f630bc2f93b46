"""What a classifier that learned with all modalities loses without one of them: the headline metric, row by row.

Entry module. Each modality in turn is masked in every test utterance, as if it were missing from the data: its part of
the classifier's input is zero, which is the mean of the training split where inputs are standardised. Nothing is
trained again. Chance rows come first; `p_vs_whole` is the paired test against the same row with every modality.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from conclugen.evaluation import pretext
from conclugen.evaluation.cells import write_csv
from conclugen.evaluation.estimates import Estimate
from conclugen.evaluation.inference import holm
from conclugen.evaluation.scores import Score, Scores, best_chance
from conclugen.evaluation.table import Settings, chance_cells, group_cells, order, parse_arguments


def build(scores: Scores, settings: Settings) -> list[dict[str, Any]]:
    """Return a row per chance row, and per method, protocol and masked modality: none, then each.

    Raises ValueError for predictions without masked modalities.
    """
    best = best_chance(scores.chance)
    named: list[tuple[Score, str, Estimate]] = [(row, "", row.headline) for row in scores.chance]
    for row in sorted(scores.rows, key=order):
        if not row.masked:
            raise ValueError(f"{row.method}, {row.protocol}: its predictions mask no modality; run its protocol again")
        named += [(row, "", row.headline), *((row, masked, estimate) for masked, estimate in row.masked.items())]
    rows = [_row(scores, settings, *entry, best) for entry in named]
    adjusted = holm(np.array([row["p_vs_whole"] for row in rows]))
    return [row | {"p_holm": float(p)} for row, p in zip(rows, adjusted, strict=True)]


def _row(
    scores: Scores, settings: Settings, score: Score, masked: str, value: Estimate, best: Estimate
) -> dict[str, Any]:
    """One row, compared with the same networks without a mask; `best`: the best chance row."""
    split = scores.split
    row = {"dataset": split.dataset, "target": settings.target} | score.names | pretext.word_cells(score.networks)
    row |= {"seeds": score.seeds, "data": settings.data, "n_test": split.count} | group_cells(score, split)
    low, high = value.interval()
    row |= {"without": masked, "metric": value.metric, "value": value.value, "value_lo": low, "value_hi": high}
    gap = value.against(score.headline, same_networks=True)
    row |= {"change": gap.value, "change_lo": gap.low, "change_hi": gap.high, "p_vs_whole": gap.p}
    row |= {"p_holm": math.nan, "detectable_change": gap.detectable}
    return row | chance_cells(value, best)


def main(argv: Sequence[str] | None = None) -> None:
    """Write the table."""
    scores, settings, output = parse_arguments(__doc__ or "", argv)
    write_csv(output, build(scores, settings))


if __name__ == "__main__":
    main()
