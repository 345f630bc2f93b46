"""A metric of one row of a table: its value, its interval, and how it differs from another row's.

`inference.py` says what a variance is made of, `intervals.py` makes the estimates.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from scipy.special import expit, logit

from conclugen.evaluation.inference import LEAST_GROUPS, Groups, Variance, combine, of_seeds
from conclugen.evaluation.metrics import BIASED, UNBOUNDED, is_better, mean_defined, nanmean

CHANCE = "chance"  # the protocol of rows that nothing was trained for


@dataclasses.dataclass(frozen=True)
class Difference:
    """A difference of two estimates: its value, interval, two-sided p, and the least one that such a test finds.

    NaN where there is nothing to compare. Of fewer groups than `LEAST_GROUPS` there is an interval, but no test.
    """

    value: float = math.nan
    low: float = math.nan
    high: float = math.nan
    p: float = math.nan
    detectable: float = math.nan

    def verdict(self, metric: str) -> str:
        """Whether the first is better (yes), worse (below), not told from the second (no), or not tested (unknown)."""
        if not math.isfinite(self.p):
            return "unknown"
        if self.low <= 0 <= self.high:
            return "no"
        return "yes" if is_better(self.value, 0, metric) else "below"


NO_DIFFERENCE = Difference()


@dataclasses.dataclass(frozen=True, eq=False)
class Estimate:
    """A metric of one row of a table.

    Attributes:
        metric: its name.
        by_seed: (S,) its value with each seed, NaN where it is not defined.
        drawn: (S, R) its value with each seed in each resample of the groups; (S, 0) of a single group.
        level: of its intervals.
        groups: those of the test split.
        trained: whether its seeds trained something; a single one then says nothing about others.
        ends: the interval that resamples give, of a metric that has another way to it.
    """

    metric: str
    by_seed: np.ndarray
    drawn: np.ndarray
    level: float
    groups: Groups
    trained: bool = True
    ends: tuple[float, float] | None = None

    @property
    def value(self) -> float:
        """The mean over seeds."""
        return mean_defined(self.by_seed)

    def variance(self) -> Variance:
        """Return the variance of the value."""
        seeds = of_seeds(self.by_seed, self.drawn, self.groups, self.trained)
        return combine(nanmean(self.drawn, 0), self.groups, seeds)

    def interval(self) -> tuple[float, float]:
        """Return the interval of the value: on a scale without bounds where the metric has some."""
        value, variance = self.value, self.variance()
        if not math.isfinite(variance.value) or not math.isfinite(value):
            return math.nan, math.nan
        if variance.value == 0:
            return value, value
        if self.ends is not None:
            return self._with_seeds(self.ends)
        half, lowered = variance.half(self.level), value
        if self.metric in BIASED:
            # Resamples lie above the value as the value lies above the truth, but by how much is hardly known: up to
            # twice as far in simulations. So the lower end is that of a value so much lower, the upper end stays.
            bias = max(0.0, float(np.nanmean(self.drawn)) - value)
            lowered = float(np.clip(value - 2 * bias, 1e-3, 1 - 1e-3))
        low, high = between(lowered, half, self.metric)[0], between(value, half, self.metric)[1]
        return min(low, value), max(high, value)

    def against(self, other: Estimate | None, same_networks: bool = False) -> Difference:
        """Return the difference to `other`; none without another to compare.

        `same_networks`: seed by seed both come from the same network, so that what seeds add is that of differences.
        """
        if other is None or other is self:
            return NO_DIFFERENCE
        drawn, value = nanmean(self.drawn, 0) - nanmean(other.drawn, 0), self.value - other.value
        if same_networks:
            apart = self.by_seed - other.by_seed, self.drawn - other.drawn
            seeds = [of_seeds(*apart, self.groups, self.trained)]
        else:
            seeds = [
                of_seeds(estimate.by_seed, estimate.drawn, estimate.groups, estimate.trained)
                for estimate in (self, other)
            ]
        variance = combine(drawn, self.groups, *seeds)
        if not math.isfinite(variance.value):
            return Difference(value)
        half = variance.half(self.level) if variance.value else 0.0
        if self.groups.count < LEAST_GROUPS:
            return Difference(value, value - half, value + half)
        tested = variance.p(value), variance.detectable(self.level)
        return Difference(value, value - half, value + half, *tested)

    def _with_seeds(self, ends: tuple[float, float]) -> tuple[float, float]:
        """The interval of the groups, wider by what seeds add, and with the value in it."""
        part = of_seeds(self.by_seed, self.drawn, self.groups, self.trained)
        add = Variance(part.value, max(1.0, len(self.by_seed) - 1)).half(self.level) if part.value else 0.0
        middle = min(max(ends[0], self.value), ends[1])
        low, high = (middle + sign * math.hypot(end - middle, add) for sign, end in zip((-1, 1), ends, strict=True))
        return max(0.0, min(low, self.value)), max(high, self.value)


def between(value: float, half: float, metric: str) -> tuple[float, float]:
    """Return the interval value ± half of a metric, made on a scale on which it has no bounds (delta method).

    Shares between 0 and 1: the logit. Correlations: the logit of (1 + r) / 2, which is Fisher's z. Others as they are,
    not below 0.
    """
    if metric in UNBOUNDED:
        return max(0.0, value - half), value + half
    low = -1.0 if metric == "pearson" else 0.0
    share, half = (value - low) / (1 - low), half / (1 - low)
    if not 0 < share < 1:
        return value, value
    middle, reach = logit(share), half / (share * (1 - share))
    return tuple(float(low + (1 - low) * expit(middle + sign * reach)) for sign in (-1, 1))
