"""Values as people write them: numbers with a range, times, and names of classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from conclugen.data.common import warn


def number(value: str) -> float:
    """Read a number; anything else is NaN."""
    try:
        return float(value)
    except ValueError:
        return float("nan")


def in_range(dataset: str, name: str, values: np.ndarray, ids: Sequence[str], low: float, high: float) -> np.ndarray:
    """Return values (N,) with NaN for those outside [low, high]; how many were lost is logged.

    A thousandth beyond the range is a rounding error and kept.
    """
    slack = 1e-3
    good = (values >= low - slack) & (values <= high + slack)
    warn(dataset, f"{name} is missing or outside {low:g}..{high:g}", [ids[i] for i in np.flatnonzero(~good)])
    return np.where(good, values, np.nan)


def times(dataset: str, values: np.ndarray, given: np.ndarray, ids: Sequence[str]) -> np.ndarray:
    """Return start and end (N, 2) in seconds, NaN where not `given` (N, 2) bool: from the beginning, to the end.

    Where one is given but is no time, both are 0: an empty segment, which stage one records as lost. A NaN there would
    silently stand for the whole file.
    """
    lost = (given & ~np.isfinite(values)).any(1)
    warn(dataset, "start or end is no time", [ids[i] for i in np.flatnonzero(lost)])
    return np.where(lost[:, None], 0.0, np.where(given, values, np.nan))


def one_of(dataset: str, values: Sequence[str], ids: Sequence[str], classes: Sequence[str]) -> list[str | None]:
    """Return the class that each value names, whatever its case; None for the others, which are logged."""
    known = {name.lower(): name for name in reversed(classes)} | {name: name for name in classes}
    found = [known.get(value, known.get(value.lower())) for value in values]
    lost = [f"{i} ({value})" for i, value, label in zip(ids, values, found, strict=True) if label is None and value]
    warn(dataset, f"label is not one of {', '.join(classes)}", lost)
    warn(dataset, "no label", [i for i, value in zip(ids, values, strict=True) if not value])
    return found
