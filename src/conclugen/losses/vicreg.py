"""VICReg between every pair of modalities: variance, invariance, covariance (Bardes, Ponce and LeCun 2022).

Weights and constants are the paper's (section 4.2). The invariance is the mean over dimensions, as in its Algorithm 1,
which the weights were found with; Eq. 5 prints the sum.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from conclugen.models.network import Outputs
    from conclugen.pretrain.settings import Objective, Settings

COMPARES = "modalities"
INVARIANCE, VARIANCE, COVARIANCE = 25.0, 25.0, 1.0  # λ, μ, ν of Eq. 6
TARGET, EPSILON = 1.0, 1e-4  # γ and ε of Eq. 1 and 2


def term(outputs: Outputs, present: Mapping[str, torch.Tensor], objective: Objective, clusters: object) -> torch.Tensor:
    """Return the sum of `vicreg_pair` over all pairs of modalities of a batch, a scalar."""
    pairs = itertools.combinations(outputs.projection.items(), 2)
    return sum(vicreg_pair(x, y, present[a] & present[b]) for (a, x), (b, y) in pairs)


def bounds(outputs: Outputs, present: Mapping[str, torch.Tensor], settings: Settings) -> tuple[float, float]:
    """Return (chance, best) of `term` on rows: variance and covariance as they are, the invariance that of partners
    drawn at random, and 0."""
    chance = best = 0.0
    for (a, x), (b, y) in itertools.combinations(outputs.projection.items(), 2):
        joint = present[a] & present[b]
        if int(joint.sum()) < 2:
            continue
        x, y = x[joint].float(), y[joint].float()
        rest = float(VARIANCE * (variance(x) + variance(y)) + COVARIANCE * (covariance(x) + covariance(y)))
        apart = x.var(0, correction=0) + y.var(0, correction=0) + (x.mean(0) - y.mean(0)).square()
        chance, best = chance + rest + INVARIANCE * float(apart.mean()), best + rest
    return chance, best


def vicreg_pair(first: torch.Tensor, second: torch.Tensor, joint: torch.Tensor) -> torch.Tensor:
    """Return the loss (Eq. 6) of vectors (N, P) over the rows where `joint` (N,) holds; zero below two rows."""
    first, second = first[joint], second[joint]
    if len(first) < 2:
        return first[:0].sum() + second[:0].sum()
    spread, crossed = variance(first) + variance(second), covariance(first) + covariance(second)
    return INVARIANCE * (first - second).square().mean() + VARIANCE * spread + COVARIANCE * crossed


def variance(values: torch.Tensor) -> torch.Tensor:
    """Return how far the deviations of the dimensions of (N, P) lie below 1, on average (Eq. 1), a scalar."""
    return (TARGET - (values.var(0) + EPSILON).sqrt()).clamp_min(0).mean()


def covariance(values: torch.Tensor) -> torch.Tensor:
    """Return the sum of the squared covariances between dimensions of (N, P), over P (Eq. 3 and 4), a scalar."""
    centred = values - values.mean(0)
    matrix = centred.T @ centred / (len(values) - 1)
    return (matrix.square().sum() - matrix.diagonal().square().sum()) / values.shape[1]
