"""Reconstruction of each modality's input vector (Eq. 6, 7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from conclugen.models.network import Outputs
    from conclugen.pretrain.settings import Objective, Settings


def term(outputs: Outputs, present: Mapping[str, torch.Tensor], objective: Objective, clusters: object) -> torch.Tensor:
    """Return `reconstruction` of a batch's inputs, a scalar."""
    return reconstruction(outputs.inputs, outputs.reconstruction, present)


def bounds(outputs: Outputs, present: Mapping[str, torch.Tensor], settings: Settings) -> tuple[float, float]:
    """Return (chance, best) of `term` on rows: the error of each modality's mean over its present rows, and 0."""
    rows = (value[present[m]].float() for m, value in outputs.inputs.items() if bool(present[m].any()))
    return sum(float((row - row.mean(0)).square().mean()) for row in rows), 0.0


def reconstruction(
    inputs: Mapping[str, torch.Tensor], rebuilt: Mapping[str, torch.Tensor], present: Mapping[str, torch.Tensor]
) -> torch.Tensor:
    """Return the sum over modalities (Eq. 7) of the mean squared error (Eq. 6), a scalar.

    Args:
        inputs: by modality, the vectors (N, D_m) to rebuild.
        rebuilt: by modality, what the decoders made of them (N, D_m).
        present: by modality, (N,) bool; the mean is over present rows and all dimensions. A modality that is present
            nowhere adds zero.
    """
    return sum(
        (squared_error(inputs[m], value, present[m]) for m, value in rebuilt.items()),
        start=next(iter(rebuilt.values()))[:0].sum(),
    )


def squared_error(target: torch.Tensor, value: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
    """Return the mean squared error of (N, D) over the rows where `present` (N,) holds; zero when there are none."""
    per_row = (value - target).square().mean(1)
    count = present.sum().clamp_min(1)
    return per_row.masked_fill(~present, 0).sum() / count
