"""What the page shows of a table: its rows with their bars, every metric, and confusion matrices."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

from conclugen.downstream.protocols import PROTOCOLS
from conclugen.evaluation import metrics
from conclugen.evaluation.pretext import flag
from conclugen.evaluation.report import names
from conclugen.evaluation.report.bars import Bar, Scale
from conclugen.evaluation.report.compared import Row, as_float, called
from conclugen.evaluation.report.matrices import Matrix, matrices
from conclugen.evaluation.report.names import number
from conclugen.evaluation.report.reading import Measured
from conclugen.pretrain.unlearned import RAW


@dataclasses.dataclass(frozen=True)
class Cell:
    """A number, its interval in words, its bar where there is one, and what it sorts by; `verdict`: of a comparison;
    `paper`: what the paper printed."""

    text: str
    interval: str = ""
    sort: float = math.nan
    bar: Bar | None = None
    verdict: str = ""
    paper: str = ""


@dataclasses.dataclass(frozen=True)
class Line:
    """A row of a table as the page shows it.

    Attributes:
        method, protocol, kind: in words; `names.kind`.
        collapsed: whether networks behind it have collapsed.
        score: the headline metric.
        raw, untrained, chance: compared with these; reference: p against the reference method, after Holm.
        pretext: the verdict on its networks; `notes`: what keeps it from being trusted.
        values: every metric, in the order of the table.
    """

    method: str
    protocol: str
    kind: str
    collapsed: bool
    score: Cell
    raw: Cell
    untrained: Cell
    chance: Cell
    reference: Cell
    pretext: str
    notes: str
    seeds: str
    values: tuple[Cell, ...]


@dataclasses.dataclass(frozen=True)
class Scores:
    """The headline figure: its scale, where the best chance row and the raw features lie on it, and lines by group."""

    metric: str
    better: str
    ticks: Sequence[tuple[float, str]]
    chance: float | None
    chance_text: str
    raw: float | None
    groups: Sequence[tuple[str, Sequence[Line]]]


def lines(table: Measured) -> list[Line]:
    """Return the rows of a table in its order."""
    metric = table.scores.split.headline
    scales = {"score": _scale(table.rows, metric), "raw": _scale_of_gains(table)}
    scales["untrained"] = Scale.over(
        value for row in table.rows for value in _triple(row, "minus_untrained", ("", "_lo", "_hi"))
    )
    return [_line(row, table, metric, scales) for row in table.rows]


def _line(row: Row, table: Measured, metric: str, scales: Mapping[str, Scale]) -> Line:
    gain = table.gains.get((row["method"], row["protocol"]))
    raw = Cell("")
    if gain is not None:
        raw = _difference((gain.value, gain.low, gain.high), scales["raw"], gain.verdict)
    triple = _triple(row, "minus_untrained", ("", "_lo", "_hi"))
    untrained = _difference(triple, scales["untrained"], row["beats_untrained"]) if row["beats_untrained"] else Cell("")
    notes = [row["caution"], f"backbone trained on these labels: {row['contaminated_streams']}"]
    cautions = "; ".join([notes[0]] * bool(notes[0]) + [notes[1]] * (row["contaminated"] == "yes"))
    p = as_float(row["p_holm"])
    return Line(
        names.method(row["method"]),
        names.PROTOCOLS.get(row["protocol"], row["protocol"]),
        names.kind(row),
        bool(flag(row)),
        _valued(row, metric, scales["score"]),
        raw,
        untrained,
        Cell("", verdict=row["beats_chance"]),
        Cell(names.probability(p) if math.isfinite(p) else "", sort=p),
        f"{row['networks_collapsed']} of {row['networks']} collapsed" if flag(row) else row["pretext"],
        cautions,
        row["seeds"],
        tuple(_valued(row, name) for name in metrics.NAMES[table.scores.split.task]),
    )


def scores(table: Measured, lines: Sequence[Line]) -> Scores:
    """Return the headline figure of a table; its lines are `lines`, chance rows but for their best left out."""
    metric = table.scores.split.headline
    scale = _scale(table.rows, metric)
    chance = metrics.best([as_float(row[metric]) for row in table.rows if row["protocol"] == "chance"], metric)
    raw = [as_float(row[metric]) for row in table.rows if (row["method"], row["protocol"]) == (RAW, "raw")]
    by_protocol: dict[str, list[Line]] = {}
    for row, line in zip(table.rows, lines, strict=True):
        if row["protocol"] != "chance":
            by_protocol.setdefault(row["protocol"], []).append(line)
    order = [name for name in (*PROTOCOLS, *by_protocol) if name in by_protocol]
    groups = [(names.PROTOCOLS.get(name, name), by_protocol[name]) for name in dict.fromkeys(order)]
    better = "to the left is better" if metric in metrics.LOWER_IS_BETTER else "to the right is better"
    known = math.isfinite(chance)
    return Scores(
        names.METRICS[metric],
        better,
        scale.labels(),
        scale.at(chance) if known else None,
        number(chance),
        scale.at(raw[0]) if raw else None,
        groups,
    )


def rows_of_classes(table: Measured) -> list[tuple[str, str, bool, Sequence[Matrix]]]:
    """Return, by row, what it is called, its kind, whether it is shown at once, and its confusion matrices: at once the
    raw features, the reference and the best pretrained row."""
    metric = table.scores.split.headline
    by_row = {(row["method"], row["protocol"]): row for row in table.rows}
    learned = [row for row in table.rows if names.kind(row) == "method"]
    best = metrics.best([as_float(row[metric]) for row in learned], metric)
    opened = {(RAW, "raw"), (table.settings.reference, "linear")}
    opened |= {(row["method"], row["protocol"]) for row in learned if as_float(row[metric]) == best}
    rows = []
    for row in sorted(table.scores.rows, key=lambda row: list(by_row).index((row.method, row.protocol))):
        key = row.method, row.protocol
        rows.append((called(by_row[key]), names.kind(by_row[key]), key in opened, matrices(table.scores.split, row)))
    return rows


def _scale(rows: Sequence[Row], metric: str) -> Scale:
    return Scale.over(value for row in rows for value in _triple(row, metric, ("", "_lo", "_hi")))


def _scale_of_gains(table: Measured) -> Scale:
    return Scale.over(value for gain in table.gains.values() for value in (0.0, gain.value, gain.low, gain.high))


def _valued(row: Row, name: str, scale: Scale | None = None) -> Cell:
    value, low, high = _triple(row, name, ("", "_lo", "_hi"))
    between = f"{number(low)} to {number(high)}" if math.isfinite(low + high) and low < high else ""
    printed = as_float(row.get(f"paper_{name}", ""))
    paper = number(printed) if math.isfinite(printed) else ""
    return Cell(number(value), between, value, Bar.of(scale, value, low, high) if scale else None, paper=paper)


def _difference(triple: tuple[float, float, float], scale: Scale, verdict: str) -> Cell:
    value, low, high = triple
    between = f"{names.signed(low)} to {names.signed(high)}" if math.isfinite(low) else ""
    return Cell(names.signed(value), between, value, Bar.of(scale, value, low, high), verdict)


def zero(table: Measured, what: str) -> float:
    """Return where no difference lies on the scale of differences to `raw` or `untrained`, in per cent."""
    if what == "raw":
        return _scale_of_gains(table).at(0)
    values = [v for row in table.rows for v in _triple(row, "minus_untrained", ("", "_lo", "_hi"))]
    return Scale.over(values).at(0)


def _triple(row: Row, name: str, endings: tuple[str, str, str]) -> tuple[float, float, float]:
    value, low, high = (as_float(row[f"{name}{ending}"]) for ending in endings)
    return value, low, high
