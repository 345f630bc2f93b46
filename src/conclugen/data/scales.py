"""Dimensions of affect that labels may have as numbers beside their classes, all kept on one scale.

Each is a target of its own, with tables and figures of its own. The standard library only: planning reads this.
"""

from __future__ import annotations

SENTIMENT = "sentiment"
DIMENSIONS = (SENTIMENT, "valence", "arousal")
DIMENSION_RANGE = (-3.0, 3.0)
