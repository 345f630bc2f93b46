"""How many labelled utterances and classes each split or fold has.

The manifest carries the counts, so that a fold without labels or without a class is told while jobs are planned
(`conclugen.evaluable`), before anything is extracted or trained. Of the test fold nothing but these counts is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from conclugen.data.cross_validation import names_in

FOLDS = ("train", "valid", "test")
Counts = dict[str, Any]


def count(table: pd.DataFrame, task: str, classes: Sequence[str]) -> Counts:
    """Return, for each split or fold, `labelled`: how many have a known label, and `classes`: how many have each class.

    Args:
        table: rows (N) with `split`, and `label` (task single) or a column per class (multi: above 0 means present;
            regression: any known value is counted).
        task: single, multi, regression, or none, which gives no counts.
        classes: their names.
    """
    if task == "none":
        return {}
    if task == "single":
        known = pd.DataFrame({name: table["label"] == name for name in classes}, index=table.index)
        labelled = table["label"].notna()
    else:
        values = table[list(classes)].astype(float)
        known, labelled = (values > 0 if task == "multi" else values.notna()), values.notna().any(axis=1)
    turns = names_in(table["split"])
    parts = [*turns, "train"] if turns else FOLDS
    return {part: _count(known[table["split"] == part], labelled[table["split"] == part]) for part in parts}


def _count(known: pd.DataFrame, labelled: pd.Series) -> Counts:
    return {"labelled": int(labelled.sum()), "classes": {str(name): int(known[name].sum()) for name in known}}


def too_many(lost: int, count: int, limit: float, least: int) -> bool:
    """Whether more is lost than a share of `limit`; of fewer than `least` that counts only where nothing is left."""
    return lost / count > limit and (lost >= least or lost == count)
