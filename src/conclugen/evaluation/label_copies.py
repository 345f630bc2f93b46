"""Features that tell a class from all others without a single error: most likely the label under another name.

For each class and each column, the values of the class are an interval; a column gives the class away where no other
row lies in it. Among N rows in random order, n of a class stand side by side with a chance of (N − n + 1) / C(N, n), so
small classes prove nothing: only what chance makes once in a thousand data sets of this size is reported.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator

import numpy as np

CHANCE = 1e-3
Blocks = Callable[[], Iterable[tuple[np.ndarray, np.ndarray]]]  # anew at each call: rows (n, D) and their labels (n, C)


def give_away(blocks: Blocks, classes: int) -> list[tuple[int, int]]:
    """Return (column, class) of each feature that tells the class without an error.

    Args:
        blocks: features (n, D) and labels (n, C), 1 or 0, NaN where unknown, in two passes.
        classes: C.
    """
    width, lows, highs, counts = 0, None, None, np.zeros((classes, 2), int)
    for features, labels in blocks():
        width = features.shape[1]
        if lows is None:
            lows, highs = np.full((classes, 2, width), np.inf), np.full((classes, 2, width), -np.inf)
        for of_class, present, rows in _groups(features, labels):
            counts[of_class, present] += len(rows)
            lows[of_class, present] = np.minimum(lows[of_class, present], rows.min(0))
            highs[of_class, present] = np.maximum(highs[of_class, present], rows.max(0))
    if lows is None:
        return []
    proof = np.array([[_by_chance(counts[c].sum(), counts[c, p]) * width * classes < CHANCE for p in (0, 1)]
                      for c in range(classes)])  # fmt: skip
    clear = np.broadcast_to(proof[:, :, None], (classes, 2, width)).copy()
    for features, labels in blocks():
        for of_class, present, rows in _groups(features, labels):
            if len(rows):
                inside = (rows >= lows[of_class, 1 - present]) & (rows <= highs[of_class, 1 - present])
                clear[of_class, 1 - present] &= ~inside.any(0)
    return [(int(column), int(of_class)) for of_class, column in np.argwhere(clear.any(1))]


def _groups(features: np.ndarray, labels: np.ndarray) -> Iterator[tuple[int, int, np.ndarray]]:
    for of_class in range(labels.shape[1]):
        for present in (0, 1):
            rows = features[labels[:, of_class] == present]
            if len(rows):
                yield of_class, present, rows


def _by_chance(rows: int, members: int) -> float:
    """The chance that `members` of `rows` stand side by side in random order; 1 where there are none."""
    if not 0 < members < rows:
        return 1.0
    ways = math.lgamma(rows + 1) - math.lgamma(members + 1) - math.lgamma(rows - members + 1)
    return min(1.0, math.exp(math.log(rows - members + 1) - ways))
