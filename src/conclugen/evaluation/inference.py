"""What may be said of a metric beyond the test groups and the training seeds that it was measured on.

A value is a mean over S seeds (networks trained anew) on a test split of G groups (videos, dialogues, speakers). Both
were drawn, and another draw would give another value. Its variance has a part of the groups, from the bootstrap over
groups of the mean over seeds, and a part of the seeds, from how far they lie apart. What seeds and groups do together
is in both; the groups' variance of single seeds tells how much that is, and it is counted once:

    V = V_G + max(0, s² − I) / S,    I = (mean over seeds of V_G of one seed − V_G) S / (S − 1)

Intervals and p are Student's, with the degrees of freedom of V after Satterthwaite (1946). The bootstrap alone is too
narrow: with G groups its variance is short by (G − 1) / G, and with five seeds, drawn with replacement, by a fifth. A p
from t has no floor, so that a correction over many tests asks for no more resamples; that few of them give a rough
variance is in the degrees of freedom.
"""

from __future__ import annotations

import dataclasses
import math
import warnings

import numpy as np
from scipy.special import ndtri, stdtr, stdtrit

from conclugen.evaluation.metrics import nanmean

LEAST_GROUPS = 10  # below, no test keeps its level, and none is made
LEAST_SEEDS = 5  # below, the part of the seeds is hardly known
POWER = 0.8  # with which a difference is called detectable


@dataclasses.dataclass(frozen=True)
class Groups:
    """The groups of a test split: how many, and as how many of equal size they count."""

    count: int
    effective: float

    @classmethod
    def of(cls, group: np.ndarray) -> Groups:
        """Count the groups of utterances (N,): (Σ n)² / Σ n² of equal size."""
        sizes = np.bincount(group).astype(float)
        return cls(int((sizes > 0).sum()), float(sizes.sum() ** 2 / (sizes**2).sum()))

    def widening(self, level: float) -> float:
        """Return by what factor noise that resamples of the groups show is to be widened, for intervals of a level."""
        freedom, share = max(1.0, self.effective - 1), (1 + level) / 2
        return float(stdtrit(freedom, share) / ndtri(share)) * math.sqrt(self.count / (self.count - 1))


@dataclasses.dataclass(frozen=True)
class Variance:
    """The variance of a mean over seeds, and its degrees of freedom; NaN where it is not known."""

    value: float
    freedom: float

    def half(self, level: float) -> float:
        """Return half the width of the interval."""
        return float(stdtrit(self.freedom, (1 + level) / 2)) * math.sqrt(self.value)

    def p(self, difference: float) -> float:
        """Return the two-sided p of a difference being 0; 1 where nothing varies and nothing differs."""
        if self.value == 0:
            return float(difference == 0)
        return float(2 * stdtr(self.freedom, -abs(difference) / math.sqrt(self.value)))

    def detectable(self, level: float) -> float:
        """Return the least true difference that a test at 1 − level finds with probability `POWER`; NaN without any
        variance."""
        if not self.value > 0:
            return math.nan
        return self.half(level) + float(stdtrit(self.freedom, POWER)) * math.sqrt(self.value)


@dataclasses.dataclass(frozen=True)
class SeedPart:
    """What seeds add to the variance of their mean: `value` for one estimate, and how well it is known."""

    value: float
    noise: float  # what it adds to the denominator of the degrees of freedom


def of_groups(drawn: np.ndarray, groups: Groups) -> np.ndarray:
    """Return the variance (…) that resamples (…, R) of the groups show; NaN of fewer than two."""
    if drawn.shape[-1] < 2 or groups.count < 2:
        return np.full(drawn.shape[:-1], math.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a metric that no resample defines: NaN
        return np.nanvar(drawn, axis=-1, ddof=1) * groups.count / (groups.count - 1)


def of_seeds(by_seed: np.ndarray, drawn: np.ndarray, groups: Groups, trained: bool) -> SeedPart:
    """Return the part of the seeds, from values (S,) and their resamples (S, R).

    NaN of a single seed of something that was trained: how far another would lie from it, nobody knows.
    """
    known = by_seed[np.isfinite(by_seed)]
    count = len(known)
    if count < 2:
        lacking = math.nan if trained else 0.0
        return SeedPart(lacking, lacking)
    apart = float(known.var(ddof=1))
    single, together = (float(nanmean(np.atleast_1d(of_groups(d, groups)), 0)) for d in (drawn, nanmean(drawn, 0)))
    joint = max(0.0, single - together) * count / (count - 1)
    value = max(0.0, apart - joint) / count
    return SeedPart(value, (apart / count) ** 2 / (count - 1) if value > 0 else 0.0)


def combine(drawn: np.ndarray, groups: Groups, *seeds: SeedPart) -> Variance:
    """Return the variance of what the resamples (R,) show for the groups, and of the seeds' parts."""
    sampling = float(of_groups(drawn, groups))
    value = sampling + sum(part.value for part in seeds)
    if not math.isfinite(value) or value == 0:
        return Variance(value, math.nan)
    rough = sampling**2 * (1 / max(groups.effective - 1, 1) + 1 / (len(drawn) - 1))
    return Variance(value, max(1.0, value**2 / (rough + sum(part.noise for part in seeds))))


def holm(p: np.ndarray) -> np.ndarray:
    """Return Holm's adjusted p (M,): max over smaller ones of p times the tests that remain, at most 1. NaN stays."""
    adjusted = np.full(len(p), np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    adjusted[order] = np.minimum(1, np.maximum.accumulate(p[order] * (len(order) - np.arange(len(order)))))
    return adjusted


def caution(groups: int, seeds: int, trained: bool = True) -> str:
    """Return in words what keeps a row's intervals and tests from being trusted; nothing where nothing does."""
    words = []
    if groups < LEAST_GROUPS:
        words.append(f"{groups} {'group' if groups == 1 else 'groups'}: too few to test")
    if trained and seeds < LEAST_SEEDS:
        words.append(f"{seeds} {'seed' if seeds == 1 else 'seeds'}: fewer than {LEAST_SEEDS}")
    return "; ".join(words)
