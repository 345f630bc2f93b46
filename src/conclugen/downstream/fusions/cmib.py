"""C-MIB: a bottleneck on each modality and on all of them (complete information bottleneck, Mai, Zeng and Hu 2022).

Each modality's code z_m and the joint z, which is made of them, are Gaussians that are to tell the class with as little
as they can: to the loss on z are added those on each z_m and β times the divergences from N(0, I), which the released
code averages over dimensions. The paper searches β; here it is 0.001, as in that code.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from conclugen.downstream.fused import Fused
from conclugen.downstream.fusions.parts import encoder

BETA = 1e-3
MOST = 10.0  # of the logarithm of a variance


class Bottleneck(nn.Module):
    """(N, D) to a code (N, W): drawn in training, its mean otherwise; and its divergence (N,) from N(0, I)."""

    def __init__(self, dim: int, width: int) -> None:
        super().__init__()
        self.before, self.after = encoder(dim, width), nn.Linear(width, 2 * width)

    def forward(self, values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return code and divergence."""
        mean, log_variance = self.after(self.before(values)).chunk(2, dim=1)
        log_variance = log_variance.clamp(-MOST, MOST)
        noise = torch.randn_like(mean) * (log_variance / 2).exp() if self.training else 0.0
        return mean + noise, divergence(mean, log_variance)


class Cmib(nn.Module):
    """`{modality: (N, D_m)}` to (N, F)."""

    beside = True

    def __init__(self, dims: Mapping[str, int], width: int) -> None:
        super().__init__()
        self.width = width
        self.own = nn.ModuleDict({name: Bottleneck(dim, width) for name, dim in dims.items()})
        self.joint = Bottleneck(len(dims) * width, width)

    def forward(self, values: Mapping[str, torch.Tensor], present: Mapping[str, torch.Tensor]) -> Fused:
        """Return the joint code, those of each modality, and their divergences."""
        codes, spent = {}, []
        for name, module in self.own.items():
            code, bits = module(values[name])
            mask = present[name]
            codes[name] = code * mask[:, None]
            spent.append((bits * mask).sum() / mask.sum().clamp_min(1))
        joint, bits = self.joint(torch.cat(list(codes.values()), dim=1))
        return Fused(joint, BETA * (bits.mean() + sum(spent)), codes)


def divergence(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    """Return KL(N(mean, exp(log_variance)) || N(0, I)) of (N, W) per dimension, in nats, (N,)."""
    return (mean.square() + log_variance.exp() - 1 - log_variance).mean(1) / 2


build = Cmib
