"""What each loss is worth when nothing was learned, and when all was: its chance and its best value.

A loss alone says little: 28 nats of MMS over 128 clips are chance, over 4,096 clips they are not. `share` puts a
measured loss between its bounds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch


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


def mms_bounds(
    joint: Sequence[int], margin: float, temperature: float | None, normalise: bool = True
) -> tuple[float, float]:
    """Return (chance, best) of `mms`: two directions for each pair of modalities with `joint` rows in common.

    Plain dot products of vectors of any length have no bound above 0.
    """
    used = [count for count in joint if count > 1]
    best = sum(2 * contrast_best(count, margin, temperature) for count in used) if normalise else 0.0
    return sum(2 * contrast_chance(count) for count in used), best


def infonce_bounds(pairs: int, temperature: float) -> tuple[float, float]:
    """Return (chance, best) of `infonce` over `pairs` of views: one of the other 2 N - 1 views is right."""
    if pairs < 2:
        return 0.0, 0.0
    return contrast_chance(2 * pairs - 1), contrast_best(2 * pairs - 1, 0.0, temperature)


def clustering_bounds(
    count: int, summed: int, margin: float, temperature: float | None, normalise: bool
) -> tuple[float, float]:
    """Return (chance, best) of the clustering loss over `count` centroids, `summed` once per modality or 1 (joint).

    Plain dot products have no bound above 0.
    """
    best = contrast_best(count, margin, temperature) if normalise else 0.0
    return summed * contrast_chance(count), summed * best


def reconstruction_bounds(
    inputs: Mapping[str, torch.Tensor], present: Mapping[str, torch.Tensor]
) -> tuple[float, float]:
    """Return (chance, best) of `reconstruction`: the error of each modality's mean vector over its present rows, and 0.

    `inputs` (N, D_m) and `present` (N,) by modality.
    """
    rows = (inputs[m][present[m]].float() for m in inputs if bool(present[m].any()))
    return sum(float((row - row.mean(0)).square().mean()) for row in rows), 0.0


def share(value: float, chance: float, best: float) -> float:
    """Return how far a loss has come from chance (0) to its best value (1); below 0 it is worse than chance.

    >>> share(3.0, 4.0, 2.0)
    0.5
    """
    return (chance - value) / (chance - best) if chance - best > 1e-9 else math.nan
