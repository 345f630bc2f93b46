"""What figures and pages draw of a row, computed from its predictions once.

`decided`: what is decided of what is true, mean over seeds (`confusion.py`): (C, C) for single label, (C, 3) for
several classes at once, (7, 7) for sentiment. `precision` (C, 100), `area` (C,), `share` (C,): the curves of classes
(`curves.py`). `true` (N,), `said` (S, N): the points of sentiment.
"""

from __future__ import annotations

import numpy as np

from conclugen.evaluation import confusion, curves
from conclugen.evaluation.truth import Truth

DECIDED = {"single": confusion.shares, "multi": confusion.of_classes, "regression": confusion.shares_of_seven}


def of(truth: Truth, scores: np.ndarray) -> dict[str, np.ndarray]:
    """Return the arrays that a row with scores (S, N, C) is drawn from."""
    decided = {"decided": np.mean([DECIDED[truth.task](truth, seed_scores) for seed_scores in scores], axis=0)}
    if truth.task == "regression":
        known = ~np.isnan(truth.labels[:, 0])
        return decided | {"true": truth.labels[known, 0], "said": scores[:, known, 0]}
    return decided | curves.of_classes(truth, scores)
