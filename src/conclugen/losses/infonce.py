"""Instance-level contrast between two augmented views of a clip (Eq. 1; InfoNCE as in SimCLR)."""

from __future__ import annotations

import torch
from torch.nn import functional


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
