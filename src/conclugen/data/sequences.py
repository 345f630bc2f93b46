"""Utterances in their order: the sequences, videos or dialogues, of a manifest (`data/order.py` says by which rule).

Utterances of two splits never stand in one sequence, whatever their names say.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

import numpy as np
import pandas as pd

from conclugen.data import order
from conclugen.data.errors import ManifestError


def sequences(table: pd.DataFrame, pattern: str | None) -> list[np.ndarray]:
    """Return, by sequence, its rows (L,) in their order; each row of the table stands in one of them.

    Args:
        table: of a manifest, its `split` that of the turn.
        pattern: of ids; None: by film and time. What it does not fit is a sequence by itself.

    Raises ManifestError for a pattern without two groups, and for a place that is no number.
    """
    keys, places = _by_time(table) if pattern is None else _by_id(table, pattern)
    rows = defaultdict(list)
    for row, (split, key) in enumerate(zip(table["split"], keys, strict=True)):
        rows[split, key].append(row)
    ids = table["utterance_id"].tolist()
    return [np.array(sorted(members, key=lambda row: (*places[row], ids[row]))) for members in rows.values()]


def _by_id(table: pd.DataFrame, pattern: str) -> tuple[list[Any], list[tuple[float, ...]]]:
    if problem := order.mistake(pattern):
        raise ManifestError(f"order: {problem}")
    matches = [re.fullmatch(pattern, name) for name in table["utterance_id"]]
    if odd := [match for match in matches if match and not _is_number(match[2])]:
        raise ManifestError(
            f"order: {odd[0][2]!r}, the second group of {pattern!r} in {odd[0][0]!r}, is no number to order by"
        )
    keys = [match[1] if match else (row,) for row, match in enumerate(matches)]
    return keys, [(float(match[2]) if match else 0.0,) for match in matches]


def _by_time(table: pd.DataFrame) -> tuple[list[Any], list[tuple[float, ...]]]:
    film = table["media"].where(table["media"].notna(), table["audio"])
    start, end = (table[name].to_numpy(dtype=float) for name in ("start_s", "end_s"))
    known = film.notna().to_numpy() & np.isfinite(start)
    keys = [name if timed else (row,) for row, (name, timed) in enumerate(zip(film, known, strict=True))]
    return keys, [(a, b) if timed else (0.0, 0.0) for a, b, timed in zip(start, np.nan_to_num(end), known, strict=True)]


def _is_number(value: str | None) -> bool:
    return value is not None and value.isdecimal()


def speakers(names: pd.Series, rows: np.ndarray) -> np.ndarray:
    """Return who speaks in each of `rows` (L,) as numbers from 0, by first appearance; all of whom nothing is known are
    one."""
    return pd.factorize(names.iloc[rows].fillna("").astype(str))[0]
