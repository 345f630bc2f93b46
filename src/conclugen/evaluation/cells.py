"""Tables as CSV: numbers with four decimals, the same bytes for the same values, no cell that a spreadsheet runs."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from conclugen.store.seals import check_seal, write_sealed

# What a spreadsheet may take for a formula, the wide forms of East Asian fonts among it, or skip before one.
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n", " ", "\u00a0")


def cell(value: Any) -> str:
    """Return a value as text: floats with four decimals, NaN and None empty, formula-like strings with a quote."""
    number = isinstance(value, float | np.floating)
    if value is None or (number and math.isnan(value)):
        return ""
    if number:
        return f"{round(float(value), 4) + 0.0:.4f}"  # adding 0.0 turns -0.0 into 0.0
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA) else text


def write_csv(path: str | Path, rows: Sequence[Mapping[str, Any]], columns: Sequence[str] | None = None) -> None:
    """Write rows and their seal atomically; `columns` are those of the first row unless given.

    Raises ValueError where rows differ in their columns.
    """
    columns = list(rows[0] if columns is None else columns)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        if list(row) != columns:
            raise ValueError(f"{path}: a row has the columns {list(row)}, expected {columns}")
        writer.writerow([cell(row[column]) for column in columns])
    write_sealed(Path(path), text.getvalue())


def read_table(path: str | Path) -> list[dict[str, str]]:
    """Read a table that `write_csv` wrote. Raises SealError where it was altered."""
    check_seal(Path(path))
    with open(path, encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))
