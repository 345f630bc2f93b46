"""What rows lose without a modality, beside what the raw features and untrained networks lose without it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

from conclugen.evaluation import metrics
from conclugen.evaluation.pretext import flag
from conclugen.evaluation.report import names
from conclugen.evaluation.report.bars import Bar, Scale
from conclugen.evaluation.report.compared import Row, Said, as_float
from conclugen.evaluation.report.views import Cell
from conclugen.pretrain.unlearned import UNTRAINED

CHANGE = ("change", "change_lo", "change_hi")


@dataclasses.dataclass(frozen=True)
class Line:
    """A row: what it is called, its kind, its score with all modalities, and its change without each."""

    method: str
    protocol: str
    kind: str
    collapsed: bool
    whole: Cell
    changes: Sequence[Cell]


@dataclasses.dataclass(frozen=True)
class Robustness:
    """The section: finding, modalities, rows, and where no change lies on the scale, in per cent."""

    said: Said
    modalities: Sequence[str]
    lines: Sequence[Line]
    zero: float


def section(rows: Sequence[Row], level: float) -> Robustness | None:
    """Return the section of a table of robustness; None where no row sees several modalities.

    Args:
        rows: of the table.
        level: of its intervals and tests.
    """
    masked = [row for row in rows if row["without"]]
    if not masked:
        return None
    modalities = list(dict.fromkeys(row["without"] for row in masked))
    by_row: dict[tuple[str, str], dict[str, Row]] = {}
    for row in rows:
        if row["protocol"] != names.CHANCE:
            by_row.setdefault((row["method"], row["protocol"]), {})[row["without"]] = row
    scale = Scale.over([0.0, *(as_float(row[name]) for row in masked for name in CHANGE)])
    lines = [_line(by_modality, modalities, scale, 1 - level) for by_modality in by_row.values()]
    return Robustness(_said(by_row, 1 - level), modalities, lines, scale.at(0))


def _line(by_modality: Mapping[str, Row], modalities: Sequence[str], scale: Scale, limit: float) -> Line:
    whole = by_modality[""]
    low, high = as_float(whole["value_lo"]), as_float(whole["value_hi"])
    between = f"{names.number(low)} to {names.number(high)}" if math.isfinite(low + high) else ""
    value = as_float(whole["value"])
    return Line(
        names.method(whole["method"]),
        names.PROTOCOLS.get(whole["protocol"], whole["protocol"]),
        names.kind(whole),
        bool(flag(whole)),
        Cell(names.number(value), between, value),
        [_change(by_modality[name], scale, limit) if name in by_modality else Cell("") for name in modalities],
    )


def _change(row: Row, scale: Scale, limit: float) -> Cell:
    value, low, high = (as_float(row[name]) for name in CHANGE)
    between = f"{names.signed(low)} to {names.signed(high)}" if math.isfinite(low + high) else ""
    return Cell(names.signed(value), between, value, Bar.of(scale, value, low, high), _verdict(row, limit))


def _verdict(row: Row, limit: float) -> str:
    """Whether a row is better (`yes`) or worse (`below`) without the modality, after Holm over the table."""
    p = as_float(row["p_holm"])
    if not math.isfinite(p):
        return "unknown"
    if p >= limit:
        return "no"
    return "yes" if metrics.is_better(as_float(row["change"]), 0, row["metric"]) else "below"


def _said(by_row: Mapping[tuple[str, str], Mapping[str, Row]], limit: float) -> Said:
    """Say what the best pretrained row leans on most, and whether an untrained network leans on it as much."""
    learned = {key: by_modality for key, by_modality in by_row.items() if names.kind(by_modality[""]) == "method"}
    if not learned:
        return Said("unknown", "No pretrained row sees several modalities at once.")
    metric = next(iter(learned.values()))[""]["metric"]
    sign = -1 if metric in metrics.LOWER_IS_BETTER else 1
    key, by_modality = max(learned.items(), key=lambda item: sign * as_float(item[1][""]["value"]))
    worst = min((row for name, row in by_modality.items() if name), key=lambda row: sign * as_float(row["change"]))
    lost = _in_words(worst, metric)
    control = by_row.get((UNTRAINED, key[1]), {}).get(worst["without"])
    beside = f"; untrained, the same network: {_in_words(control, metric)}" if control else ""
    verdict = _verdict(worst, limit)
    numbers = f"{names.row(*key)}, the best pretrained row, without {worst['without']}: {lost}{beside}."
    if verdict == "unknown":
        return Said("unknown", "Whether a modality is missed cannot be tested here.", numbers)
    if verdict != "below":
        return Said("no", "No modality is missed by the best pretrained row.", numbers)
    return Said("", f"Without {worst['without']}, the best pretrained row loses most.", numbers)


def _in_words(row: Row, metric: str) -> str:
    value, low, high = (as_float(row[name]) for name in CHANGE)
    between = names.span(low, high, metric)
    return names.gain(value, metric) + (f" ({between})" if between else "")
