"""Numbers as people write them: with a decimal comma, by thousands, within a range, as times, as yes and no."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from conclugen.data.class_names import MISSING, folded
from conclugen.data.errors import LayoutError
from conclugen.data.notes import Notes
from conclugen.store.ledger import Status

_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")
EITHER = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")  # a thousand and more, or one and a fraction
_BY_COMMA = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?")  # 1,234.5 and 1,234,567
_BY_POINT = re.compile(r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?")  # 1.234,5 and 1.234.567
_CLOCK = re.compile(r"(?:(\d+):)?([0-5]?\d):([0-5]?\d(?:[.,]\d+)?)")
_TRUTH = {"true": 1.0, "yes": 1.0, "y": 1.0, "false": 0.0, "no": 0.0, "n": 0.0}
SLACK = 1e-3  # a thousandth beyond a range is a rounding error


def number(value: str) -> float:
    """Read a number with a decimal point; anything else is NaN."""
    try:
        return float("nan" if "_" in value else value.replace("\u2212", "-"))  # of `1_0` float would make ten
    except ValueError:
        return float("nan")


def numbers(values: Sequence[str], comma: bool = False, truth: bool = True) -> np.ndarray:
    """Read a column of numbers (N,); what is none is NaN, and so is an empty cell.

    `0,5` is a half. `1,234` is what other cells of the column show it to be: a thousand beside `0.5` or `1,234.5`, one
    and a fraction beside `0,5`; where none shows it, it is NaN.

    Args:
        values: the cells.
        comma: cells that show nothing have a decimal comma.
        truth: yes and no, true and false are 1 and 0.
    """
    by_comma = any(_BY_COMMA.fullmatch(value) and not EITHER.fullmatch(value) for value in values if "," in value)
    by_point = any(_BY_POINT.fullmatch(value) and ("," in value or value.count(".") > 1) for value in values)
    decimal_comma = by_point or any(_COMMA.fullmatch(v) and not EITHER.fullmatch(v) for v in values if "," in v)
    decimal_point = by_comma or (not by_point and any("." in value for value in values))
    read = _known_words if truth else number
    if by_comma and not decimal_comma:
        return np.array([read(v.replace(",", "") if _BY_COMMA.fullmatch(v) else v) for v in values], dtype=float)
    if by_point and not decimal_point:
        return np.array([read(_pointed(value)) for value in values], dtype=float)
    either = _either(decimal_comma, decimal_point, comma)
    return np.array([either(v) if EITHER.fullmatch(v) else read(_one_comma(v)) for v in values], dtype=float)


def _either(decimal_comma: bool, decimal_point: bool, comma: bool) -> Callable[[str], float]:
    """How to read numbers such as `1,234` in a column."""
    if decimal_point:
        return (lambda value: float("nan")) if decimal_comma else (lambda value: float(value.replace(",", "")))
    return (lambda value: float(value.replace(",", "."))) if decimal_comma or comma else (lambda value: float("nan"))


def _pointed(value: str) -> str:
    """A number whose thousands points part, as Python writes it; one with a point that parts none is no number."""
    if _BY_POINT.fullmatch(value):
        return value.replace(".", "").replace(",", ".")
    return "" if "." in value else _one_comma(value)


def _one_comma(value: str) -> str:
    return value.replace(",", ".") if "," in value and _COMMA.fullmatch(value) else value


def _known_words(value: str) -> float:
    parsed = number(value)
    return _TRUTH.get(value.lower(), parsed) if parsed != parsed else parsed


def seconds(values: Sequence[str], comma: bool = False) -> np.ndarray:
    """Read a column of times (N,) in seconds, or as `1:20`, `0:01:20.5` and `00:01:20,500`; what is none is NaN."""
    clocks = [_CLOCK.fullmatch(value) for value in values]
    read = numbers(["" if clock else value for value, clock in zip(values, clocks, strict=True)], comma, truth=False)
    for i, clock in enumerate(clocks):
        if clock:
            read[i] = 3600 * int(clock[1] or 0) + 60 * int(clock[2]) + float(clock[3].replace(",", "."))
    return read


def in_range(notes: Notes, name: str, values: np.ndarray, ids: Sequence[str], low: float, high: float) -> np.ndarray:
    """Return values (N,) with NaN for those outside [low, high], which are losses; a rounding error beyond is kept."""
    bad = np.isfinite(values) & ((values < low - SLACK) | (values > high + SLACK)) | np.isinf(values)
    notes.lose(
        Status.NO_LABEL,
        {ids[i]: f"{values[i]:g}" for i in np.flatnonzero(bad)},
        f"{name} is outside {low:g}..{high:g}",
    )
    notes.remark([ids[i] for i in np.flatnonzero(np.isnan(values))], f"no {name}")
    return np.where(bad, np.nan, values)


def require_range(source: str, values: np.ndarray, low: float, high: float) -> None:
    """Raise LayoutError where numbers (N,) lie outside [low, high], since then they are on another scale."""
    finite = values[np.isfinite(values)]
    bad = (finite < low - SLACK) | (finite > high + SLACK)
    if bad.any():
        raise LayoutError(
            f"{source}: {bad.sum()} of {len(finite)} values lie outside {low:g}..{high:g}; they run from "
            f"{finite.min():g} to {finite.max():g}. Rescale them, and leave missing ones empty"
        )


def times(notes: Notes, values: np.ndarray, filled: np.ndarray, ids: Sequence[str]) -> np.ndarray:
    """Return start and end (N, 2) in seconds, NaN where not `filled` (N, 2) bool: from the beginning, to the end.

    Where one is given but is no time, both are 0: an empty segment, which is lost. A NaN there would silently stand for
    the whole file. Lost, too, is what begins below 0 or does not end after its start.
    """
    lost = (filled & ~np.isfinite(values)).any(1)
    notes.lose(Status.BAD_TIMES, [ids[i] for i in np.flatnonzero(lost)], "start or end is no time in seconds")
    start = np.where(filled[:, 0], values[:, 0], 0.0)
    empty = ~lost & ((start < 0) | (filled[:, 1] & (values[:, 1] <= start)))
    spans = {ids[i]: " to ".join(f"{v:g}" for v in (start[i], values[i, 1])) for i in np.flatnonzero(empty)}
    notes.lose(Status.BAD_TIMES, spans, "start is below 0, or end not after it")
    return np.where(lost[:, None], 0.0, np.where(filled, values, np.nan))


def presences(
    notes: Notes,
    cells: Sequence[Sequence[str]],
    ids: Sequence[str],
    classes: Sequence[str],
    source: str,
    comma: bool = False,
) -> dict[str, np.ndarray]:
    """Read columns of numbers by class, NaN where there is none; a cell that is not empty and no number is a loss.

    Raises LayoutError where a column has cells, and none of them is a number.
    """
    columns = {}
    for name, values in zip(classes, cells, strict=True):
        column = numbers(values, comma)
        column[~np.isfinite(column)] = np.nan
        empty = ("", *MISSING)
        lost = {ids[i]: values[i] for i in np.flatnonzero(np.isnan(column)) if folded(values[i]) not in empty}
        if lost and not np.isfinite(column).any():
            raise LayoutError(
                f"{source}: the column {name!r} holds no number, but {next(iter(lost.values()))!r}; write 1 where the "
                "class is present and 0 where it is absent"
            )
        notes.lose(Status.NO_LABEL, lost, f"{name} is no number")
        columns[name] = column
    require_absences(source, np.column_stack(list(columns.values())))
    return columns


def require_absences(source: str, values: np.ndarray) -> None:
    """Raise LayoutError where presences (N, C) are all above 0: on a scale from 1, which would say nothing."""
    known = values[np.isfinite(values)]
    if len(values) > 1 and len(known) and (known > 0).all():
        raise LayoutError(
            f"{source}: every row has every class, as numbers run from {known.min():g} to {known.max():g} and above 0 "
            "means present. Let 0 stand for absent"
        )
