"""Every metric under its full name. Pure functions; `docs/metrics.md` has the formulas and says which the paper used.

Truth is (N, C) with 1, 0 and NaN for unknown (one-hot rows for single label); scores are (N, C) probabilities.
Unknown labels are left out, class by class. A class that a metric is not defined for (no positives; for some no
negatives either) is left out of its mean; a metric that no class defines is NaN. Threshold metrics are functions of
counts, so that resamples (weighted counts) go through the same formulas; those of ranks are in `ranks.py`. Sentiment,
whose truth and scores are numbers from -3 to 3, has its metrics in `regression.py`.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Sequence

import numpy as np

from conclugen.evaluation import calibration, ranks, regression

THRESHOLD = 0.5

MULTI = (
    "balanced_accuracy_mean",
    "f1_positive_macro",
    "auroc_macro",
    "average_precision_macro",
    "acc_plain_macro",
    "acc_support_weighted",
    "precision_support_weighted",
    "recall_support_weighted",
    "f1_support_weighted",
    "f1_binary_weighted",
    "ece_macro",
)
SINGLE = ("accuracy", "f1_weighted", "precision_weighted", "recall_weighted", "f1_macro", "recall_macro", "ece")
NAMES = {"multi": MULTI, "single": SINGLE, "regression": regression.NAMES}
HEADLINE = {"multi": "balanced_accuracy_mean", "single": "recall_macro", "regression": "mae"}
LOWER_IS_BETTER = frozenset({"mae", "rmse", "ece", "ece_macro"})
CALIBRATION = frozenset({"ece", "ece_macro"})
BIASED = frozenset({"average_precision", "average_precision_macro"})  # above the truth in few rows; resamples, again
UNBOUNDED = frozenset({"mae", "rmse"})  # above; all others are shares, or correlations


def compute(truth: np.ndarray, scores: np.ndarray, task: str) -> dict[str, float]:
    """Return every metric of the task, by name, as fractions of 1 (`mae`, `rmse`: in units of the label).

    Raises ValueError when shapes differ, scores are not finite, or no label is known.
    """
    if truth.shape != scores.shape or truth.ndim != 2:
        raise ValueError(f"truth is {truth.shape}, scores are {scores.shape}; both must be (N, C)")
    if not np.isfinite(scores).all():
        raise ValueError("scores are not finite")
    if not (~np.isnan(truth)).any():
        raise ValueError("no label is known; there is nothing to measure")
    if task == "regression":
        values = regression.compute(truth[:, 0], scores[:, 0])
    else:
        values = _multi(truth, scores) if task == "multi" else _single(truth, scores)
    return {name: float(values[name]) for name in NAMES[task]}


def best(values: Iterable[float], metric: str) -> float:
    """Return the best of a metric's values: the highest, or the lowest where lower is better; NaN where none is
    defined."""
    known = [value for value in values if math.isfinite(value)]
    return (min if metric in LOWER_IS_BETTER else max)(known, default=math.nan)


def worst(values: Iterable[float], metric: str) -> float:
    """Return the worst of a metric's values, NaN where none is defined."""
    known = [value for value in values if math.isfinite(value)]
    return (max if metric in LOWER_IS_BETTER else min)(known, default=math.nan)


def is_better(value: float, other: float, metric: str) -> bool:
    """Whether `value` is better than `other`."""
    return value < other if metric in LOWER_IS_BETTER else value > other


def decide(scores: np.ndarray, task: str) -> np.ndarray:
    """Return decisions (N, C) of 0 and 1: above 0.5 for multi-label, the first highest score for single label."""
    if task == "multi":
        return (scores > THRESHOLD).astype(np.int64)
    return np.eye(scores.shape[1], dtype=np.int64)[scores.argmax(1)]


