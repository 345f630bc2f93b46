"""What each pretrained row gains over the raw features: the one comparison that a table has no column for.

Estimates, variances and tests are those of the tables (`estimates.py`, `inference.py`), on the same resamples.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from conclugen.downstream.protocols import METHODS, PROTOCOLS
from conclugen.evaluation.inference import holm
from conclugen.evaluation.metrics import is_better
from conclugen.evaluation.scores import Scores
from conclugen.pretrain.unlearned import CONTROLS, RAW

Key = tuple[str, str]  # method and protocol, which name a row of a table


@dataclasses.dataclass(frozen=True)
class Gain:
    """A row's headline metric less that of the raw features of all modalities.

    Attributes:
        value, low, high: the difference and its interval.
        p: two-sided, after Holm over all rows compared with the raw features; NaN where nothing is tested.
        detectable: the least true difference that the test, before Holm, finds four times out of five.
        verdict: yes, no, below or unknown, by `p`.
    """

    value: float
    low: float
    high: float
    p: float
    detectable: float
    verdict: str


def is_pretrained(method: str, protocol: str) -> bool:
    """Whether a row is one of a network that was pretrained, and learned from true labels."""
    known = PROTOCOLS.get(protocol)
    return known is not None and known.network and known.judges == METHODS and method not in CONTROLS


def over_raw(scores: Scores) -> dict[Key, Gain]:
    """Return the gain of each pretrained row; nothing where there is no row of the raw features."""
    raw = [row for row in scores.rows if (row.method, row.protocol) == (RAW, "raw")]
    rows = [row for row in scores.rows if is_pretrained(row.method, row.protocol)]
    if not raw or not rows:
        return {}
    gaps, limit = [row.headline.against(raw[0].headline) for row in rows], 1 - scores.split.level
    adjusted = holm(np.array([gap.p for gap in gaps]))
    return {
        (row.method, row.protocol): Gain(
            gap.value, gap.low, gap.high, p, gap.detectable, _verdict(gap.value, p, limit, scores.split.headline)
        )
        for row, gap, p in zip(rows, gaps, adjusted.tolist(), strict=True)
    }


def _verdict(value: float, p: float, limit: float, metric: str) -> str:
    if not math.isfinite(p):
        return "unknown"
    if p >= limit:
        return "no"
    return "yes" if is_better(value, 0, metric) else "below"
