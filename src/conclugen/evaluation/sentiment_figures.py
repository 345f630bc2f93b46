"""Figures of sentiment, valence or arousal: the error with its interval by row, and what a row predicts against truth.

Entry module. `headline.png` is drawn from the table, as for expression; its dotted line is the training median, the
best answer without looking. Every file of scores gives `{method}-{protocol}.png`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from conclugen.evaluation import style
from conclugen.evaluation.figures import draw_all
from conclugen.evaluation.regression import HALF_SCALE, seven
from conclugen.evaluation.scores import Score, Split

POINTS = 400  # beyond so many, points become fainter
SHOWN = HALF_SCALE + 0.5


def against_truth(split: Split, row: Score) -> Figure:
    """Draw what was predicted against what is true, every utterance with every seed, and the mean of each of the seven
    classes that occur.

    The diagonal is a perfect prediction, the dotted line the training median. Predictions beyond the scale stand at the
    edge. Error and correlation are means over seeds.
    """
    true, said = row.drawn["true"], row.drawn["said"]
    figure, axes = plt.subplots(figsize=(4.6, 4.4), layout="constrained")
    axes.axline((0, 0), slope=1, color=style.GREY, linewidth=0.8, label="perfect")
    axes.axhline(split.median, color=style.INK, linewidth=0.8, linestyle=":", label="training median")
    clipped = np.clip(said, -SHOWN, SHOWN).ravel()
    faint = min(0.5, (POINTS / len(clipped)) ** 0.5 / 2)
    axes.plot(np.tile(true, len(said)), clipped, "o", color=style.SKY, markersize=3, alpha=faint, markeredgewidth=0)
    classes = np.unique(seven(true))
    means = [said[:, seven(true) == class_value].mean() for class_value in classes]
    axes.plot(
        classes, means, "D-", color=style.VERMILION, markersize=5, linewidth=1.5, label="mean at each whole number"
    )
    error, correlation = (row.metrics[name][0] for name in ("mae", "pearson"))
    axes.set(
        xlim=(-SHOWN, SHOWN),
        ylim=(-SHOWN, SHOWN),
        xlabel=f"true {split.classes[0]}",
        ylabel=f"predicted {split.classes[0]}",
        aspect="equal",
    )
    measured = f"mean absolute error {error:.3f}\nPearson correlation {correlation:.3f}"
    axes.text(0.97, 0.03, measured, ha="right", va="bottom", fontsize=7, transform=axes.transAxes)
    axes.legend(fontsize=7, loc="upper left")
    return figure


def main(argv: Sequence[str] | None = None) -> None:
    """Write the figures."""
    draw_all(argv, __doc__, lambda split, row: {"": against_truth(split, row)})


if __name__ == "__main__":
    main()
