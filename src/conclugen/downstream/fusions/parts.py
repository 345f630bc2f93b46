"""What fusions share: the small network in front of each modality, and its outputs side by side."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn


def encoder(dim: int, width: int) -> nn.Sequential:
    """Return two layers with ReLU: (N, dim) to (N, width)."""
    return nn.Sequential(nn.Linear(dim, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU())


def encoders(dims: Mapping[str, int], width: int) -> nn.ModuleDict:
    """Return an `encoder` for each modality."""
    return nn.ModuleDict({name: encoder(dim, width) for name, dim in dims.items()})


def encode(
    modules: nn.ModuleDict, values: Mapping[str, torch.Tensor], present: Mapping[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """Return what the encoders make of each modality, (N, W), zero where it is absent."""
    return {name: module(values[name]) * present[name][:, None] for name, module in modules.items()}


def weights(scores: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
    """Return the softmax (N, M) of scores (N, M) over the modalities that are `present` (N, M); zero for the others."""
    hidden = scores.masked_fill(~present, torch.finfo(scores.dtype).min)
    return hidden.softmax(1) * present
