"""Low-rank fusion: the tensor's product with a weight of low rank, without the tensor (LMF, Liu et al. 2018, Eq. 6).

h = Σ_r w_r Π_m ([z_m; 1] · W_m^(r)) + b, rank 4. An absent modality is zero; its 1 remains, and with it a bias.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from conclugen.downstream.fused import Fused
from conclugen.downstream.fusions.parts import encode, encoders

RANK = 4


class LowRank(nn.Module):
    """`{modality: (N, D_m)}` to (N, F)."""

    def __init__(self, dims: Mapping[str, int], width: int) -> None:
        super().__init__()
        self.width = width
        self.encoders = encoders(dims, width)
        self.factors = nn.ParameterDict({name: nn.Parameter(torch.empty(RANK, width + 1, width)) for name in dims})
        for factor in self.factors.values():
            nn.init.xavier_normal_(factor)
        self.weight, self.bias = nn.Parameter(torch.empty(RANK)), nn.Parameter(torch.zeros(width))
        nn.init.normal_(self.weight, std=RANK**-0.5)

    def forward(self, values: Mapping[str, torch.Tensor], present: Mapping[str, torch.Tensor]) -> Fused:
        """Return h."""
        hidden = encode(self.encoders, values, present)
        return Fused(low_rank(hidden, self.factors, self.weight) + self.bias)


def low_rank(
    hidden: Mapping[str, torch.Tensor], factors: Mapping[str, torch.Tensor], weight: torch.Tensor
) -> torch.Tensor:
    """Return (N, F) of z_m (N, W) with factors (R, W + 1, F) and weights (R,) of the ranks."""
    product: torch.Tensor | float = 1.0
    for name, value in hidden.items():
        longer = torch.cat([value, value.new_ones(len(value), 1)], dim=1)
        product = product * (longer @ factors[name])  # (R, N, F)
    return torch.einsum("r,rnf->nf", weight, product)


build = LowRank
