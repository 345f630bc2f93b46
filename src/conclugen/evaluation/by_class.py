"""How well each class is found, of each seed and in each resample.

Single label: each class against the rest; precision, recall and F1 of the decisions, AUROC and average precision of its
probability.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from conclugen.evaluation.estimates import Estimate
from conclugen.evaluation.intervals import Ranked, Resamples, counts, rank
from conclugen.evaluation.truth import Truth

NAMES = ("precision", "recall", "f1", "auroc", "average_precision")


def estimates(
    truth: Truth, scores: np.ndarray, resamples: Resamples, protocol: str, ranked: Sequence[Ranked] = ()
) -> list[dict[str, Estimate]]:
    """Return, class by class, each metric by name for scores (S, N, C) of a row with this protocol.

    `ranked`: what `intervals.rank` returns of each seed, where it is known already.
    """
    whole = np.ones((1, resamples.weights.shape[1]), dtype=np.int32)
    ranked = ranked or [rank(truth, seed_scores, resamples.weights) for seed_scores in scores]
    values = [by_class(truth, seed_scores, whole, rank(truth, seed_scores, whole)) for seed_scores in scores]
    resampled = [
        by_class(truth, seed_scores, resamples.weights, known)
        for seed_scores, known in zip(scores, ranked, strict=True)
    ]
    drawn = {name: np.stack([metrics[name] for metrics in resampled]) for name in NAMES}
    return [
        {
            name: resamples.estimate(
                name, np.array([metrics[name][0, c] for metrics in values]), drawn[name][:, :, c], protocol
            )
            for name in NAMES
        }
        for c in range(len(truth.classes))
    ]


def by_class(truth: Truth, scores: np.ndarray, weights: np.ndarray, ranked: Ranked) -> dict[str, np.ndarray]:
    """Return each metric (R, C) of scores (N, C) for group weights (R, G) and the ranks of both.

    Precision is 0 where nothing was decided positive. A class without positives has no recall, F1, AUROC and average
    precision, one without negatives no AUROC: NaN.
    """
    hit, false, missed, _ = counts(truth, scores, weights)
    support = hit + missed
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = {
            "precision": np.where(hit + false > 0, hit / (hit + false), 0),
            "recall": hit / support,
            "f1": np.where(support > 0, 2 * hit / (2 * hit + false + missed), np.nan),
        }
    return shares | {"auroc": ranked[0], "average_precision": ranked[1]}
