"""Precision against recall, class by class."""

from __future__ import annotations

import numpy as np

from conclugen.evaluation.ranks import average_precision, counts_above
from conclugen.evaluation.truth import Truth

RECALL = np.linspace(0.01, 1, 100)


def of_classes(truth: Truth, scores: np.ndarray) -> dict[str, np.ndarray]:
    """Return `precision` (C, 100) at `RECALL` and `area` (C,) below it, the average precision, both means over the
    seeds of scores (S, N, C), and `share` (C,), the class's among the utterances that have a label of it.

    Single label: each class against the rest, by its probability. NaN for a class that does not occur.
    """
    count = len(truth.classes)
    curves = {"precision": np.full((count, len(RECALL)), np.nan), "area": np.full(count, np.nan)}
    curves["share"] = np.full(count, np.nan)
    for c in range(count):
        known = ~np.isnan(truth.labels[:, c])
        true, class_scores = truth.labels[known, c] > 0.5, scores[:, known, c]
        if true.any():
            curves["precision"][c] = np.mean([curve(true, seed_scores) for seed_scores in class_scores], axis=0)
            curves["area"][c] = np.mean(
                [average_precision(true.astype(float), seed_scores) for seed_scores in class_scores]
            )
            curves["share"][c] = true.mean()
    return curves


def curve(true: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return the precision (100,) at which each of `RECALL` is first reached, for truth (N,) and scores (N,)."""
    hits, said = counts_above(true, scores)
    return (hits / said)[np.searchsorted(hits / hits[-1], RECALL - 1e-9)]
