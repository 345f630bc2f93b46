"""MaskFN: the image whose eyes and mouth look most like an anchor's is no negative of it.

Eyes and mouth are described by a frozen network, before any augmentation. Of an anchor the most similar other image
is its false negative: it leaves the denominator, and the authors make it one more positive.
"""

from __future__ import annotations

import torch
from torch.nn import functional


def join(eyes: torch.Tensor, mouth: torch.Tensor, balanced: bool) -> torch.Tensor:
    """Return descriptors (N, 2 K) of unit length from those of eyes and mouth, (N, K) each.

    `balanced`: both count alike. Otherwise, as in the authors' code, the longer one counts for more.
    """
    if balanced:
        eyes, mouth = functional.normalize(eyes, dim=1), functional.normalize(mouth, dim=1)
    return functional.normalize(torch.cat([eyes, mouth], dim=1), dim=1)


def most_alike(descriptors: torch.Tensor, known: torch.Tensor, group: torch.Tensor) -> torch.Tensor:
    """Return, for each image, which other one is its false negative, (N,), -1 for none.

    Args:
        descriptors: (N, K) of unit length.
        known: (N,) bool; images without a descriptor have no false negative and are none: without landmarks all crops
            are black, and would be each other's.
        group: (N,) number of the item or clip an image comes from; its own are never false negatives, or HardNeg's
            frames would become positives.
    """
    likeness = descriptors @ descriptors.T
    barred = (group[:, None] == group[None]) | ~known[None] | ~known[:, None]
    best, which = likeness.masked_fill(barred, -torch.inf).max(1)
    return torch.where(best > -torch.inf, which, -1)
