"""Rows of a table against one thing that they are to beat, in words: by how much, with which interval, tested how."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

from conclugen.evaluation import metrics
from conclugen.evaluation.report import names
from conclugen.evaluation.report.names import gain, number, probability, several, span
from conclugen.evaluation.report.reading import Measured

Row = Mapping[str, str]
POWER = "A single test finds a true difference of {} four times out of five."
LESS = "Smaller ones are not excluded."


@dataclasses.dataclass(frozen=True)
class Said:
    """One finding: what it says of pretraining (`yes`, `no`, `below`, `unknown`, or empty), a sentence, its numbers."""

    verdict: str
    sentence: str
    numbers: str = ""


@dataclasses.dataclass(frozen=True)
class Compared:
    """A row beside another that it is to beat.

    Attributes:
        row, other: the two; no other where the table lacks it.
        value, low, high: the difference of their headline metrics, and its interval.
        verdict: yes, no, below or unknown.
        detectable: the least true difference that the test finds four times out of five.
        p: after correction for all rows that are compared; NaN where tests are made one by one.
    """

    row: Row
    other: Row | None
    value: float
    low: float
    high: float
    verdict: str
    detectable: float
    p: float = math.nan


def told(table: Measured, compared: Sequence[Compared], what: str) -> Said:
    """Say whether any row beats `what`: of those that do, or else of all, the one that gains most, with its numbers."""
    said = [comparison.verdict for comparison in compared]
    winners = [comparison for comparison in compared if comparison.verdict == "yes"]
    best = max(winners or compared, key=lambda comparison: rank(table, comparison.value))
    numbers = [_apart(table, best, len(compared))]
    if winners:
        sentence = f"{called(best.row)} beats {what}."
        verdict, count = "yes", f"{len(winners)} of {several(len(compared), 'pretrained row')}"
        numbers.append(f"{count} {'does' if len(winners) == 1 else 'do'}.")
    elif set(said) == {"unknown"}:
        sentence = f"Whether any pretrained method beats {what} cannot be tested here."
        verdict = "unknown"
        numbers.append(why_untested(best.row))
    else:
        sentence, verdict = f"No pretrained method beats {what}.", "no"
        if math.isfinite(best.detectable):
            numbers += [POWER.format(number(best.detectable)), *([LESS] if math.isfinite(best.p) else [])]
    if worse := said.count("below"):
        numbers.append(f"{several(worse, 'row')} {'is' if worse == 1 else 'are'} worse.")
    return Said(verdict, sentence, " ".join(numbers))


def _apart(table: Measured, best: Compared, count: int) -> str:
    """The scores of the two, how far they lie apart, and how that was tested."""
    metric = headline_of(table)
    reached = f"{names.headline(metric)} {number(as_float(best.row[metric]))}"
    against = f" against {number(as_float(best.other[metric]))}" if best.other else ""
    between = span(best.low, best.high, metric)
    apart = f"{gain(best.value, metric)}" + (f" ({level(table)} interval {between})" if between else ", no interval")
    tested = ""
    if math.isfinite(best.p):
        tested = f"; p {'' if best.p < 0.001 else '= '}{probability(best.p)}" + (
            f" after correction for {count} rows" if count > 1 else ""
        )
    elif best.verdict != "unknown" and count > 1:
        tested = f"; not corrected for {count} rows"
    prefix = f"Best of {count}: " if count > 1 else ""
    return f"{prefix}{called(best.row)}, {reached}{against}: {apart}{tested}."


def why_untested(row: Row) -> str:
    """Return what keeps a row from being tested."""
    return f"{row['caution'].capitalize()}." if row["caution"] else "Groups or seeds are too few."


def headline_of(table: Measured) -> str:
    """Return the name of the headline metric of a table."""
    return table.scores.split.headline


def level(table: Measured) -> str:
    """Return the level of its intervals."""
    return f"{table.scores.split.level:.0%}".replace("%", " %")


def rank(table: Measured, value: float) -> float:
    """Return the value so that higher is better, whatever the metric; what is not defined comes last."""
    if not math.isfinite(value):
        return -math.inf
    return -value if headline_of(table) in metrics.LOWER_IS_BETTER else value


def row_of(table: Measured, method: str, protocol: str) -> Row | None:
    """Return the row of a method and protocol; None where the table has none."""
    return next((row for row in table.rows if (row["method"], row["protocol"]) == (method, protocol)), None)


def called(row: Row) -> str:
    """Return what a row is called within a sentence."""
    return names.row(row["method"], row["protocol"])


def valued(row: Row, metric: str, table: Measured) -> str:
    """Return a metric of a row with its interval."""
    low, high = as_float(row[f"{metric}_lo"]), as_float(row[f"{metric}_hi"])
    between = f" ({level(table)} interval {number(low)} to {number(high)})" if math.isfinite(low + high) else ""
    return number(as_float(row[metric])) + between


def as_float(text: str) -> float:
    """Return a cell as a number; NaN where it is empty."""
    return float(text) if text else math.nan
