"""Expected calibration error (Naeini et al. 2015), on a test split and on many resamples of it at once.

Probabilities fall into 15 bins of equal width; the error is the mean over utterances of how far the mean probability of
their bin lies from the share that it is a probability of. Multi-label: of the class being present, class by class, then
the mean over classes. Single label: of the decided class being right. As torchmetrics with `norm="l1"`.
"""

from __future__ import annotations

import warnings

import numpy as np

BINS = 15


def compute(truth: np.ndarray, scores: np.ndarray, task: str) -> np.ndarray:
    """Return the error of truth (N, C), NaN for unknown, and probabilities (N, C)."""
    everything = np.ones((1, 1))
    return resampled(truth, scores, np.zeros(len(truth), dtype=int), everything, task)[0]


def resampled(truth: np.ndarray, scores: np.ndarray, group: np.ndarray, weights: np.ndarray, task: str) -> np.ndarray:
    """Return the error (R,) for group numbers (N,) and group weights (R, G)."""
    if task == "single":
        known = ~np.isnan(truth).any(1)
        decided = scores[known].argmax(1)[:, None]
        hits = np.take_along_axis(truth[known], decided, 1)[:, 0]
        return _error(hits, np.take_along_axis(scores[known], decided, 1)[:, 0], group[known], weights)
    each = []
    for c in range(truth.shape[1]):
        known = ~np.isnan(truth[:, c])
        each.append(_error(truth[known, c], scores[known, c], group[known], weights))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # no class has a known label: NaN
        return np.nanmean(np.stack(each), axis=0)


def _error(hits: np.ndarray, confidence: np.ndarray, group: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The error (R,) of `hits` (N,) 0 or 1 against `confidence` (N,) in [0, 1]; NaN without rows."""
    # Bins are closed to the left, in float32 as the probabilities are; as in torchmetrics, 1 itself is one more bin.
    edges = np.linspace(0, 1, BINS + 1, dtype=np.float32)
    place = np.searchsorted(edges, confidence.astype(np.float32), side="right") - 1
    sums = np.zeros((2, weights.shape[1], BINS + 1))  # of gaps and of rows, by group and bin
    np.add.at(sums[0], (group, place), confidence - hits)
    np.add.at(sums[1], (group, place), 1)
    gaps, rows = np.split(weights @ np.concatenate(list(sums), axis=1), 2, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.abs(gaps).sum(1) / rows.sum(1)
