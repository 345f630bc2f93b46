"""A figure of what is lost without each modality: the change of the headline metric, row by row, with its interval.

Entry module. Drawn from the table of robustness.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from conclugen.evaluation.figures import draw_one
from conclugen.evaluation.metrics import LOWER_IS_BETTER

COLOURS = ("#4393c3", "#d6604d", "#1b7837", "#762a83", "#bf812d", "#888888")


def changes(table: Sequence[dict[str, str]]) -> Figure:
    """Draw the change of each row without each modality, and 0; rows keep the order of the table."""
    masked = [row for row in table if row["without"]]
    names = list(dict.fromkeys((row["method"], row["protocol"]) for row in masked))
    modalities = list(dict.fromkeys(row["without"] for row in masked))
    height = 1.4 + (0.12 + 0.14 * len(modalities)) * max(1, len(names))
    figure, axes = plt.subplots(figsize=(7, height), layout="constrained")
    for row in masked:
        number = modalities.index(row["without"])
        place = len(names) - 1 - names.index((row["method"], row["protocol"]))
        place += 0.7 * ((len(modalities) - 1) / 2 - number) / max(1, len(modalities))
        colour = COLOURS[number % len(COLOURS)]
        if row["change_lo"]:
            axes.plot([float(row["change_lo"]), float(row["change_hi"])], [place, place], color=colour, linewidth=2)
        axes.plot(float(row["change"]), place, "o", color=colour, markersize=4)
    axes.axvline(0, color="#222222", linewidth=0.8, linestyle=":")
    axes.set_yticks(np.arange(len(names)), [f"{m} ({p})" for m, p in reversed(names)], fontsize=8)
    metric = table[0]["metric"]
    worse = "to the right: worse" if metric in LOWER_IS_BETTER else "to the left: worse"
    axes.set_xlabel(f"change of {metric} without a modality, and its interval\n({worse})")
    for number, name in enumerate(modalities):
        axes.plot([], [], "o-", color=COLOURS[number % len(COLOURS)], label=f"without {name}")
    if masked:
        axes.legend(fontsize=7)
    else:
        axes.set_title("no row sees several modalities", fontsize=10)
    return figure


def main(argv: Sequence[str] | None = None) -> None:
    """Write the figure."""
    draw_one(argv, __doc__, changes)


if __name__ == "__main__":
    main()
