"""Barlow Twins between every pair of modalities: redundancy reduction (Zbontar et al. 2021, Eq. 1 and 2)."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from conclugen.models.network import Outputs
    from conclugen.pretrain.settings import Objective, Settings

COMPARES = "modalities"
REDUNDANCY = 5e-3  # λ of Eq. 1 (section 2.2)
EPSILON = 1e-5  # in the batch normalisation, as everywhere in PyTorch


def term(outputs: Outputs, present: Mapping[str, torch.Tensor], objective: Objective, clusters: object) -> torch.Tensor:
    """Return the sum of `barlow_pair` over all pairs of modalities of a batch, a scalar."""
    pairs = itertools.combinations(outputs.projection.items(), 2)
    return sum(barlow_pair(x, y, present[a] & present[b]) for (a, x), (b, y) in pairs)


def bounds(outputs: Outputs, present: Mapping[str, torch.Tensor], settings: Settings) -> tuple[float, float]:
    """Return (chance, best) of `term` on rows: the redundancy as it is, and dimensions of which none, or all, agree."""
    chance = best = 0.0
    for (a, x), (b, y) in itertools.combinations(outputs.projection.items(), 2):
        joint = present[a] & present[b]
        if int(joint.sum()) < 2:
            continue
        matrix = correlation(x[joint].float(), y[joint].float())
        rest = REDUNDANCY * float(matrix.square().sum() - matrix.diagonal().square().sum())
        chance, best = chance + rest + len(matrix), best + rest
    return chance, best


def barlow_pair(first: torch.Tensor, second: torch.Tensor, joint: torch.Tensor) -> torch.Tensor:
    """Return the loss (Eq. 1) of vectors (N, P) over the rows where `joint` (N,) holds; zero below two rows."""
    first, second = first[joint], second[joint]
    if len(first) < 2:
        return first[:0].sum() + second[:0].sum()
    matrix = correlation(first, second)
    diagonal = matrix.diagonal()
    return (1 - diagonal).square().sum() + REDUNDANCY * (matrix.square().sum() - diagonal.square().sum())


def correlation(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Return the correlations (P, P) of the dimensions of `first` with those of `second`, (N, P) each (Eq. 2)."""
    return _standardised(first).T @ _standardised(second) / len(first)


def _standardised(values: torch.Tensor) -> torch.Tensor:
    deviation = (values.var(0, correction=0) + EPSILON).sqrt()
    return (values - values.mean(0)) / deviation
