"""Precision against recall, class by class."""

from __future__ import annotations

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from sklearn.metrics import precision_recall_curve

from conclugen.evaluation import style
from conclugen.evaluation.metrics import average_precision
from conclugen.evaluation.predictions import Predictions
from conclugen.evaluation.truth import Truth

RECALL = np.linspace(0.01, 1, 100)


def precision_recall(truth: Truth, predictions: Predictions) -> Figure:
    """Draw the curve of each class, averaged over seeds; at recall 1 precision is at least the class's share.

    Single label: each class against the rest, by its probability. A class that does not occur has no curve.
    """
    figure, axes = plt.subplots(figsize=(5.2, 4.2), layout="constrained")
    for c, name in enumerate(truth.classes):
        line = style.series(c) | {"markevery": (4 * c % 20, 20), "markersize": 4, "linewidth": 1.5}
        known = ~np.isnan(truth.labels[:, c])
        true = truth.labels[known, c] > 0.5
        if not true.any():
            continue
        scores = predictions.scores[:, known, c]
        area = np.mean([average_precision(true.astype(float), one) for one in scores])
        label = f"{name}: {area:.2f} ({true.mean():.2f})"
        axes.plot(RECALL, np.mean([curve(true, one) for one in scores], axis=0), label=label, **line)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="recall", ylabel="precision")
    axes.legend(fontsize=7, title="average precision (share)", title_fontsize=7)
    return figure


def curve(true: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return the precision (100,) at which each of `RECALL` is first reached, for truth (N,) and scores (N,)."""
    precision, recall, _ = precision_recall_curve(true, scores)
    precision, recall = precision[-2::-1], recall[-2::-1]  # rising recall, without the point (0, 1) put there by hand
    return precision[np.searchsorted(recall, RECALL - 1e-9)]
