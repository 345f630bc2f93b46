"""Expected calibration error (Naeini et al. 2015), on a test split and on many resamples of it at once.

Probabilities fall into 15 bins of equal width; the error is the mean over utterances of how far the mean probability of
their bin lies from the share that it is a probability of. Multi-label: of the class being present, class by class, then
the mean over classes. Single label: of the decided class being right. As torchmetrics with `norm="l1"`.

The error of a finite split lies above the one of endless data, since the noise of each bin adds to its absolute gap; a
resample of it lies higher still. So the interval holds the errors from which noise, as resamples show it bin by bin,
makes what was measured; see `interval`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from scipy.special import ndtri

BINS = 15
STEPS = 9  # of bisection
ENOUGH = 250  # resamples for a deviation; more cost time


def compute(truth: np.ndarray, scores: np.ndarray, task: str) -> np.ndarray:
    """Return the error of truth (N, C), NaN for unknown, and probabilities (N, C)."""
    everything = np.ones((1, 1))
    return resampled(truth, scores, np.zeros(len(truth), dtype=int), everything, task)[0]


def resampled(truth: np.ndarray, scores: np.ndarray, group: np.ndarray, weights: np.ndarray, task: str) -> np.ndarray:
    """Return the error (R,) for group numbers (N,) and group weights (R, G)."""
    return of_gaps(gaps(truth, scores, group, weights, task))


def gaps(truth: np.ndarray, scores: np.ndarray, group: np.ndarray, weights: np.ndarray, task: str) -> np.ndarray:
    """Return, by class and bin, share of the rows times mean probability less share that came true: (R, C, B).

    Single label has one class: the decided one. NaN for a class of which nothing is known.
    """
    if task == "single":
        known = ~np.isnan(truth).any(1)
        decided = scores[known].argmax(1)[:, None]
        hits = np.take_along_axis(truth[known], decided, 1)[:, 0]
        return _gaps(hits, np.take_along_axis(scores[known], decided, 1)[:, 0], group[known], weights)[:, None]
    by_class = []
    for c in range(truth.shape[1]):
        known = ~np.isnan(truth[:, c])
        by_class.append(_gaps(truth[known, c], scores[known, c], group[known], weights))
    return np.stack(by_class, axis=1)


def of_gaps(class_gaps: np.ndarray) -> np.ndarray:
    """Return the error (…) of gaps (…, C, B)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # no class has a known label: NaN
        return np.nanmean(np.abs(class_gaps).sum(-1), axis=-1)


def interval(measured: np.ndarray, drawn: np.ndarray, level: float, widen: float) -> tuple[float, float]:
    """Return the interval of the error, for gaps (S, C, B) as measured and as resampled (S, R, C, B).

    Lower end: true gaps are taken to be as the measured ones, all smaller by one factor; it is that under which the
    measured error is as rare as the level allows. Upper end: of gaps so far from 0 that noise lifts none of them, where
    an error as small as the measured one is likeliest; the error is then linear in the gaps. `widen` is that of the
    noise: few groups.
    """
    known = ~np.isnan(measured).any((0, 2))
    measured, drawn = measured[:, known].astype(np.float32), drawn[:, :, known].astype(np.float32)
    noise, error = widen * (drawn - measured[:, None]), float(of_gaps(measured).mean())
    if error == 0:
        return 0.0, 0.0
    deviations = float(ndtri((1 + level) / 2))

    def likely(factor: float) -> float:
        moved = np.abs(factor * measured[:, None] + noise).sum((2, 3)).mean(0) / measured.shape[1]
        return float(np.nanmean(moved) + deviations * np.nanstd(moved))  # a sum of many: all but normal

    linear = (np.sign(measured)[:, None] * noise).sum((2, 3)).mean(0) / measured.shape[1]
    return error * _crossing(likely, error), error + deviations * float(np.nanstd(linear))


def _crossing(rising: Callable[[float], float], wanted: float) -> float:
    """Return the factor from 0 to 1 at which a rising function is `wanted`; 0 where it starts above."""
    low, high = 0.0, 1.0
    if rising(low) >= wanted:
        return 0.0
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < wanted else (low, middle)
    return (low + high) / 2


def _gaps(hits: np.ndarray, confidence: np.ndarray, group: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The gaps (R, B) of `hits` (N,) 0 or 1 against `confidence` (N,) in [0, 1]; NaN without rows."""
    # Bins are closed to the left, in float32 as the probabilities are; as in torchmetrics, 1 itself is one more bin.
    edges = np.linspace(0, 1, BINS + 1, dtype=np.float32)
    place = np.searchsorted(edges, confidence.astype(np.float32), side="right") - 1
    sums = np.zeros((2, weights.shape[1], BINS + 1))  # of gaps and of rows, by group and bin
    np.add.at(sums[0], (group, place), confidence - hits)
    np.add.at(sums[1], (group, place), 1)
    gap_sums, rows = weights @ sums[0], weights @ sums[1].sum(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return gap_sums / rows[:, None]