def of_counts(hit: np.ndarray, false: np.ndarray, missed: np.ndarray, clear: np.ndarray) -> dict[str, np.ndarray]:
    """Return the multi-label threshold metrics (…) from weighted TP, FP, FN, TN, each (…, C)."""
    support, known = hit + missed, hit + false + missed + clear
    with np.errstate(divide="ignore", invalid="ignore"):
        recall, specificity, accuracy = hit / support, clear / (clear + false), (hit + clear) / known
        precision = np.where(hit + false > 0, hit / (hit + false), 0)
        f1 = np.where(support > 0, 2 * hit / (2 * hit + false + missed), np.nan)
        f1_negative = np.where(clear + false + missed > 0, 2 * clear / (2 * clear + false + missed), 0)
        both = (support * np.nan_to_num(f1) + (clear + false) * f1_negative) / known
    return {
        "balanced_accuracy_mean": nanmean((recall + specificity) / 2, -1),
        "f1_positive_macro": nanmean(f1, -1),
        "acc_plain_macro": nanmean(accuracy, -1),
        "acc_support_weighted": _weighted(accuracy, support),
        "precision_support_weighted": _weighted(precision, support),
        "recall_support_weighted": _weighted(recall, support),
        "f1_support_weighted": _weighted(f1, support),
        "f1_binary_weighted": nanmean(both, -1),
    }


def of_confusion(confusion: np.ndarray) -> dict[str, np.ndarray]:
    """Return the single-label metrics (…) from weighted confusion matrices (…, C, C), true class by decided class."""
    hit, support, said = np.diagonal(confusion, axis1=-2, axis2=-1), confusion.sum(-1), confusion.sum(-2)
    with np.errstate(divide="ignore", invalid="ignore"):
        recall = hit / support
        precision = np.where(said > 0, hit / said, 0)
        f1 = np.where(support > 0, 2 * hit / (support + said), np.nan)
        accuracy = hit.sum(-1) / support.sum(-1)
    return {
        "accuracy": accuracy,
        "f1_weighted": _weighted(f1, support),
        "precision_weighted": _weighted(precision, support),
        "recall_weighted": _weighted(recall, support),
        "f1_macro": nanmean(f1, -1),
        "recall_macro": nanmean(recall, -1),
    }


def _multi(truth: np.ndarray, scores: np.ndarray) -> dict[str, np.ndarray]:
    known, positive, said = ~np.isnan(truth), truth > 0.5, decide(scores, "multi") > 0
    kinds = (said & positive, said & ~positive, ~said & positive, ~said & ~positive)
    by_class = of_counts(*((kind & known).sum(0).astype(float) for kind in kinds))
    columns = [(truth[known[:, c], c], scores[known[:, c], c]) for c in range(truth.shape[1])]
    by_class["auroc_macro"] = nanmean(np.array([ranks.auroc(*column) for column in columns]), 0)
    by_class["average_precision_macro"] = nanmean(np.array([ranks.average_precision(*column) for column in columns]), 0)
    by_class["ece_macro"] = calibration.compute(truth, scores, "multi")
    return by_class


def _single(truth: np.ndarray, scores: np.ndarray) -> dict[str, np.ndarray]:
    known, classes = ~np.isnan(truth).any(1), truth.shape[1]
    true, decision = truth[known].argmax(1), decide(scores[known], "single").argmax(1)
    confusion = np.zeros((classes, classes))
    np.add.at(confusion, (true, decision), 1)
    values = of_confusion(confusion)
    return values | {"ece": calibration.compute(truth[known], scores[known], "single")}


def mean_defined(values: Sequence[float] | np.ndarray) -> float:
    """Mean over seeds of a metric, where it is defined; NaN where it never is."""
    known = np.asarray(values)[np.isfinite(values)]
    return float(known.mean()) if len(known) else math.nan


def nanmean(values: np.ndarray, axis: int) -> np.ndarray:
    """Mean over what is defined; NaN where nothing is."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the mean of nothing is NaN, as said
        return np.nanmean(values, axis=axis)


def _weighted(values: np.ndarray, support: np.ndarray) -> np.ndarray:
    """Mean over the last axis weighted by support; undefined values have none. NaN where there is no support."""
    total = support.sum(-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(total > 0, np.nansum(values * support, -1) / total, np.nan)
