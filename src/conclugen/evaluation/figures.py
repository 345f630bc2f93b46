"""Figures of a data set: the headline metric with its interval by row, and the classes of the chosen methods.

Entry module. `headline.png` is drawn from the table, the others from scores. Every file of scores gives
`{method}-{protocol}.png`: for single label a confusion matrix (as in Figures 2 and 3 of the paper), for multi-label
recall, specificity and average precision by class above a confusion matrix of each; and `{method}-{protocol}.pr.png`,
precision against recall. Beside each lies the same as PDF.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from conclugen.evaluation import metrics, style
from conclugen.evaluation.cells import read_table
from conclugen.evaluation.confusion import of_two
from conclugen.evaluation.curves import RECALL
from conclugen.evaluation.pretext import flag
from conclugen.evaluation.scores import Score, Split, read_one


def headline(table: Sequence[dict[str, str]], task: str) -> Figure:
    """Draw each row's headline metric and interval, with colour and marker by its verdict."""
    name = metrics.HEADLINE[task]
    figure, axes = plt.subplots(figsize=(7, 1.2 + 0.28 * len(table)), layout="constrained")
    for place, row in enumerate(reversed(table)):
        colour, marker, _ = style.VERDICTS[row["beats_chance"]]
        style.interval(axes, (row[f"{name}_lo"], row[f"{name}_hi"]), place, colour, 2)
        fill = "white" if flag(row) else colour
        axes.plot(float(row[name]), place, marker, color=colour, markersize=5, markerfacecolor=fill)
    dotted, best = _dotted(table, task)
    axes.axvline(best, color=style.INK, linewidth=0.8, linestyle=":")
    axes.set_yticks(range(len(table)), [_named(row) for row in reversed(table)], fontsize=8)
    axes.set_xlabel(f"{style.metric_name(name)}\n(dotted: {dotted})")
    used = [
        legend_entry
        for verdict, legend_entry in style.VERDICTS.items()
        if verdict in {row["beats_chance"] for row in table}
    ]
    for colour, marker, meaning in used:
        axes.plot([], [], marker=marker, color=colour, label=meaning)
    figure.legend(fontsize=7, ncols=3, loc="outside upper left", frameon=False)
    return figure


def _named(row: dict[str, str]) -> str:
    """A row's name, and whether its networks have collapsed: such a point is hollow, too."""
    name = style.row_name(row)
    return f"{name}\n{flag(row)}" if flag(row) else name


def _dotted(table: Sequence[dict[str, str]], task: str) -> tuple[str, float]:
    """What rows are measured against, and its value: the best chance row; for sentiment the training median, the
    constant with the least error on the training split."""
    chance = {row["method"]: float(row[metrics.HEADLINE[task]]) for row in table if row["protocol"] == "chance"}
    if task == "regression":
        return "the training median", chance["training median"]
    return "the best chance row", metrics.best(chance.values(), metrics.HEADLINE[task])


def confusion(split: Split, row: Score) -> Figure:
    """Draw the confusion matrix, rows summing to 1, averaged over seeds."""
    share = row.drawn["decided"]
    figure, axes = plt.subplots(figsize=(1.6 + 0.62 * len(share), 1.4 + 0.55 * len(share)), layout="constrained")
    _matrix(axes, share, split.classes, "predicted class", "true class")
    return figure


def by_class(split: Split, row: Score) -> Figure:
    """Draw recall, specificity and average precision of each class, averaged over seeds, and the rate of positives;
    below, the confusion matrix of each class, rows summing to 1."""
    class_metrics = row.drawn["decided"]  # (C, 3)
    figure = plt.figure(figsize=(1.6 + 0.9 * len(class_metrics), 4.4), layout="constrained")
    grid = figure.add_gridspec(2, len(class_metrics), height_ratios=(2, 1))
    axes = figure.add_subplot(grid[0, :])
    places = np.arange(len(class_metrics))
    for number, (name, colour) in enumerate(zip(NAMES, (style.BLUE, style.SKY, style.ORANGE), strict=True)):
        kind = {"label": name, "color": colour, "hatch": style.HATCHES[number], "edgecolor": "white", "linewidth": 0}
        axes.bar(places + 0.26 * (number - 1), class_metrics[:, number], 0.24, **kind)
    rate = np.array(split.support) / np.array(split.known)
    axes.plot(places + 0.26, rate, "k_", markersize=14, label="rate of positives")
    axes.set_xticks(places, split.classes, fontsize=8)
    axes.set(ylim=(0, 1), ylabel="share")
    figure.legend(fontsize=7, ncols=4, loc="outside upper center", frameon=False)
    for place, (recall, specificity, _) in enumerate(class_metrics):
        _matrix(
            figure.add_subplot(grid[1, place]),
            of_two(recall, specificity),
            ("no", "yes"),
            "predicted",
            "true" if place == 0 else "",
        )
    return figure


