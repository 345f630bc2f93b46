"""The learning rate of pretraining on images, as a function of the step, without state."""

from __future__ import annotations

import math

CONSTANT = 10  # epochs before the authors' cosine begins
WARMUP = 0.05  # share of training over which an annealed rate rises


def learning_rate(step: int, batches: int, epochs: int, base: float, annealed: bool) -> float:
    """Return the rate of a step (from 0), with `batches` to an epoch.

    Annealed: a linear rise, then one cosine to 0. Otherwise that of the authors' code: constant for ten epochs, then a
    cosine stepped once an epoch whose half period is `batches` epochs, so that it ends far above 0.

    >>> round(learning_rate(300 * 1199 - 1, 1199, 300, 1.0, annealed=False), 2)
    0.86
    >>> learning_rate(99, 10, 10, 1.0, annealed=True) < 0.001
    True
    """
    if not annealed:
        moment = max(0, step // batches - CONSTANT)
        return base * (1 + math.cos(math.pi * moment / batches)) / 2
    total = batches * epochs
    warm = max(1, round(WARMUP * total))
    if step < warm:
        return base * (step + 1) / warm
    return base * (1 + math.cos(math.pi * (step - warm + 1) / max(1, total - warm + 1))) / 2
