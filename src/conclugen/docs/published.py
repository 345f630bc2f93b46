"""The page of published results, printed from `docs/published.csv`: a table per data set, in the order of the file."""

from __future__ import annotations

import csv
from pathlib import Path

from conclugen.docs.markdown import grid

FILE = Path(__file__).resolve().parents[3] / "docs" / "published.csv"
COLUMNS = ("dataset", "method", "reads", "metric", "value", "chance", "folds", "chosen", "source")
HEAD = ("method", "reads", "metric", "published", "learned nothing", "folds", "epoch chosen on", "source")


def rows() -> list[dict[str, str]]:
    """Return the rows of the file. Raises ValueError for a column that is missing, or a cell that must not be empty."""
    with open(FILE, encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise ValueError(f"{FILE}: columns are {reader.fieldnames}; expected {COLUMNS}")
        records = list(reader)
    for number, row in enumerate(records, 2):
        if empty := [name for name in COLUMNS if name != "chance" and not row[name]]:
            raise ValueError(f"{FILE}, line {number}: {empty[0]} is empty")
    return records


def published() -> str:
    """Return the tables."""
    by_dataset: dict[str, list[dict[str, str]]] = {}
    for row in rows():
        by_dataset.setdefault(row["dataset"], []).append(row)
    parts = (f"## {name}\n\n{grid(HEAD, [_cells(row) for row in records])}" for name, records in by_dataset.items())
    return "\n\n".join(parts)


def _cells(row: dict[str, str]) -> list[str]:
    return [row[name] or "–" for name in COLUMNS[1:]]
