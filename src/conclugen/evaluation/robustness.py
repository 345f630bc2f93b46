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

from conclugen.evaluation import chance, metrics
from conclugen.evaluation.cells import write_csv
from conclugen.evaluation.intervals import Estimate, Resamples, holm
from conclugen.evaluation.predictions import Predictions
from conclugen.evaluation.table import CHANCE, Settings, order, parse_arguments, verdict
from conclugen.evaluation.truth import Truth


def build(truth: Truth, predictions: Sequence[Predictions], settings: Settings) -> list[dict[str, Any]]:
    """Return a row per chance row, and per method, protocol and masked modality: none, then each.

    Raises ValueError for predictions without masked modalities.
    """
    resamples, headline = Resamples.of(truth, settings), metrics.HEADLINE[truth.task]
    rows = []
    for name, scores in chance.rows(truth, settings.chance_draws).items():
        names = {"method": name, "protocol": CHANCE, "streams": "", "preset": "", "corpus": "", "seeds": len(scores)}
        rows.append(_row(truth, settings, names, "", resamples.estimates(truth, scores, CHANCE)[headline]))
    best_chance = metrics.best((row["value"] for row in rows), headline)
    for p in sorted(predictions, key=order):
        if not p.without:
            raise ValueError(f"{p.method}, {p.protocol}: its predictions mask no modality; run its protocol again")
        names = {name: getattr(p, name) for name in ("method", "protocol", "streams", "preset", "corpus")}
        names["seeds"], whole = len(p.seeds), resamples.estimates(truth, p.scores, p.protocol)[headline]
        found = [_row(truth, settings, names, "", whole)]
        found += [
            _row(truth, settings, names, masked, resamples.estimates(truth, scores, p.protocol)[headline], whole)
            for masked, scores in p.without.items()
        ]
        for row in found:
            row["beats_chance"] = verdict((row["value_lo"], row["value_hi"]), best_chance, row["metric"])
        rows += found
    adjusted = holm(np.array([row["p_vs_whole"] for row in rows]))
    return [row | {"p_holm": float(p)} for row, p in zip(rows, adjusted, strict=True)]


def _row(
    truth: Truth, settings: Settings, names: dict[str, Any], masked: str, score: Estimate, whole: Estimate | None = None
) -> dict[str, Any]:
    """One row; `whole` is what it is compared with: the same without a mask."""
    row = {"dataset": truth.dataset, "target": settings.target, **names, "data": settings.data}
    row |= {"n_test": len(truth.ids), "without": masked, "metric": score.metric}
    low, high = score.interval()
    row |= {"value": score.value, "value_lo": low, "value_hi": high}
    change = math.nan if whole is None else score.value - whole.value
    low, high, p = score.against(whole)
    row |= {"change": change, "change_lo": low, "change_hi": high, "p_vs_whole": p}
    return row | {"p_holm": math.nan, "beats_chance": ""}


def main(argv: Sequence[str] | None = None) -> None:
    """Write the table."""
    given = parse_arguments(__doc__ or "", argv)
    write_csv(given.output, build(given.truth, given.predictions, given.settings))


if __name__ == "__main__":
    main()
