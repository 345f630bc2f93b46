"""Intervals and paired tests by bootstrap over groups.

A resample draws as many groups (videos, dialogues, …) as the test split has, with replacement; every utterance counts
as often as its group was drawn. A metric is averaged over seeds within each resample, so an interval is about the test
set, not about one seed. All methods see the same resamples: their differences are paired. Only the shuffled control
draws its seeds, too: each is another permutation of the labels, and a few permutations do not average to chance.

Threshold metrics come from counts per group, so that a resample costs a matrix product, by the formulas of
`metrics.py`, `calibration.py` and `regression.py`; ranking metrics come from weighted ranks.
"""

from __future__ import annotations

import numpy as np

from conclugen.evaluation import calibration, regression
from conclugen.evaluation.metrics import NAMES, decide, nanmean, of_confusion, of_counts
from conclugen.evaluation.ranks import rank_metrics
from conclugen.evaluation.truth import Truth

PERMUTED = "shuffled"  # the protocol whose seeds permute labels


def group_weights(groups: int, resamples: int, seed: int) -> np.ndarray:
    """Return (R, G): how often each group was drawn in each resample. Every row sums to G."""
    generator = np.random.default_rng(seed)
    return generator.multinomial(groups, np.full(groups, 1 / groups), size=resamples).astype(np.int32)


def resampled(truth: Truth, scores: np.ndarray, weights: np.ndarray, protocol: str = "") -> dict[str, np.ndarray]:
    """Return every metric (R,), averaged over seeds, for scores (S, N, C) and group weights (R, G).

    For the protocol `shuffled` the average is over S seeds drawn with replacement, in each resample others.
    """
    each = [_one_seed(truth, one, weights) for one in scores]
    stacked = {name: np.stack([values[name] for values in each]) for name in NAMES[truth.task]}
    if protocol == PERMUTED:
        drawn = np.random.default_rng(len(weights)).integers(len(scores), size=(len(scores), len(weights)))
        stacked = {name: np.take_along_axis(values, drawn, axis=0) for name, values in stacked.items()}
    return {name: nanmean(values, 0) for name, values in stacked.items()}


def interval(values: np.ndarray | None, level: float, centre: float | None = None) -> tuple[float, float]:
    """Return the percentile interval of resampled values (R,); NaN without them or where none is defined.

    With `centre`, a measured value of a metric whose resamples are biased, it is moved by how far their mean lies from
    that value, not below 0.
    """
    values = np.empty(0) if values is None else values[np.isfinite(values)]
    if not len(values):
        return np.nan, np.nan
    if centre is not None and np.isfinite(centre):
        values = np.maximum(values - values.mean() + centre, 0)
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def paired_p(values: np.ndarray, reference: np.ndarray) -> float:
    """Return the two-sided p of `values - reference` (R,) being 0: twice the smaller tail beyond 0.

    Each tail is (1 + count) / (1 + R), so p is never 0; ties count in both tails. NaN without a defined resample.
    """
    difference = (values - reference)[np.isfinite(values) & np.isfinite(reference)]
    if not len(difference):
        return np.nan
    tail = min((difference <= 0).sum(), (difference >= 0).sum())
    return float(min(1.0, 2 * (1 + tail) / (1 + len(difference))))


def holm(p: np.ndarray) -> np.ndarray:
    """Return Holm's adjusted p (M,): max over smaller ones of p times the tests that remain, at most 1. NaN stays."""
    adjusted = np.full(len(p), np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    adjusted[order] = np.minimum(1, np.maximum.accumulate(p[order] * (len(order) - np.arange(len(order)))))
    return adjusted


def _one_seed(truth: Truth, scores: np.ndarray, weights: np.ndarray) -> dict[str, np.ndarray]:
    if truth.task == "regression":
        return regression.resampled(truth.labels[:, 0], scores[:, 0], truth.group, weights)
    error = calibration.resampled(truth.labels, scores, truth.group, weights, truth.task)
    if truth.task == "single":
        return {**of_confusion(_confusion(truth, scores, weights)), "ece": error}
    return {**of_counts(*counts(truth, scores, weights)), **_ranked(truth, scores, weights), "ece_macro": error}


def counts(truth: Truth, scores: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return weighted TP, FP, FN, TN, each (R, C), over known labels."""
    said, known, positive = decide(scores, truth.task) > 0, ~np.isnan(truth.labels), truth.labels > 0.5
    kinds = (said & positive, said & ~positive, ~said & positive, ~said & ~positive)
    return tuple(weights @ _per_group((kind & known).astype(float), truth.group, weights.shape[1]) for kind in kinds)


def _confusion(truth: Truth, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted confusion matrices (R, C, C): true class by decided class."""
    classes = truth.labels.shape[1]
    cells = truth.labels.argmax(1) * classes + decide(scores, "single").argmax(1)
    flat = weights @ _per_group(np.eye(classes * classes)[cells], truth.group, weights.shape[1])
    return flat.reshape(-1, classes, classes)


def _per_group(values: np.ndarray, group: np.ndarray, groups: int) -> np.ndarray:
    """Sum rows (N, M) by group into (G, M)."""
    summed = np.zeros((groups, values.shape[1]))
    np.add.at(summed, group, values)
    return summed


def _ranked(truth: Truth, scores: np.ndarray, weights: np.ndarray) -> dict[str, np.ndarray]:
    areas, precisions = [], []
    for c in range(truth.labels.shape[1]):
        known = ~np.isnan(truth.labels[:, c])
        area, precision = rank_metrics(truth.labels[known, c], scores[known, c], truth.group[known], weights)
        areas.append(area)
        precisions.append(precision)
    return {
        "auroc_macro": nanmean(np.stack(areas, 1), 1),
        "average_precision_macro": nanmean(np.stack(precisions, 1), 1),
    }
