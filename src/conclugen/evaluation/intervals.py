"""Intervals and paired tests of the metrics of a table, by bootstrap over groups.

A resample draws as many groups (videos, dialogues, …) as the test split has, with replacement; every utterance counts
as often as its group was drawn. All methods see the same resamples: their differences are paired. What resamples show
and how far seeds lie apart make the variance of a value or a difference; `inference.py` says how. A single group cannot
be resampled: what is measured on one has no intervals and no tests (NaN).

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
from conclugen.evaluation.estimates import CHANCE, Estimate
from conclugen.evaluation.inference import Groups
from conclugen.evaluation.metrics import CALIBRATION, HEADLINE, NAMES, compute, decide, nanmean, of_confusion, of_counts
from conclugen.evaluation.ranks import rank_metrics
from conclugen.evaluation.truth import Truth

Ranked = tuple[np.ndarray, np.ndarray]  # AUROC and average precision, (R, C) each


class Asked(Protocol):
    """What the settings of a table say about intervals: how many resamples, their seed, and the level."""

    @property
    def resamples(self) -> int: ...
    @property
    def seed(self) -> int: ...
    @property
    def level(self) -> float: ...


@dataclasses.dataclass(frozen=True, eq=False)
class Resamples:
    """The resamples of a split, the same for every row that is measured on it.

    Attributes:
        weights: (R, G) how often each group was drawn; (0, 1) of a single group.
        level: of intervals.
        groups: how many they are.
    """

    weights: np.ndarray
    level: float
    groups: Groups

    @classmethod
    def of(cls, truth: Truth, settings: Asked) -> Resamples:
        """Draw the groups of a split."""
        groups = Groups.of(truth.group)
        return cls(group_weights(groups.count, settings.resamples, settings.seed), settings.level, groups)

    def estimates(
        self, truth: Truth, scores: np.ndarray, protocol: str, ranked: Sequence[Ranked] = ()
    ) -> dict[str, Estimate]:
        """Return every metric of the task, by name, for scores (S, N, C) of a row with this protocol.

        `ranked`: what `rank` returns of each seed, where it is known already.
        """
        by_seed = [compute(truth.labels, seed_scores, truth.task) for seed_scores in scores]
        gaps = self._gaps(truth, scores)
        drawn = resampled(truth, scores, self.weights, gaps, ranked)
        estimates = {
            name: self.estimate(name, np.array([values[name] for values in by_seed]), drawn[name], protocol)
            for name in NAMES[truth.task]
        }
        for name in CALIBRATION & estimates.keys():
            estimates[name] = dataclasses.replace(estimates[name], ends=self._ends(truth, scores, gaps))
        return estimates

    def headline(self, truth: Truth, scores: np.ndarray, protocol: str) -> Estimate:
        """Return the headline metric alone, as `estimates` does, without the cost of the others."""
        name = HEADLINE[truth.task]
        if truth.task == "regression":
            return self.estimates(truth, scores, protocol)[name]
        whole = np.ones((1, self.weights.shape[1]), dtype=np.int32)
        values, drawn = (
            [decided(truth, seed_scores, w)[name] for seed_scores in scores] for w in (whole, self.weights)
        )
        return self.estimate(name, np.concatenate(values), np.stack(drawn), protocol)

    def estimate(self, name: str, by_seed: np.ndarray, drawn: np.ndarray, protocol: str) -> Estimate:
        """Return a metric with values (S,), resampled (S, R), of a row with this protocol."""
        return Estimate(name, by_seed, drawn, self.level, self.groups, protocol != CHANCE)

    def _gaps(self, truth: Truth, scores: np.ndarray) -> list[np.ndarray]:
        """The gaps of calibration of each seed, (R, C, B); none for sentiment."""
        if truth.task == "regression":
            return []
        return [
            calibration.gaps(truth.labels, seed_scores, truth.group, self.weights, truth.task) for seed_scores in scores
        ]

    def _ends(self, truth: Truth, scores: np.ndarray, gaps: list[np.ndarray]) -> tuple[float, float] | None:
        """The interval of the calibration error; none of a single group."""
        if self.groups.count < 2:
            return None
        whole = np.ones((1, self.groups.count))
        measured = [
            calibration.gaps(truth.labels, seed_scores, truth.group, whole, truth.task)[0] for seed_scores in scores
        ]
        drawn = np.stack([seed_gaps[: calibration.ENOUGH] for seed_gaps in gaps])
        return calibration.interval(np.stack(measured), drawn, self.level, self.groups.widening(self.level))


def group_weights(groups: int, resamples: int, seed: int) -> np.ndarray:
    """Return (R, G): how often each group was drawn in each resample. Every row sums to G; a single group has none."""
    generator, count = np.random.default_rng(seed), resamples if groups > 1 else 0
    return generator.multinomial(groups, np.full(groups, 1 / groups), size=count).astype(np.int32)


def resampled(
    truth: Truth,
    scores: np.ndarray,
    weights: np.ndarray,
    gaps: Sequence[np.ndarray] = (),
    ranked: Sequence[Ranked] = (),
) -> dict[str, np.ndarray]:
    """Return every metric (S, R) for scores (S, N, C) and group weights (R, G); `gaps` of calibration and ranks, if
    known."""
    by_seed = [
        _one_seed(truth, seed_scores, weights, gaps[n] if gaps else None, ranked[n] if ranked else None)
        for n, seed_scores in enumerate(scores)
    ]
    return {name: np.stack([values[name] for values in by_seed]) for name in NAMES[truth.task]}


def _one_seed(
    truth: Truth, scores: np.ndarray, weights: np.ndarray, gaps: np.ndarray | None, ranked: Ranked | None
) -> dict[str, np.ndarray]:
    if truth.task == "regression":
        return regression.resampled(truth.labels[:, 0], scores[:, 0], truth.group, weights)
    if gaps is None:
        gaps = calibration.gaps(truth.labels, scores, truth.group, weights, truth.task)
    error, metrics_drawn = calibration.of_gaps(gaps), decided(truth, scores, weights)
    if truth.task == "single":
        return {**metrics_drawn, "ece": error}
    area, precision = rank(truth, scores, weights) if ranked is None else ranked
    return {
        **metrics_drawn,
        "auroc_macro": nanmean(area, 1),
        "average_precision_macro": nanmean(precision, 1),
        "ece_macro": error,
    }


def decided(truth: Truth, scores: np.ndarray, weights: np.ndarray) -> dict[str, np.ndarray]:
    """Return the metrics (R,) of what scores (N, C) decide, for group weights (R, G)."""
    if truth.task == "single":
        return of_confusion(_confusion(truth, scores, weights))
    return of_counts(*counts(truth, scores, weights))


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


def rank(truth: Truth, scores: np.ndarray, weights: np.ndarray) -> Ranked:
    """Return AUROC and average precision of each class, (R, C) each, of scores (N, C) for group weights (R, G)."""
    resampled_rows = []
    for c in range(truth.labels.shape[1]):
        known = ~np.isnan(truth.labels[:, c])
        resampled_rows.append(rank_metrics(truth.labels[known, c], scores[known, c], truth.group[known], weights))
    area, precision = (np.stack(by_class, axis=1) for by_class in zip(*resampled_rows, strict=True))
    return area, precision
