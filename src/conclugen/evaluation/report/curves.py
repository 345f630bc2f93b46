"""How pretraining went: a small panel per method, a thin line per seed, on rows that were not trained on."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence

import matplotlib
import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from conclugen.evaluation.report import names, svg
from conclugen.evaluation.report.reading import Network

POINTS = 60  # of a line; more are not seen
SIZE = (3.6, 2.5)  # inches of 72 pixels
LOSSES = {name: svg.SERIES[place] for place, name in enumerate(names.LOSSES)}


@dataclasses.dataclass(frozen=True)
class Panels:
    """Panels that show one thing, by method: what that is, what lines mean (colour and words), and the drawings."""

    title: str
    caption: str
    legend: tuple[tuple[str, str], ...]
    drawn: tuple[Markup, ...]


def panels(networks: Sequence[Network]) -> list[Panels]:
    """Return the panels of networks of one corpus and preset; none without networks."""
    methods: dict[str, list[Network]] = {}
    for network in networks:
        methods.setdefault(network.method, []).append(network)
    shares = {column for network in networks for column in (network.history[0] if network.history else ())}
    used = [name for name in LOSSES if f"valid_{name}_share" in shares]
    painted = tuple((svg.THEME[LOSSES[name]], names.LOSSES[name]) for name in used)
    return [
        _panels(title, caption, legend or painted, methods, draw)
        for title, caption, legend, draw in (SHOWN if methods else ())
    ]


def _panels(
    title: str,
    caption: str,
    legend: tuple[tuple[str, str], ...],
    methods: Mapping[str, Sequence[Network]],
    draw: Callable[[Axes, Network], None],
) -> Panels:
    drawn = []
    for method, networks in methods.items():
        with matplotlib.rc_context(svg.STYLE):
            figure = Figure(figsize=SIZE, layout="constrained")
            axes = figure.add_subplot()
            for network in networks:
                draw(axes, network)
            if not any(len(line.get_xdata()) > 2 for line in axes.get_lines()):  # a method without this measure
                continue
            axes.set_title(method, loc="left")
            axes.set_xlabel("epoch")
            axes.margins(x=0.02)
        drawn.append(svg.inline(figure, f"{title}: {method}, {names.several(len(networks), 'network')}"))
    return Panels(title, caption, legend, tuple(drawn))


def _progress(axes: Axes, network: Network) -> None:
    for name, colour in LOSSES.items():
        _line(axes, network, f"valid_{name}_share", colour, dot=True)
    axes.axhline(0, color=svg.INK, linewidth=0.8, linestyle=":")
    axes.set_ylim(max(-0.5, min(-0.1, axes.dataLim.y0)), 1.05)
    axes.set_ylabel("chance (0) to best (1)")


def _loss(axes: Axes, network: Network) -> None:
    _line(axes, network, "loss", svg.FAINT)
    _line(axes, network, "valid_loss", svg.SERIES[0], dot=True)
    axes.set_ylabel("loss")


def _retrieval(axes: Axes, network: Network) -> None:
    _line(axes, network, "valid_retrieval", svg.SERIES[0], dot=True)
    chance = network.pretext["numbers"].get("retrieval_chance", math.nan)
    if math.isfinite(chance):
        axes.axhline(chance, color=svg.INK, linewidth=0.8, linestyle=":")
    axes.set_ylim(-0.02, 1.02)
    axes.set_ylabel("share found")


def _rank(axes: Axes, network: Network) -> None:
    _line(axes, network, "valid_effective_rank", svg.SERIES[0], dot=True)
    axes.axhline(2, color=svg.INK, linewidth=0.8, linestyle=":")
    axes.set_ylim(bottom=0)
    axes.set_ylabel("dimensions")


def _line(axes: Axes, network: Network, column: str, colour: str, dot: bool = False) -> None:
    """One thin line of a seed, thinned out to `POINTS`; `dot`: at the epoch that was kept."""
    known = [row for row in network.history if math.isfinite(row.get(column, math.nan))]
    if not known:
        return
    chosen = np.unique(np.linspace(0, len(known) - 1, min(POINTS, len(known))).round().astype(int))
    axes.plot(
        [known[n]["epoch"] + 1 for n in chosen],
        [known[n][column] for n in chosen],
        color=colour,
        linewidth=1,
        alpha=0.75,
    )
    marked = [row for row in known if dot and row["epoch"] == network.pretext["epoch"]]
    for row in marked:
        axes.plot(row["epoch"] + 1, row[column], "o", color=colour, markersize=3.5)


BLUE = svg.THEME[svg.SERIES[0]]
# What is shown, in this order: title, caption, what lines mean (empty: the losses), and how one network is drawn.
SHOWN: tuple[tuple[str, str, tuple[tuple[str, str], ...], Callable[[Axes, Network], None]], ...] = (
    (
        "Progress at their own task",
        "How far each loss has come from its value by chance (0) to the best that its form allows (1), on clips that "
        "were not trained on. A dot marks the epoch that was kept; a line is a network.",
        (),
        _progress,
    ),
    (
        "Loss",
        "The sum of the losses, on validation and on training clips. Methods with different losses cannot be compared.",
        ((BLUE, "validation"), (svg.THEME[svg.FAINT], "training")),
        _loss,
    ),
    (
        "Retrieval across modalities",
        "How often the nearest vector of another modality is that of the same clip, on clips that were not trained on.",
        ((BLUE, "recall at 1"), (svg.THEME[svg.INK], "chance, dotted")),
        _retrieval,
    ),
    (
        "Dimensions in use",
        "Effective rank of representations, mean over modalities. Below 2 (dotted) a network counts as collapsed.",
        ((BLUE, "effective rank"),),
        _rank,
    ),
)
