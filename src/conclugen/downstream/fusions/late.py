"""Late fusion: a weighted sum of each modality's own logits, as MESM ends in (Dai et al. 2021, section 3.4).

MESM's sparse network over media, which comes before, is not here: each modality has a small network over its vector. A
linear layer on w_m h_m side by side is the sum of w_m times each one's logits; the weights, learned, are renormalised
over the modalities that a row has.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from conclugen.downstream.fused import Fused
from conclugen.downstream.fusions.parts import encode, encoders, weights


class Late(nn.Module):
    """`{modality: (N, D_m)}` to (N, F)."""

    def __init__(self, dims: Mapping[str, int], width: int) -> None:
        super().__init__()
        self.width = len(dims) * width
        self.encoders = encoders(dims, width)
        self.score = nn.Parameter(torch.zeros(len(dims)))

    def forward(self, values: Mapping[str, torch.Tensor], present: Mapping[str, torch.Tensor]) -> Fused:
        """Return the weighted vectors side by side."""
        hidden = torch.stack(list(encode(self.encoders, values, present).values()), dim=1)  # (N, M, W)
        mask = torch.stack([present[name] for name in self.encoders], dim=1)
        return Fused((hidden * weights(self.score.expand(mask.shape), mask)[:, :, None]).flatten(1))


build = Late
