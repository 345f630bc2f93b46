"""Instance-level contrast between two augmented views of a clip (Eq. 1; InfoNCE as in SimCLR)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from conclugen.losses.bounds import contrast_best, contrast_chance

if TYPE_CHECKING:
    from conclugen.models.network import Outputs
    from conclugen.pretrain.settings import Objective, Settings

COMPARES = "views"


def term(outputs: Outputs, present: Mapping[str, torch.Tensor], objective: Objective, clusters: object) -> torch.Tensor:
    """Return the mean of `infonce` over modalities, a scalar. The batch holds two views of each clip, one half after
    the other."""
    values = []
    for modality, value in outputs.projection.items():
        first, second = functional.normalize(value, dim=1).chunk(2)
        values.append(infonce(first, second, present[modality].chunk(2)[0], objective.instance_temperature))
    return torch.stack(values).mean()


def bounds(outputs: Outputs, present: Mapping[str, torch.Tensor], settings: Settings) -> tuple[float, float]:
    """Return (chance, best) of `term` on rows: one of the other 2 N - 1 views is right. The mean over modalities."""
    pairs = [int(mask.sum()) // 2 for mask in present.values()]
    candidates, temperature = [2 * count - 1 for count in pairs if count > 1], settings.objective.instance_temperature
    best = sum(contrast_best(count, 0.0, temperature) for count in candidates)
    return sum(contrast_chance(count) for count in candidates) / len(pairs), best / len(pairs)


def infonce(first: torch.Tensor, second: torch.Tensor, present: torch.Tensor, temperature: float) -> torch.Tensor:
    """Return the loss of picking a view's partner among all other views of the batch, a scalar.

    Every one of the 2N views is an anchor in turn; the other 2N - 1 are its candidates and one of them is right.

    Args:
        first, second: unit vectors (N, P), the projections of two augmented views of the same N clips.
        present: (N,) bool; absent clips are neither anchors nor candidates. Fewer than two present clips give zero.
        temperature: τ, divides the similarities.
    """
    first, second = first[present], second[present]
    count = len(first)
    if count < 2:
        return first[:0].sum() + second[:0].sum()
    views = torch.cat([first, second])
    similarity = views @ views.T / temperature
    itself = torch.eye(2 * count, dtype=torch.bool, device=views.device)
    partner = torch.arange(2 * count, device=views.device).roll(count)
    return functional.cross_entropy(similarity.masked_fill(itself, float("-inf")), partner)
