"""How figures look: fit for print, and readable by eyes that take red for green, or see no colour at all.

Lines and points differ by marker and dash as well as by colour. Colours are those of Okabe and Ito (2008), and of
matplotlib's viridis where a colour stands for a number. A figure has no title: its caption says what it shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from conclugen.evaluation.report import names
from conclugen.store.atomic import atomic_path

INK, GREY = "#000000", "#7f7f7f"
BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY = "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"
COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h")  # 11: with 6 colours, 66 pairs before one comes again
DASHES = ("-", "--", "-.", ":")
HATCHES = ("", "///", "...", "xxx")
SHARES = "viridis"  # of numbers from 0 to 1
RC = {
    "pdf.fonttype": 42,  # letters stay letters, which publishers ask for
    "axes.spines.top": False,
    "axes.spines.right": False,
    "font.size": 9,
}
# Of each verdict of a table: colour, marker, and what it is called.
VERDICTS = {
    "yes": (GREEN, "^", "better than chance"),
    "no": (GREY, "o", "not told from chance"),
    "below": (VERMILION, "v", "worse than chance"),
    "unknown": (SKY, "D", "not tested"),
    "": (INK, "s", "chance, without input"),
}


def series(number: int) -> dict[str, Any]:
    """Return colour, marker and dash of the line with this number."""
    return {
        "color": COLOURS[number % len(COLOURS)],
        "marker": MARKERS[number % len(MARKERS)],
        "linestyle": DASHES[number % len(DASHES)],
    }


def row_name(row: Mapping[str, str]) -> str:
    """Return what a row of a table is called: a method, with its protocol in words where it has one of several."""
    if row["protocol"] == names.CHANCE:
        return f"{row['method']} (without input)"
    return names.row(row["method"], row["protocol"])


def metric_name(metric: str) -> str:
    """Return what a metric is called."""
    return names.METRICS.get(metric, metric)


def interval(axes: Axes, bounds: Sequence[str], place: float, colour: str, width: float = 1.5) -> None:
    """Draw an interval from a table along the horizontal, where there is one."""
    if all(bounds):
        axes.plot([float(bound) for bound in bounds], [place, place], color=colour, linewidth=width)


def save(figure: Figure, path: Path, pdf: Path | None = None) -> None:
    """Write a figure as PNG and, beside it or as `pdf`, as PDF, without a date or version in them, and close it."""
    files = {path: {"Software": None}, pdf or path.with_suffix(".pdf"): {"CreationDate": None, "Producer": None}}
    for file, about in files.items():
        with atomic_path(file) as temporary, matplotlib.rc_context(RC):
            figure.savefig(temporary, dpi=200, format=file.suffix[1:], metadata=about)
    plt.close(figure)
