"""What was decided of what is true, by class: shares of a confusion matrix, recall and specificity of classes."""

from __future__ import annotations

import numpy as np

from conclugen.evaluation import metrics
from conclugen.evaluation.ranks import average_precision
from conclugen.evaluation.regression import HALF_SCALE, seven
from conclugen.evaluation.truth import Truth

SEVEN = tuple(range(-HALF_SCALE, HALF_SCALE + 1))


def shares(truth: Truth, scores: np.ndarray) -> np.ndarray:
    """Return the share (C, C) of each true class (rows) that scores (N, C) decide as each class; NaN for a class that
    does not occur."""
    return _of_counts(truth.labels.T @ metrics.decide(scores, "single"))


def shares_of_seven(truth: Truth, scores: np.ndarray) -> np.ndarray:
    """Return the same (7, 7) of sentiment rounded to seven classes, for scores (N, 1)."""
    known = ~np.isnan(truth.labels[:, 0])
    true, said = (seven(values[known, 0])[:, None] == SEVEN for values in (truth.labels, scores))
    return _of_counts(true.T.astype(float) @ said)


def of_classes(truth: Truth, scores: np.ndarray) -> np.ndarray:
    """Return recall, specificity and average precision (C, 3) of each class of several at once, for scores (N, C)."""
    rows = []
    for c in range(len(truth.classes)):
        known = ~np.isnan(truth.labels[:, c])
        true, score = truth.labels[known, c] > 0.5, scores[known, c]
        said = score > metrics.THRESHOLD
        recall = said[true].mean() if true.any() else np.nan
        specificity = (~said[~true]).mean() if (~true).any() else np.nan
        rows.append((recall, specificity, average_precision(true.astype(float), score)))
    return np.array(rows)


def of_two(recall: float, specificity: float) -> np.ndarray:
    """Return the shares (2, 2) of a class that is absent, then present, of which these are the right ones."""
    return np.array([[specificity, 1 - specificity], [1 - recall, recall]])


def _of_counts(counts: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return counts / counts.sum(1, keepdims=True)
