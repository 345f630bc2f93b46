"""What each row of a table decides of each class: confusion matrices, averaged over seeds."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from conclugen.evaluation import confusion
from conclugen.evaluation.predictions import Predictions
from conclugen.evaluation.truth import Truth

SHORT = ("absent", "present")
SEVEN = tuple(f"{one:+d}".replace("-", "−").replace("+0", "0") for one in confusion.SEVEN)


@dataclasses.dataclass(frozen=True)
class Matrix:
    """The share of each true class (rows) that was decided as each class; NaN for one that does not occur.

    Attributes:
        title: the class that a matrix of two is about; empty where it is about all.
        classes: names of rows and columns.
        support: how many test utterances are truly of each class.
        shares: (C, C).
    """

    title: str
    classes: tuple[str, ...]
    support: tuple[int, ...]
    shares: np.ndarray


def matrices(truth: Truth, predictions: Predictions) -> Sequence[Matrix]:
    """Return the matrix of a row: one of all classes, of seven for sentiment, or of each of several classes at once."""
    if truth.task == "multi":
        return _of_each(truth, predictions)
    if truth.task == "regression":
        share = np.mean([confusion.shares_of_seven(truth, one) for one in predictions.scores], axis=0)
        rounded = confusion.seven(truth.labels[~np.isnan(truth.labels[:, 0]), 0])
        support = tuple(int((rounded == one).sum()) for one in confusion.SEVEN)
        return [Matrix("", SEVEN, support, share)]
    share = np.mean([confusion.shares(truth, one) for one in predictions.scores], axis=0)
    return [Matrix("", truth.classes, tuple(int(count) for count in truth.labels.sum(0)), share)]


def _of_each(truth: Truth, predictions: Predictions) -> list[Matrix]:
    each = np.mean([confusion.of_classes(truth, one) for one in predictions.scores], axis=0)
    found = []
    for name, known, (recall, specificity, _) in zip(truth.classes, truth.labels.T, each, strict=True):
        share = confusion.of_two(recall, specificity)
        present = int(np.nansum(known))
        found.append(Matrix(name, SHORT, (int((~np.isnan(known)).sum()) - present, present), share))
    return found
