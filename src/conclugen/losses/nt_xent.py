"""Contrast of images with a positive each, without their false negatives (SSL-FER; Shu et al. 2022).

With s_ij = u_i · u_j / τ, p the positive of i, and D the other images of the batch without i, p and what is taken out:

    L1_i = -log [exp s_ip / (exp s_ip + Σ_{n in D} exp s_in)]                                           (1)
    L2_i = -log [exp s_il / (exp s_il + Σ_{n in D} exp s_in)]                                           (2)
    L = mean L1 + λ mean L2                                                                             (3)

where l, the false negative of i, is not in D. Without false negatives (1) is SimCLR's NT-Xent (Chen et al. 2020);
frames of the anchor's own clip that stay in D are HardNeg's negatives. At chance every image is as likely: with N
images, (1) is ln(N - 1), and ln(N - 2) where a false negative is taken out.
"""

from __future__ import annotations

import math

import torch
from torch.nn import functional

from conclugen.losses.bounds import contrast_best, contrast_chance


def nt_xent(
    units: torch.Tensor,
    positive: torch.Tensor,
    temperature: float,
    false_negative: torch.Tensor | None = None,
    attraction: float = 0.0,
) -> torch.Tensor:
    """Return the loss of a batch (3), a scalar.

    Args:
        units: (N, P) of unit length.
        positive: (N,) which image is the positive of each.
        temperature: τ.
        false_negative: (N,) which image is taken out of the negatives of each, -1 for none.
        attraction: λ, how much the false negative counts as one more positive; images without one are left out of (2).
    """
    count, rows = len(units), torch.arange(len(units), device=units.device)
    scores = units @ units.T / temperature
    scores = scores.masked_fill(torch.eye(count, dtype=torch.bool, device=units.device), -torch.inf)
    if false_negative is None:
        return functional.cross_entropy(scores, positive)
    has_false_negative = false_negative >= 0
    barred = torch.zeros_like(scores, dtype=torch.bool)
    barred[rows[has_false_negative], false_negative[has_false_negative]] = True
    barred[rows, positive] = False
    masked_scores = scores.masked_fill(barred, -torch.inf)
    loss = functional.cross_entropy(masked_scores, positive)
    if attraction == 0 or not bool(has_false_negative.any()):
        return loss
    # (2): the same negatives, with the false negative where the positive stood.
    negatives = masked_scores.scatter(1, positive[:, None], -torch.inf)[has_false_negative]
    drawn = scores[has_false_negative].gather(1, false_negative[has_false_negative][:, None])
    second = torch.logsumexp(torch.cat([drawn, negatives], 1), 1) - drawn[:, 0]
    return loss + attraction * second.mean()


def bounds(count: int, temperature: float, masked: bool = False, attraction: float = 0.0) -> tuple[float, float]:
    """Return (chance, best) of `nt_xent` on `count` images.

    >>> [round(bounds(512, 0.07)[0], 3), round(bounds(512, 0.07, True, 0.8)[0], 3)]
    [6.236, 11.222]
    """
    candidates = count - 1 - masked
    factor = 1 + attraction if masked else 1.0
    return factor * contrast_chance(candidates), factor * contrast_best(candidates, 0.0, temperature)


def alignment(first: torch.Tensor, second: torch.Tensor) -> float:
    """Return the mean squared distance of positives (N, P) of unit length (Wang and Isola 2020); 0 is best.

    Vectors that have nothing to do with each other lie 2 apart.
    """
    return float((first - second).square().sum(1).mean())


def uniformity(units: torch.Tensor) -> float:
    """Return log of the mean of exp(-2 |u - v|²) over pairs of (N, P) of unit length (Wang and Isola 2020).

    0 where all are one point; down to about -4 + 8 / P where they are spread evenly. NaN for a single one.
    """
    if len(units) < 2:
        return math.nan
    gaps = torch.pdist(units.float()).square()
    return float(torch.logsumexp(-2 * gaps, 0)) - math.log(len(gaps))
