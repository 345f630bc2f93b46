"""Metrics of sentiment, valence or arousal from -3 to 3, on a test split and on many resamples of it at once.

All are functions of sums over utterances, so that a resample (sums of the groups drawn) goes through the same formulas.
Predictions and truth are rounded half to even for seven classes, as published work on CMU-MOSEI does it.
"""

from __future__ import annotations

import numpy as np

NAMES = (
    "mae",
    "rmse",
    "pearson",
    "ccc",
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
    return _of_sums(_terms(truth[known], scores[known]).sum(0), *_about(truth[known], scores[known]))


def resampled(truth: np.ndarray, scores: np.ndarray, group: np.ndarray, weights: np.ndarray) -> dict[str, np.ndarray]:
    """Return every metric (R,) of truth (N,) and scores (N,) for group numbers (N,) and group weights (R, G)."""
    known = ~np.isnan(truth)
    terms = _terms(truth[known], scores[known])
    by_group = np.zeros((weights.shape[1], terms.shape[1]))
    np.add.at(by_group, group[known], terms)
    return _of_sums(weights @ by_group, *_about(truth[known], scores[known]))


def seven(values: np.ndarray) -> np.ndarray:
    """Return the nearest of the seven classes -3 to 3."""
    return np.round(np.clip(values, -HALF_SCALE, HALF_SCALE))


def _terms(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """(N, 17): what each utterance adds to the sums, in the order that `_of_sums` reads."""
    truth, scores = truth.astype(float), scores.astype(float)
    # Moments are taken about the middle of each, so that no digits are lost in their differences.
    x, y = scores - scores.mean(), truth - truth.mean()
    columns = [np.ones_like(x), np.abs(scores - truth), x, y, x * x, y * y, x * y, seven(scores) == seven(truth)]
    columns += [(scores - truth) ** 2, *_cells(truth >= 0, scores >= 0)]
    non_zero = truth != 0
    columns += [cell & non_zero for cell in _cells(truth > 0, scores > 0)]
    return np.stack([np.asarray(column, dtype=float) for column in columns], axis=1)


def _cells(positive: np.ndarray, said: np.ndarray) -> list[np.ndarray]:
    """TP, FP, FN, TN as (N,) bool each."""
    return [positive & said, ~positive & said, positive & ~said, ~positive & ~said]


def _about(truth: np.ndarray, scores: np.ndarray) -> tuple[float, float]:
    """Highest minus lowest score, and how far the mean score lies above the mean truth: what moments leave out."""
    scores = scores.astype(float)
    return float(np.ptp(scores)), float(scores.mean() - truth.astype(float).mean())


def _of_sums(sums: np.ndarray, spread: float, above: float) -> dict[str, np.ndarray]:
    """Metrics (…) from sums (…, 17); `spread` and `above`: of `_about`.

    CCC (Lin 1989) is 2 cov / (var_x + var_y + (mean_x - mean_y)²): correlation that also asks for the same mean and
    spread, so a constant has 0.
    """
    count, error, x, y, xx, yy, xy, same, squared = np.moveaxis(sums[..., :9], -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance_x, variance_y = xx / count - (x / count) ** 2, yy / count - (y / count) ** 2
        shared = xy / count - x * y / count**2
        correlation = shared / np.sqrt(variance_x * variance_y)
        apart = variance_x + variance_y + ((x - y) / count + above) ** 2
        varies = (variance_x > LEAST_VARIANCE * spread**2) & (variance_y > LEAST_VARIANCE) & (spread > 0)
        agreement = np.where(varies, 2 * shared / apart, 0.0)
        values = {
            "mae": error / count,
            "rmse": np.sqrt(squared / count),
            "pearson": np.where(varies, correlation, np.nan),
            "ccc": np.where(variance_y > LEAST_VARIANCE, agreement, np.nan),
            "acc7": same / count,
        }
        for name, cells in (("has0", sums[..., 9:13]), ("non0", sums[..., 13:17])):
            values[f"acc2_{name}"], values[f"f1_weighted_{name}"] = _binary(cells)
    return {name: values[name] for name in NAMES}


def _binary(cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Accuracy and support-weighted F1 of the two classes (…) from TP, FP, FN, TN (…, 4); NaN without utterances."""
    hit, false, missed, clear = np.moveaxis(cells, -1, 0)
    count = cells.sum(-1)
    positive = 2 * hit / np.maximum(2 * hit + false + missed, 1)
    negative = 2 * clear / np.maximum(2 * clear + false + missed, 1)
    f1 = ((hit + missed) * positive + (clear + false) * negative) / count
    return (hit + clear) / count, f1
