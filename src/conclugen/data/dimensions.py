"""Dimensional labels (sentiment, valence, arousal) on scales of their own, brought to that of the manifest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from conclugen.data.errors import LayoutError
from conclugen.data.labels import SLACK, in_range, require_range
from conclugen.data.notes import Notes
from conclugen.data.scales import DIMENSION_RANGE
from conclugen.data.settings import Dimension

STRAY = 0.01


def on_scale(
    notes: Notes, name: str, dimension: Dimension, values: np.ndarray, ids: Sequence[str], source: str
) -> np.ndarray:
    """Return values (N,) of a dimension that a configuration names, as `rescaled`. Raises LayoutError for a scale that
    has no width."""
    if not dimension.low < dimension.high:
        raise LayoutError(f"dimensions.{name}: low is {dimension.low:g} and high {dimension.high:g}")
    return rescaled(notes, name, values, ids, dimension.low, dimension.high, f"{source}: {dimension.key}")


def rescaled(
    notes: Notes, name: str, values: np.ndarray, ids: Sequence[str], low: float, high: float, source: str
) -> np.ndarray:
    """Return values (N,) of `name`, given from `low` to `high`, on the scale of the manifest; NaN stays unknown.

    The map is linear, so correlation and CCC are what they were; errors on the scale of its own are
    (high - low) / 6 times those that are printed. A value outside is a loss. Raises LayoutError where more than
    `STRAY` of them are, since then the scale is another one.
    """
    known = values[np.isfinite(values)]
    outside = (known < low - SLACK) | (known > high + SLACK)
    if len(known) and outside.mean() > STRAY:
        require_range(source, values, low, high)
    clipped = in_range(notes, name, values, ids, low, high)
    bottom, top = DIMENSION_RANGE
    return bottom + (clipped - low) * (top - bottom) / (high - low)
