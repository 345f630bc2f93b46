"""Intervals and paired tests by bootstrap over groups.

A resample draws as many groups (videos, dialogues, …) as the test split has, with replacement; every utterance counts
as often as its group was drawn. A metric is averaged over seeds within each resample, so an interval is about the test
set, not about one seed. All methods see the same resamples: their differences are paired. Only the shuffled control
draws its seeds, too: each is another permutation of the labels, and a few permutations do not average to chance. A
single group cannot be resampled: what is measured on one has no intervals and no tests (NaN).

Every table goes through `Resamples` and `Estimate`; the functions below are what they are made of.

Threshold metrics come from counts per group, so that a resample costs a matrix product, by the formulas of
`metrics.py`, `calibration.py` and `regression.py`; ranking metrics come from weighted ranks.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from conclugen.evaluation import calibration, regression
from conclugen.evaluation.metrics import BIASED, NAMES, compute, decide, mean_defined, nanmean, of_confusion, of_counts
from conclugen.evaluation.ranks import rank_metrics
from conclugen.evaluation.truth import Truth

PERMUTED = "shuffled"  # the protocol whose seeds permute labels


class Asked(Protocol):
    """What the settings of a table say about intervals: how many resamples, their seed, and the level."""

    @property
    def resamples(self) -> int: ...
    @property
    def seed(self) -> int: ...
    @property
    def level(self) -> float: ...


@dataclasses.dataclass(frozen=True, eq=False)
class Estimate:
    """A metric of one row of a table.

    Attributes:
        metric: its name.
        by_seed: (S,) its value with each seed, NaN where it is not defined.
        resampled: (R,) its mean over seeds in each resample; (0,) of a single group.
        level: of its intervals.
    """

    metric: str
    by_seed: np.ndarray
    resampled: np.ndarray
    level: float

    @property
    def value(self) -> float:
        """The mean over seeds."""
        return mean_defined(self.by_seed)

    def interval(self) -> tuple[float, float]:
        """Return the interval of the value."""
        return interval(self.resampled, self.level, self.value if self.metric in BIASED else None)

    def against(self, other: Estimate | None) -> tuple[float, float, float]:
        """Return the interval of the difference to `other` and its two-sided p; NaN without another to compare."""
        if other is None or other is self:
            return np.nan, np.nan, np.nan
        low, high = interval(self.resampled - other.resampled, self.level)
        return low, high, paired_p(self.resampled, other.resampled)


@dataclasses.dataclass(frozen=True, eq=False)
class Resamples:
    """The resamples of a split, the same for every row that is measured on it.

    Attributes:
        weights: (R, G) how often each group was drawn; (0, 1) of a single group.
        level: of intervals.
    """

    weights: np.ndarray
    level: float

    @classmethod
    def of(cls, truth: Truth, asked: Asked) -> Resamples:
        """Draw the groups of a split."""
        return cls(group_weights(int(truth.group.max()) + 1, asked.resamples, asked.seed), asked.level)

    def estimates(self, truth: Truth, scores: np.ndarray, protocol: str) -> dict[str, Estimate]:
        """Return every metric of the task, by name, for scores (S, N, C) of a row with this protocol."""
        each = [compute(truth.labels, one, truth.task) for one in scores]
        drawn = resampled(truth, scores, self.weights, protocol)
        return {
            name: Estimate(name, np.array([one[name] for one in each]), drawn[name], self.level)
            for name in NAMES[truth.task]
        }


def group_weights(groups: int, resamples: int, seed: int) -> np.ndarray:
    """Return (R, G): how often each group was drawn in each resample. Every row sums to G; a single group has none."""
    generator, count = np.random.default_rng(seed), resamples if groups > 1 else 0
    return generator.multinomial(groups, np.full(groups, 1 / groups), size=count).astype(np.int32)


def resampled(truth: Truth, scores: np.ndarray, weights: np.ndarray, protocol: str = "") -> dict[str, np.ndarray]:
    """Return every metric (R,), averaged over seeds, for scores (S, N, C) and group weights (R, G)."""
    each = [_one_seed(truth, one, weights) for one in scores]
    return {name: over_seeds([values[name] for values in each], protocol) for name in NAMES[truth.task]}


def over_seeds(each: Sequence[np.ndarray], protocol: str = "") -> np.ndarray:
    """Return the mean (R, …) of a resampled metric over seeds, (R, …) of each.

    For the protocol `shuffled` the mean is over as many seeds drawn with replacement, in each resample others.
    """
    values = np.stack(each)
    if protocol == PERMUTED:
        seeds, resamples = values.shape[:2]
        drawn = np.random.default_rng(resamples).integers(seeds, size=(seeds, resamples))
        values = values[drawn, np.arange(resamples)]
    return nanmean(values, 0)


def interval(values: np.ndarray, level: float, centre: float | None = None) -> tuple[float, float]:
    """Return the percentile interval of resampled values (R,); NaN where none is defined.

    With `centre`, a measured value of a metric whose resamples are biased, it is moved by how far their mean lies from
    that value, not below 0.
    """
    values = values[np.isfinite(values)]
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
