"""What each loss is worth when nothing was learned, and when all was: its chance and its best value.

A loss alone says little: 28 nats of MMS over 128 clips are chance, over 4,096 clips they are not. `share` puts a
measured loss between its bounds.
"""

from __future__ import annotations

import math


def contrast_chance(candidates: int) -> float:
    """Return the cross-entropy, in nats, of picking one of `candidates` at random.

    >>> round(contrast_chance(128), 3)
    4.852
    """
    return math.log(max(candidates, 1))


def contrast_best(candidates: int, margin: float, temperature: float | None) -> float:
    """Return the least cross-entropy of unit vectors: the true pair has cosine 1, all others that of a simplex,
    -1 / (candidates - 1), as far apart as so many vectors can be.

    Without a temperature, the loss of 128 clips moves between 4.85 and 3.86, however well they are told apart:

    >>> round(contrast_best(128, 0.0, None), 2)
    3.86
    >>> contrast_best(128, 0.0, 0.1) < 0.01
    True
    """
    if candidates < 2:
        return 0.0
    gap = 1 - margin + 1 / (candidates - 1)
    return math.log1p((candidates - 1) * math.exp(-gap / (temperature or 1.0)))


def share(value: float, chance: float, best: float) -> float:
    """Return how far a loss has come from chance (0) to its best value (1); below 0 it is worse than chance.

    >>> share(3.0, 4.0, 2.0)
    0.5
    """
    return (chance - value) / (chance - best) if chance - best > 1e-9 else math.nan
