"""Tensor fusion: the outer product of all modalities, each with a 1 appended (TFN, Zadeh et al. 2017, Eq. 1 and 2).

z = [z_1; 1] ⊗ … ⊗ [z_M; 1], then two layers. An absent modality is zero, so that its 1 leaves the products of the
others.
The published cube of three is 33 x 33 x 129; here no axis is longer than keeps the tensor below `LARGEST`.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from conclugen.downstream.fused import Fused
from conclugen.downstream.fusions.parts import encode, encoders

LARGEST = 5000  # numbers of the tensor; 16 + 1 per axis for three modalities


class TensorFusion(nn.Module):
    """`{modality: (N, D_m)}` to (N, F)."""

    def __init__(self, dims: Mapping[str, int], width: int) -> None:
        super().__init__()
        self.width = width
        encoded_width = max(1, min(width, int(LARGEST ** (1 / len(dims)) + 1e-9) - 1))
        self.encoders = encoders(dims, encoded_width)
        self.after = nn.Sequential(
            nn.Linear((encoded_width + 1) ** len(dims), width), nn.ReLU(), nn.Linear(width, width), nn.ReLU()
        )

    def forward(self, values: Mapping[str, torch.Tensor], present: Mapping[str, torch.Tensor]) -> Fused:
        """Return what the layers make of the tensor."""
        return Fused(self.after(outer(list(encode(self.encoders, values, present).values()))))


def outer(parts: list[torch.Tensor]) -> torch.Tensor:
    """Return the outer product of [z_m; 1], z_m (N, W), over all modalities: (N, (W + 1)^M)."""
    joined = parts[0].new_ones(len(parts[0]), 1)
    for part in parts:
        longer = torch.cat([part, part.new_ones(len(part), 1)], dim=1)
        joined = (joined[:, :, None] * longer[:, None, :]).flatten(1)
    return joined


build = TensorFusion
