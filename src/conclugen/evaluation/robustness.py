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

from conclugen.evaluation import chance, metrics, pretext
from conclugen.evaluation.cells import write_csv
from conclugen.evaluation.estimates import Estimate
from conclugen.evaluation.inference import holm
from conclugen.evaluation.intervals import CHANCE, Resamples
from conclugen.evaluation.predictions import Predictions
from conclugen.evaluation.table import Settings, chance_cells, group_cells, order, parse_arguments
from conclugen.evaluation.truth import Truth


def build(truth: Truth, predictions: Sequence[Predictions], settings: Settings) -> list[dict[str, Any]]:
    """Return a row per chance row, and per method, protocol and masked modality: none, then each.

    Raises ValueError for predictions without masked modalities.
    """
    resamples, headline = Resamples.of(truth, settings), metrics.HEADLINE[truth.task]
    guessed = resamples.by_chance(truth, settings.chance_draws)
    lucky = {name: estimates[headline] for name, estimates in guessed.items()}
    best = chance.best(lucky.values(), headline)
    named: list[tuple[dict[str, Any], str, Estimate, Estimate | None]] = [
        (
            {"method": name, "protocol": CHANCE, "streams": "", "preset": "", "corpus": ""} | pretext.word_cells(()),
            "",
            one,
            None,
        )
        for name, one in lucky.items()
    ]
    for p in sorted(predictions, key=order):
        if not p.without:
            raise ValueError(f"{p.method}, {p.protocol}: its predictions mask no modality; run its protocol again")
        names = {name: getattr(p, name) for name in ("method", "protocol", "streams", "preset", "corpus")}
        names |= pretext.word_cells(p.networks)
        whole = resamples.estimates(truth, p.scores, p.protocol)[headline]
        named.append((names, "", whole, None))
        named += [
            (names, masked, resamples.estimates(truth, scores, p.protocol)[headline], whole)
            for masked, scores in p.without.items()
        ]
    rows = [_row(truth, settings, resamples, *one, best) for one in named]
    adjusted = holm(np.array([row["p_vs_whole"] for row in rows]))
    return [row | {"p_holm": float(p)} for row, p in zip(rows, adjusted, strict=True)]


def _row(
    truth: Truth,
    settings: Settings,
    resamples: Resamples,
    names: dict[str, Any],
    masked: str,
    score: Estimate,
    whole: Estimate | None,
    best: Estimate,
) -> dict[str, Any]:
    """One row; `whole` is what it is compared with: the same networks without a mask. `best`: the best chance row."""
    seeds = len(score.by_seed)
    row = {"dataset": truth.dataset, "target": settings.target, **names, "seeds": seeds, "data": settings.data}
    row |= {"n_test": len(truth.ids)} | group_cells(resamples, seeds, names["protocol"])
    low, high = score.interval()
    row |= {"without": masked, "metric": score.metric, "value": score.value, "value_lo": low, "value_hi": high}
    found = score.against(whole, same_networks=True)
    row |= {"change": found.value, "change_lo": found.low, "change_hi": found.high, "p_vs_whole": found.p}
    row |= {"p_holm": math.nan, "detectable_change": found.detectable}
    return row | chance_cells(score, best)


def main(argv: Sequence[str] | None = None) -> None:
    """Write the table."""
    given = parse_arguments(__doc__ or "", argv)
    write_csv(given.output, build(given.truth, given.predictions, given.settings))


if __name__ == "__main__":
    main()
