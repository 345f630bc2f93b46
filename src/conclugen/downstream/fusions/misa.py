"""MISA: what modalities share and what each has for itself, in two spaces (Hazarika et al. 2020), on pooled vectors.

u_m is projected by an encoder that all share and by one of its own, both with a sigmoid. Added to the loss: the central
moment discrepancy of the shared vectors, the squared products of shared and own ones, and the error of u_m rebuilt from
their sum (section 3.5). All vectors then attend to each other. Weights are those of the released code; the recurrent
networks in front are not here, for there is one vector per utterance.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import torch
from torch import nn
from torch.nn import functional

from conclugen.downstream.fused import Fused

SIMILARITY, DIFFERENCE, RECONSTRUCTION = 1.0, 0.3, 1.0
MOMENTS, WIDEST, HEADS = 5, 128, 2


class Misa(nn.Module):
    """`{modality: (N, D_m)}` to (N, F)."""

    def __init__(self, dims: Mapping[str, int], width: int) -> None:
        super().__init__()
        size = max(HEADS, min(width, WIDEST) // HEADS * HEADS)
        self.width = 3 * size
        self.project = nn.ModuleDict(
            {m: nn.Sequential(nn.Linear(dim, size), nn.ReLU(), nn.LayerNorm(size)) for m, dim in dims.items()}
        )
        self.common = nn.Sequential(nn.Linear(size, size), nn.Sigmoid())
        self.own = nn.ModuleDict({m: nn.Sequential(nn.Linear(size, size), nn.Sigmoid()) for m in dims})
        self.rebuild = nn.ModuleDict({m: nn.Linear(size, size) for m in dims})
        self.attend = nn.TransformerEncoderLayer(size, HEADS, 4 * size, batch_first=True)
        self.after = nn.Sequential(nn.Linear(2 * len(dims) * size, self.width), nn.ReLU())

    def forward(self, values: Mapping[str, torch.Tensor], present: Mapping[str, torch.Tensor]) -> Fused:
        """Return what all vectors make of each other, and the three losses."""
        start = {m: module(values[m]) for m, module in self.project.items()}
        common = {m: self.common(value) for m, value in start.items()}
        private = {m: self.own[m](value) for m, value in start.items()}
        tokens = torch.stack([*private.values(), *common.values()], dim=1)  # (N, 2 M, W)
        mask = torch.stack([present[m] for m in start], dim=1).repeat(1, 2)
        absent = ~mask & mask.any(1, keepdim=True)  # a row without anything would attend to nothing: NaN
        joined = self.attend(tokens, src_key_padding_mask=absent) * mask[:, :, None]
        rebuilt = {m: self.rebuild[m](common[m] + private[m]) for m in start}
        penalty = losses(start, rebuilt, common, private, present) if self.training else None
        return Fused(self.after(joined.flatten(1)), penalty)


def losses(
    start: Mapping[str, torch.Tensor],
    rebuilt: Mapping[str, torch.Tensor],
    common: Mapping[str, torch.Tensor],
    private: Mapping[str, torch.Tensor],
    present: Mapping[str, torch.Tensor],
) -> torch.Tensor:
    """Return the weighted sum of similarity, difference and reconstruction, a scalar, over the rows that count."""
    pairs = list(itertools.combinations(start, 2))
    both = {(a, b): present[a] & present[b] for a, b in pairs}
    zero = next(iter(start.values())).sum() * 0
    alike = [discrepancy(common[a][rows], common[b][rows]) for (a, b), rows in both.items() if int(rows.sum()) > 1]
    apart = [difference(common[m][mask], private[m][mask]) for m, mask in present.items() if m in start and mask.any()]
    apart += [difference(private[a][rows], private[b][rows]) for (a, b), rows in both.items() if rows.any()]
    error = [functional.mse_loss(rebuilt[m][present[m]], start[m][present[m]]) for m in start if present[m].any()]
    return (
        zero
        + SIMILARITY * sum(alike) / max(len(alike), 1)
        + DIFFERENCE * sum(apart)
        + RECONSTRUCTION * sum(error) / max(len(error), 1)
    )


def discrepancy(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Return the distance of the means and of the central moments up to the fifth, of vectors (N, W) within 0 and 1."""
    means = first.mean(0), second.mean(0)
    gap = (means[0] - means[1]).norm()
    for order in range(2, MOMENTS + 1):
        moments = [(v - mean).pow(order).mean(0) for v, mean in zip((first, second), means, strict=True)]
        gap = gap + (moments[0] - moments[1]).norm()
    return gap


def difference(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Return the mean square of Aᵀ B, (N, W) each, centred, with rows of unit length. As in the released code, no
    gradient goes through the lengths.
    """
    centred = [v - v.mean(0) for v in (first, second)]
    unit = [v / v.norm(dim=1, keepdim=True).detach().clamp_min(1e-6) for v in centred]
    return (unit[0].T @ unit[1]).square().mean()


build = Misa
