"""A figure of label efficiency: each row's headline metric over the share of the training labels it learned from.

Entry module. Drawn from a table of `label_efficiency`; a panel per data set.
"""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from conclugen.evaluation import style
from conclugen.evaluation.estimates import CHANCE
from conclugen.evaluation.figures import draw_one
from conclugen.evaluation.metrics import HEADLINE, best
from conclugen.evaluation.pretext import flag

APART = 1.02  # factor between the places of two rows, so that their intervals do not cover each other


def shares(table: Sequence[dict[str, str]]) -> Figure:
    """Draw a line per row of each data set, with its intervals, and the best chance row across."""
    datasets = list(dict.fromkeys(row["dataset"] for row in table))
    size = (1.5 + 6.5 * len(datasets), 5)
    figure, panels = plt.subplots(1, len(datasets), figsize=size, layout="constrained", squeeze=False)
    for axes, dataset in zip(panels[0], datasets, strict=True):
        _panel(axes, [row for row in table if row["dataset"] == dataset])
        if len(datasets) > 1:  # which panel it is; a single one needs no name
            axes.set_title(dataset, fontsize=9)
    return figure


def _panel(axes: Axes, rows: Sequence[dict[str, str]]) -> None:
    metric = next(name for name in HEADLINE.values() if any(row.get(name) for row in rows))
    chance = best((float(row[metric]) for row in rows if row["protocol"] == CHANCE), metric)
    rows = [row for row in rows if row["protocol"] != CHANCE]
    names = list(dict.fromkeys((row["method"], row["protocol"]) for row in rows))
    fractions = sorted({float(row["label_fraction"]) for row in rows})
    for number, name in enumerate(names):
        mine = sorted(
            (row for row in rows if (row["method"], row["protocol"]) == name), key=lambda r: float(r["label_fraction"])
        )
        places = [float(row["label_fraction"]) * APART ** (number - (len(names) - 1) / 2) for row in mine]
        values, line = [float(row[metric]) for row in mine], style.series(number)
        options = {"label": style.row_name(mine[0]), "markersize": 4}
        if any(flag(row) for row in mine):
            options |= {"label": f"{options['label']}, COLLAPSED networks", "markerfacecolor": "white"}
        axes.plot(places, values, **line, **options)
        for place, row in zip(places, mine, strict=True):
            if row[f"{metric}_lo"]:
                bounds = [float(row[f"{metric}_lo"]), float(row[f"{metric}_hi"])]
                axes.plot([place, place], bounds, color=line["color"], linewidth=0.8)
    axes.axhline(chance, color=style.INK, linewidth=0.8, linestyle=":", label="best of chance")
    axes.set_xscale("log")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(fractions, [f"{fraction:g}" for fraction in fractions], fontsize=8)
    axes.set_xlabel("share of the training labels", fontsize=8)
    axes.set_ylabel(style.metric_name(metric), fontsize=8)
    axes.tick_params(labelsize=8)
    axes.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1.01, 1.0))  # beside the lines, not over them


def main(argv: Sequence[str] | None = None) -> None:
    """Write the figure."""
    draw_one(argv, __doc__, shares)


if __name__ == "__main__":
    main()
