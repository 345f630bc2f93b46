"""Attention fusion: a weight for each modality, told from all of them (MERBench, Lian et al. 2024, section 4.3).

h_m = MLP_m(x_m), α = softmax(W [h_1; …; h_M] + b), z = Σ α_m h_m. Absent modalities get no weight.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from conclugen.downstream.fused import Fused
from conclugen.downstream.fusions.parts import encode, encoders, weights


class Attention(nn.Module):
    """`{modality: (N, D_m)}` to (N, F)."""

    def __init__(self, dims: Mapping[str, int], width: int) -> None:
        super().__init__()
        self.width = width
        self.encoders = encoders(dims, width)
        self.score = nn.Sequential(nn.Linear(len(dims) * width, width), nn.ReLU(), nn.Linear(width, len(dims)))

    def forward(self, values: Mapping[str, torch.Tensor], present: Mapping[str, torch.Tensor]) -> Fused:
        """Return the weighted sum."""
        hidden = torch.stack(list(encode(self.encoders, values, present).values()), dim=1)  # (N, M, W)
        mask = torch.stack([present[name] for name in self.encoders], dim=1)
        return Fused((hidden * weights(self.score(hidden.flatten(1)), mask)[:, :, None]).sum(1))


build = Attention
