"""CLIP between every pair of modalities: symmetric cross-entropy, a learned temperature (Radford et al. 2021)."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from conclugen.losses.bounds import contrast_best, contrast_chance

if TYPE_CHECKING:
    from conclugen.models.network import Outputs
    from conclugen.pretrain.settings import Objective, Settings

COMPARES = "modalities"


def term(outputs: Outputs, present: Mapping[str, torch.Tensor], objective: Objective, clusters: object) -> torch.Tensor:
    """Return the sum of `clip_pair` over all pairs of modalities of a batch, a scalar."""
    pairs = itertools.combinations(outputs.projection.items(), 2)
    return sum(clip_pair(x, y, present[a] & present[b]) for (a, x), (b, y) in pairs)


def bounds(outputs: Outputs, present: Mapping[str, torch.Tensor], settings: Settings) -> tuple[float, float]:
    """Return (chance, best) of `term` on rows, at the temperature that was learned."""
    pairs = itertools.combinations(outputs.projection, 2)
    joint = [count for a, b in pairs if (count := int((present[a] & present[b]).sum())) > 1]
    # Squared lengths are the inverse temperature (models.heads.Temperature).
    factor = float(next(iter(outputs.projection.values())).square().sum(1).max())
    best = sum(contrast_best(count, 0.0, 1 / factor) for count in joint)
    return sum(contrast_chance(count) for count in joint), best


def clip_pair(first: torch.Tensor, second: torch.Tensor, joint: torch.Tensor) -> torch.Tensor:
    """Return the mean of both directions' cross-entropy of picking the true partner (Figure 3 of the paper), a scalar.

    Args:
        first, second: vectors (N, P) whose dot products are cosines over the temperature.
        joint: (N,) bool, the rows that have both; fewer than two give zero, with zero gradients.
    """
    first, second = first[joint], second[joint]
    if len(first) < 2:
        return first[:0].sum() + second[:0].sum()
    logits = first @ second.T
    target = torch.arange(len(first), device=logits.device)
    return (functional.cross_entropy(logits, target) + functional.cross_entropy(logits.T, target)) / 2
