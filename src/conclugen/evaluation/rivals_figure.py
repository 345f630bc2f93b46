"""A figure of rivals: each row's headline metric around the row of the reference method that it was tested against.

Entry module. After the comparison with a control in Demšar 2006 (section 3.2.2, Figure 2): a band of one critical
difference to either side of the control, outside of which rows are told from it. Here the band is drawn row by row, for
every paired test has its own least detectable difference; a panel per data set and `against`, and the marker is filled
where the test tells the two apart after Holm's correction. Drawn from `results/tables/rivals.csv`.
"""

from __future__ import annotations

import argparse
import functools
from collections.abc import Sequence

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from conclugen.evaluation import style
from conclugen.evaluation.estimates import CHANCE
from conclugen.evaluation.figures import draw_one
from conclugen.evaluation.metrics import best
from conclugen.evaluation.pretext import flag

ROW = 0.28  # inches


def panels(table: Sequence[dict[str, str]]) -> list[tuple[dict[str, str], list[dict[str, str]]]]:
    """Return, for each data set and `against`, the row of the reference method and the rows tested against it, the
    highest value first."""
    tested_rows = {}
    for row in table:
        if row["against"]:
            tested_rows.setdefault((row["dataset"], row["against"]), []).append(row)
    rows_by_name = {(row["dataset"], f"{row['method']} ({row['protocol']})"): row for row in table}
    return [
        (rows_by_name[place], sorted(rows, key=lambda row: float(row["value"]), reverse=True))
        for place, rows in tested_rows.items()
    ]


def rivals(table: Sequence[dict[str, str]], level: float) -> Figure:
    """Draw a panel per data set and row of the reference method; `level`: of the tests."""
    drawn = panels(table)
    if not drawn:
        raise ValueError("no row was tested against the reference method; there is nothing to draw")
    heights = [len(rows) + 3.5 for _, rows in drawn]
    figure, axes = plt.subplots(
        len(drawn),
        1,
        figsize=(7, 0.6 + ROW * sum(heights)),
        height_ratios=heights,
        layout="constrained",
        squeeze=False,
    )
    for panel, (reference, rows) in zip(axes[:, 0], drawn, strict=True):
        chance = [row for row in table if row["dataset"] == reference["dataset"] and row["protocol"] == CHANCE]
        _panel(panel, reference, rows, best((float(row["value"]) for row in chance), reference["metric"]), 1 - level)
    return figure


def _panel(axes: Axes, reference: dict[str, str], rows: Sequence[dict[str, str]], chance: float, alpha: float) -> None:
    middle = float(reference["value"])
    for place, row in enumerate(rows):
        apart = bool(row["p_holm"]) and float(row["p_holm"]) < alpha
        if row["detectable"]:
            reach = float(row["detectable"])
            axes.barh(place, 2 * reach, left=middle - reach, height=0.8, color=style.SKY, alpha=0.35, linewidth=0)
        colour = style.INK if not apart else style.GREEN if float(row["minus"]) > 0 else style.VERMILION
        style.interval(axes, (row["value_lo"], row["value_hi"]), place, colour)
        inside = colour if apart else "white"
        axes.plot(float(row["value"]), place, "o", color=colour, markerfacecolor=inside, markersize=5)
    axes.axvline(middle, color=style.BLUE, linewidth=1, label=f"{reference['dataset']}: {style.row_name(reference)}")
    axes.axvline(chance, color=style.INK, linewidth=0.8, linestyle=":", label="best of chance")
    axes.set_yticks(range(len(rows)), [_name(row) for row in rows], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel(style.metric_name(reference["metric"]), fontsize=8)
    axes.tick_params(axis="x", labelsize=8)
    axes.legend(fontsize=7, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, frameon=False)


def _name(row: dict[str, str]) -> str:
    name = style.row_name(row)
    return f"{name}, COLLAPSED" if flag(row) else name


def main(argv: Sequence[str] | None = None) -> None:
    """Write the figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--level", type=float, required=True, help="of the tests")
    arguments, others = parser.parse_known_args(argv)
    draw_one(others, __doc__, functools.partial(rivals, level=arguments.level))


if __name__ == "__main__":
    main()
