"""What each pretrained row gains over the raw features: the one comparison that a table has no column for.

Estimates, variances and tests are those of the tables (`estimates.py`, `inference.py`), on the same resamples.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from conclugen.downstream.protocols import METHODS, PROTOCOLS
from conclugen.evaluation.inference import holm
from conclugen.evaluation.intervals import Asked, Resamples
from conclugen.evaluation.metrics import HEADLINE, is_better
from conclugen.evaluation.predictions import Predictions
from conclugen.evaluation.truth import Truth
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


def over_raw(truth: Truth, predictions: Sequence[Predictions], asked: Asked) -> dict[Key, Gain]:
    """Return the gain of each pretrained row; nothing where there is no row of the raw features."""
    raw = [p for p in predictions if (p.method, p.protocol) == (RAW, "raw")]
    rows = [p for p in predictions if is_pretrained(p.method, p.protocol)]
    if not raw or not rows:
        return {}
    resamples, metric = Resamples.of(truth, asked), HEADLINE[truth.task]
    first = resamples.estimates(truth, raw[0].scores, "raw")[metric]
    found = [resamples.estimates(truth, p.scores, p.protocol)[metric].against(first) for p in rows]
    adjusted = holm(np.array([one.p for one in found]))
    return {
        (p.method, p.protocol): Gain(
            one.value, one.low, one.high, p_holm, one.detectable, _verdict(one.value, p_holm, 1 - asked.level, metric)
        )
        for p, one, p_holm in zip(rows, found, adjusted.tolist(), strict=True)
    }


def _verdict(value: float, p: float, limit: float, metric: str) -> str:
    if not math.isfinite(p):
        return "unknown"
    if p >= limit:
        return "no"
    return "yes" if is_better(value, 0, metric) else "below"
