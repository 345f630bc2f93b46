"""Metrics of sentiment from -3 to 3, on a test split and on many resamples of it at once.

All are functions of sums over utterances, so that a resample (sums of the groups drawn) goes through the same formulas.
Predictions and truth are rounded half to even for seven classes, as published work on CMU-MOSEI does it.
"""

from __future__ import annotations

import numpy as np

NAMES = (
    "mae",
    "pearson",
    "acc7",
    "acc2_has0",
    "f1_weighted_has0",
    "acc2_non0",
    "f1_weighted_non0",
)
HALF_SCALE = 3
LEAST_VARIANCE = 1e-9  # below this share of its own spread a prediction is constant, and correlates with nothing


def compute(truth: np.ndarray, scores: np.ndarray) -> dict[str, np.ndarray]:
    """Return every metric of truth (N,), NaN for unknown, and scores (N,)."""
    known = ~np.isnan(truth)
    return _of_sums(_terms(truth[known], scores[known]).sum(0), float(np.ptp(scores[known])))


def resampled(truth: np.ndarray, scores: np.ndarray, group: np.ndarray, weights: np.ndarray) -> dict[str, np.ndarray]:
    """Return every metric (R,) of truth (N,) and scores (N,) for group numbers (N,) and group weights (R, G)."""
    known = ~np.isnan(truth)
    terms = _terms(truth[known], scores[known])
    by_group = np.zeros((weights.shape[1], terms.shape[1]))
    np.add.at(by_group, group[known], terms)
    return _of_sums(weights @ by_group, float(np.ptp(scores[known])))


def seven(values: np.ndarray) -> np.ndarray:
    """Return the nearest of the seven classes -3 to 3."""
    return np.round(np.clip(values, -HALF_SCALE, HALF_SCALE))


def _terms(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """(N, 16): what each utterance adds to the sums, in the order that `_of_sums` reads."""
    truth, scores = truth.astype(float), scores.astype(float)
    # Moments are taken about the middle of each, so that no digits are lost in their differences.
    x, y = scores - scores.mean(), truth - truth.mean()
    columns = [np.ones_like(x), np.abs(scores - truth), x, y, x * x, y * y, x * y, seven(scores) == seven(truth)]
    columns += _cells(truth >= 0, scores >= 0)
    there = truth != 0
    columns += [cell & there for cell in _cells(truth > 0, scores > 0)]
    return np.stack([np.asarray(column, dtype=float) for column in columns], axis=1)


def _cells(positive: np.ndarray, said: np.ndarray) -> list[np.ndarray]:
    """TP, FP, FN, TN as (N,) bool each."""
    return [positive & said, ~positive & said, positive & ~said, ~positive & ~said]


def _of_sums(sums: np.ndarray, spread: float) -> dict[str, np.ndarray]:
    """Metrics (…) from sums (…, 16); `spread`: highest minus lowest score of all."""
    count, error, x, y, xx, yy, xy, same = np.moveaxis(sums[..., :8], -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance_x, variance_y = xx / count - (x / count) ** 2, yy / count - (y / count) ** 2
        correlation = (xy / count - x * y / count**2) / np.sqrt(variance_x * variance_y)
        varies = (variance_x > LEAST_VARIANCE * spread**2) & (variance_y > LEAST_VARIANCE) & (spread > 0)
        found = {"mae": error / count, "pearson": np.where(varies, correlation, np.nan), "acc7": same / count}
        for name, cells in (("has0", sums[..., 8:12]), ("non0", sums[..., 12:16])):
            found[f"acc2_{name}"], found[f"f1_weighted_{name}"] = _binary(cells)
    return {name: found[name] for name in NAMES}


def _binary(cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Accuracy and support-weighted F1 of the two classes (…) from TP, FP, FN, TN (…, 4); NaN without utterances."""
    hit, false, missed, clear = np.moveaxis(cells, -1, 0)
    count = cells.sum(-1)
    positive = 2 * hit / np.maximum(2 * hit + false + missed, 1)
    negative = 2 * clear / np.maximum(2 * clear + false + missed, 1)
    f1 = ((hit + missed) * positive + (clear + false) * negative) / count
    return (hit + clear) / count, f1
