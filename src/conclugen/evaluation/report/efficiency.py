"""Label efficiency: what rows reach after learning on shares of the labels, each beside what had nothing to learn from.

A panel holds one pretrained row, the raw features, and the same networks untrained: where these rise alike, labels did
it, not pretraining.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import matplotlib
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from conclugen.evaluation.metrics import best
from conclugen.evaluation.report import names, svg
from conclugen.evaluation.report.compared import Said
from conclugen.evaluation.report.gains import Key, is_pretrained
from conclugen.evaluation.report.shares import Share
from conclugen.evaluation.scores import Scores
from conclugen.pretrain.unlearned import RAW, UNTRAINED

SIZE = (3.6, 2.5)  # inches of 72 pixels
METHOD, RAW_COLOUR, CONTROL = svg.SERIES[0], svg.SERIES[1], svg.FAINT
LEGEND = (
    (svg.THEME[METHOD], "pretrained"),
    (svg.THEME[RAW_COLOUR], "raw features"),
    (svg.THEME[CONTROL], "untrained"),
    (svg.THEME[svg.INK], "best of chance, dotted"),
)


@dataclasses.dataclass(frozen=True)
class Reached:
    """What a row reaches with one share: the score, its interval in words, and the verdict against raw features."""

    text: str
    interval: str
    sort: float
    verdict: str


@dataclasses.dataclass(frozen=True)
class Efficiency:
    """The section: finding, shares in words, rows (name, protocol, kind, what each share reaches), and drawings."""

    said: Said
    shares: Sequence[str]
    rows: Sequence[tuple[str, str, str, Sequence[Reached]]]
    legend: Sequence[tuple[str, str]]
    drawn: Sequence[Markup]


def section(scores: Scores, shares: Sequence[Share], order: Sequence[Key]) -> Efficiency | None:
    """Return the section of a table whose rows stand in `order`; None where no shares were learned from."""
    if not shares:
        return None
    keys = [key for key in order if key in shares[-1].rows]
    rows = [
        (
            names.method(method),
            names.PROTOCOLS.get(protocol, protocol),
            names.kind({"method": method, "protocol": protocol}),
            [_reached(share, (method, protocol)) for share in shares],
        )
        for method, protocol in keys
    ]
    chance = best([row.headline.value for row in scores.chance], scores.split.headline)
    learned = [key for key in keys if is_pretrained(*key)]
    drawn = [_panel(shares, key, chance, scores.split.headline) for key in learned]
    return Efficiency(_said(shares, learned), [_percent(share.fraction) for share in shares], rows, LEGEND, drawn)


def _reached(share: Share, key: Key) -> Reached:
    row = share.rows.get(key)
    if row is None:
        return Reached("", "", math.nan, "")
    low, high = row.headline.interval()
    between = f"{names.number(low)} to {names.number(high)}" if math.isfinite(low + high) else ""
    gain = share.gains.get(key)
    return Reached(names.number(row.headline.value), between, row.headline.value, gain.verdict if gain else "")


def _said(shares: Sequence[Share], learned: Sequence[Key]) -> Said:
    """Say with which shares any pretrained row beats the raw features that learned on as much."""
    winning = {share.fraction: _winners(share) for share in shares}
    counts = [f"{_percent(share)}: {count} of {len(learned)}" for share, count in winning.items()]
    numbers = f"Pretrained rows that beat the raw features, by share of the labels: {'; '.join(counts)}."
    numbers += _with_least(shares[0], learned)
    if not any(share.gains for share in shares):
        return Said("unknown", "Nothing says what pretraining adds with few labels: the table has no raw features.")
    if all(gain.verdict == "unknown" for share in shares for gain in share.gains.values()):
        return Said("unknown", "Whether pretraining adds more with few labels cannot be tested here.", numbers)
    few = [share for share in shares if share.fraction < 1]
    if any(winning[share.fraction] for share in few):
        least = min(share.fraction for share in few if winning[share.fraction])
        return Said("yes", f"With {_percent(least)} of the labels, pretraining beats the raw features.", numbers)
    return Said("no", "With no share of the labels below all does pretraining beat the raw features.", numbers)


def _with_least(share: Share, learned: Sequence[Key]) -> str:
    """The best pretrained row with the least share, and beside it what the same network makes of that untrained."""
    known = [key for key in learned if key in share.rows]
    if not known:
        return ""
    metric = share.rows[known[0]].headline.metric
    reached = best([share.rows[key].headline.value for key in known], metric)
    key = next((key for key in known if share.rows[key].headline.value == reached), known[0])
    others = {"the same network untrained": (UNTRAINED, key[1]), "the raw features": (RAW, "raw")}
    beside = [
        f"{what} {names.number(share.rows[other].headline.value)}"
        for what, other in others.items()
        if other in share.rows
    ]
    values = [f"{names.row(*key)} {names.number(reached)}", *beside]
    return f" Best with {_percent(share.fraction)}: {', '.join(values)}."


def _winners(share: Share) -> int:
    return sum(gain.verdict == "yes" for gain in share.gains.values())


def _percent(fraction: float) -> str:
    return f"{100 * fraction:g} %"


def _panel(shares: Sequence[Share], key: Key, chance: float, metric: str) -> Markup:
    """One pretrained row, the raw features, the same networks untrained, and chance, over the share of the labels."""
    with matplotlib.rc_context(svg.STYLE):
        figure = Figure(figsize=SIZE, layout="constrained")
        axes = figure.add_subplot()
        for row_key, colour in (((UNTRAINED, key[1]), CONTROL), ((RAW, "raw"), RAW_COLOUR), (key, METHOD)):
            _line(axes, shares, row_key, colour)
        axes.axhline(chance, color=svg.INK, linewidth=0.8, linestyle=":")
        axes.set_xscale("log")
        axes.xaxis.set_minor_locator(NullLocator())
        fractions = [share.fraction for share in shares]
        axes.set_xticks(fractions, [f"{100 * fraction:g}" for fraction in fractions])
        axes.set_xlabel("labels learned from, %")
        axes.set_ylabel(names.headline(metric))
        axes.set_title(f"{names.method(key[0])}\n{names.PROTOCOLS.get(key[1], key[1])}", loc="left", fontsize=10)
    return svg.inline(figure, f"Label efficiency of {names.row(*key)}")


def _line(axes: Axes, shares: Sequence[Share], key: Key, colour: str) -> None:
    known = [(share.fraction, share.rows[key].headline) for share in shares if key in share.rows]
    axes.plot(
        [x for x, _ in known], [estimate.value for _, estimate in known], "o-", color=colour, linewidth=1, markersize=3
    )
    for x, estimate in known:
        low, high = estimate.interval()
        if math.isfinite(low + high):
            axes.plot([x, x], [low, high], color=colour, linewidth=0.8)
