"""What each row of a table decides of each class: confusion matrices, averaged over seeds."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from conclugen.evaluation import confusion
from conclugen.evaluation.scores import Score, Split

SHORT = ("absent", "present")
SEVEN = tuple(f"{value:+d}".replace("-", "−").replace("+0", "0") for value in confusion.SEVEN)


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


def matrices(split: Split, row: Score) -> Sequence[Matrix]:
    """Return the matrix of a row: one of all classes, of seven for sentiment, or of each of several classes at once."""
    if split.task == "multi":
        return _of_each(split, row)
    classes = SEVEN if split.task == "regression" else split.classes
    return [Matrix("", classes, split.support, row.drawn["decided"])]


def _of_each(split: Split, row: Score) -> list[Matrix]:
    figures = []
    classes = zip(split.classes, split.known, split.support, row.drawn["decided"], strict=True)
    for name, known, present, (recall, specificity, _) in classes:
        figures.append(Matrix(name, SHORT, (known - present, present), confusion.of_two(recall, specificity)))
    return figures
