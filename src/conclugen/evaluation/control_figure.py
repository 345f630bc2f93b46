"""A figure of the controls: in each world, every method between chance, the raw features and the oracle.

Entry module. Drawn from the table of controls.
"""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from conclugen.evaluation import style
from conclugen.evaluation.control import ORACLE
from conclugen.evaluation.figures import draw_one
from conclugen.evaluation.metrics import best
from conclugen.evaluation.pretext import flag
from conclugen.evaluation.report.names import PROTOCOLS, method
from conclugen.pretrain.unlearned import RAW

STYLES = {"raw": (style.GREY, "s"), "linear": (style.GREEN, "o"), "linear_input": (style.BLUE, "^")}
OTHER = (style.ORANGE, "D")
LINES = {"chance": ":", "raw features": "--", "oracle": "-"}
LEFT_OUT = ("chance", "shuffled")


def controls(table: Sequence[dict[str, str]]) -> Figure:
    """Draw a panel per world: each method's value with its interval and worst seed, and what it is measured against."""
    worlds = list(dict.fromkeys(row["world"] for row in table))
    rows = [row for row in table if row["protocol"] not in LEFT_OUT]
    names = list(dict.fromkeys(_name(row, table) for row in rows))
    protocols = list(dict.fromkeys(row["protocol"] for row in rows))
    size = (2 + 2.6 * len(worlds), 1.6 + 0.36 * len(names))
    figure, panels = plt.subplots(1, len(worlds), figsize=size, layout="constrained", sharey=True, squeeze=False)
    for axes, world in zip(panels[0], worlds, strict=True):
        mine = [row for row in table if row["world"] == world]
        _lines(axes, mine)
        for row in (row for row in mine if row["protocol"] not in LEFT_OUT):
            number = protocols.index(row["protocol"])
            place = len(names) - 1 - names.index(_name(row, table))
            _point(axes, row, place + 0.5 * ((len(protocols) - 1) / 2 - number) / len(protocols))
        axes.set_title(world, fontsize=10)
        axes.set_xlabel(style.metric_name(mine[0]["metric"]).partition(",")[0], fontsize=8)
        axes.tick_params(labelsize=8)
    panels[0][0].set_yticks(range(len(names)), reversed(names))
    handles = [
        plt.Line2D([], [], color=colour, marker=marker, markersize=4, label=PROTOCOLS.get(name, name))
        for name in protocols
        for colour, marker in [_style(name)]
    ]
    handles.append(plt.Line2D([], [], color=style.INK, marker="|", linestyle="", label="worst seed"))
    if any(flag(row) for row in rows):
        hollow = {"marker": "o", "markerfacecolor": "white", "markersize": 4, "linestyle": ""}
        handles.append(plt.Line2D([], [], color=style.INK, label="collapsed networks", **hollow))
    handles += [plt.Line2D([], [], color=style.INK, linewidth=0.8, linestyle=s, label=n) for n, s in LINES.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=min(4, len(handles)), fontsize=8)
    return figure


def _name(row: dict[str, str], table: Sequence[dict[str, str]]) -> str:
    """A method, with its preset where the table compares several."""
    several = len({other["preset"] for other in table if other["protocol"] != "chance"}) > 1
    name = method(row["method"])
    return f"{name}, {row['preset']}" if several and row["protocol"] != "raw" else name


def _style(protocol: str) -> tuple[str, str]:
    return STYLES.get(protocol, OTHER)


def _lines(axes: Axes, rows: Sequence[dict[str, str]]) -> None:
    values = {row["method"]: float(row["value"]) for row in rows if row["protocol"] == "raw"}
    lucky = best((float(row["value"]) for row in rows if row["protocol"] == "chance"), rows[0]["metric"])
    for name, value in (("chance", lucky), ("raw features", values[RAW]), ("oracle", values[ORACLE])):
        axes.axvline(value, color=style.INK, linewidth=0.8, linestyle=LINES[name])


def _point(axes: Axes, row: dict[str, str], place: float) -> None:
    colour, marker = _style(row["protocol"])
    style.interval(axes, (row["lo"], row["hi"]), place, colour)
    fill = "white" if flag(row) else colour
    axes.plot(float(row["value"]), place, marker, color=colour, markerfacecolor=fill, markersize=4)
    if row["worst"]:
        axes.plot(float(row["worst"]), place, "|", color=colour, markersize=7)


def main(argv: Sequence[str] | None = None) -> None:
    """Write the figure."""
    draw_one(argv, __doc__, controls)


if __name__ == "__main__":
    main()