def precision_recall(split: Split, row: Score) -> Figure:
    """Draw precision against recall of each class, averaged over seeds; at recall 1 precision is at least the class's
    share. A class that does not occur has no curve.
    """
    figure, axes = plt.subplots(figsize=(5.2, 4.2), layout="constrained")
    curves = zip(split.classes, *(row.drawn[name] for name in ("precision", "area", "share")), strict=True)
    for number, (name, precision, area, share) in enumerate(curves):
        if np.isfinite(share):
            line = style.series(number) | {"markevery": (4 * number % 20, 20), "markersize": 4, "linewidth": 1.5}
            axes.plot(RECALL, precision, label=f"{name}: {area:.2f} ({share:.2f})", **line)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="recall", ylabel="precision")
    axes.legend(fontsize=7, title="average precision (share)", title_fontsize=7)
    return figure


def _matrix(axes: Axes, shares: np.ndarray, names: Sequence[str], below: str, beside: str) -> None:
    """Shares (C, C) of each true class (rows) decided as each class, with their numbers; undefined ones stay white."""
    axes.imshow(shares, vmin=0, vmax=1, cmap=style.SHARES)
    for (row, column), value in np.ndenumerate(shares):
        if np.isfinite(value):
            colour = "black" if value > 0.5 else "white"
            axes.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=7, color=colour)
    axes.set_xticks(range(len(shares)), names, rotation=45, ha="right", fontsize=8)
    axes.set_yticks(range(len(shares)), names, fontsize=8)
    axes.set(xlabel=below, ylabel=beside)


NAMES = ("recall", "specificity", "average precision")


def draw_one(argv: Sequence[str] | None, about: str | None, draw: Callable[[Sequence[dict[str, str]]], Figure]) -> None:
    """Write the figure that `draw` makes of a table."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--table", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True, help=".png")
    parser.add_argument("--pdf", type=Path, required=True)
    arguments = parser.parse_args(argv)
    with matplotlib.rc_context(style.RC):
        style.save(draw(read_table(arguments.table)), arguments.output, arguments.pdf)


def draw_all(argv: Sequence[str] | None, about: str | None, draw: Callable[[Split, Score], dict[str, Figure]]) -> None:
    """Write the headline and, of every file of scores, what `draw` draws, by what its file's name ends with."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--table", type=Path, required=True)
    parser.add_argument("--chance", type=Path, required=True, help="scores of the chance rows")
    parser.add_argument("--scores", nargs="*", action="extend", type=Path, default=[], help="one file per row")
    parser.add_argument("--output-dir", type=Path, required=True)
    arguments = parser.parse_args(argv)
    scores = read_one([arguments.chance, *arguments.scores])
    with matplotlib.rc_context(style.RC):
        style.save(headline(read_table(arguments.table), scores.split.task), arguments.output_dir / "headline.png")
        for row in scores.rows:
            for ending, figure in draw(scores.split, row).items():
                style.save(figure, arguments.output_dir / f"{row.method}-{row.protocol}{ending}.png")


def of_classes(split: Split, row: Score) -> dict[str, Figure]:
    """Draw the two figures of a row."""
    decided = confusion(split, row) if split.task == "single" else by_class(split, row)
    return {"": decided, ".pr": precision_recall(split, row)}


def main(argv: Sequence[str] | None = None) -> None:
    """Write the figures."""
    draw_all(argv, __doc__, of_classes)


if __name__ == "__main__":
    main()
