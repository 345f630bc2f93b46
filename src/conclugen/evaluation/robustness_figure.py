"""A figure of what is lost without each modality: the change of the headline metric, row by row, with its interval.

Entry module. Drawn from the table of robustness.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from conclugen.evaluation import style
from conclugen.evaluation.figures import draw_one
from conclugen.evaluation.metrics import LOWER_IS_BETTER


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
        line = style.series(number)
        style.interval(axes, (row["change_lo"], row["change_hi"]), place, line["color"], 2)
        axes.plot(float(row["change"]), place, line["marker"], color=line["color"], markersize=4)
    axes.axvline(0, color=style.INK, linewidth=0.8, linestyle=":")
    labels = [style.row_name({"method": method, "protocol": protocol}) for method, protocol in reversed(names)]
    axes.set_yticks(np.arange(len(names)), labels, fontsize=8)
    metric = table[0]["metric"]
    worse = "to the right: worse" if metric in LOWER_IS_BETTER else "to the left: worse"
    axes.set_xlabel(f"change without a modality: {style.metric_name(metric)}\n({worse})")
    for number, name in enumerate(modalities):
        line = style.series(number)
        axes.plot([], [], marker=line["marker"], color=line["color"], label=f"without {name}")
    if masked:
        figure.legend(fontsize=7, ncols=len(modalities), loc="outside upper left", frameon=False)
    else:
        axes.text(0.5, 0.5, "no row sees several modalities", ha="center", transform=axes.transAxes)
    return figure


def main(argv: Sequence[str] | None = None) -> None:
    """Write the figure."""
    draw_one(argv, __doc__, changes)


if __name__ == "__main__":
    main()
