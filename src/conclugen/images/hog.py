"""Histograms of oriented gradients (Dalal and Triggs 2005), of a whole batch at once."""

from __future__ import annotations

import math

import torch
from torch.nn import functional

BINS, CELL, BLOCK = 8, 8, 2  # orientations over half a turn, pixels of a cell, cells of a block
CLIP, EPSILON = 0.2, 1e-3


def hog(images: torch.Tensor) -> torch.Tensor:
    """Return (B, D) of pictures (B, S, S) in [0, 1]: for 48 x 48, 5 x 5 blocks of 4 cells with 8 bins, 800 numbers.

    A gradient votes with its length for the two orientations around it; blocks are scaled to length 1, clipped at 0.2,
    and scaled again.
    """
    padded = functional.pad(images[:, None], (1, 1, 1, 1), mode="replicate")[:, 0]
    across = padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]
    down = padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]
    length = torch.hypot(across, down)
    place = torch.atan2(down, across) % math.pi * (BINS / math.pi) - 0.5
    low, share = place.floor(), place - place.floor()
    votes = torch.zeros((len(images), BINS, *images.shape[1:]), device=images.device)
    votes.scatter_add_(1, (low.long() % BINS)[:, None], (length * (1 - share))[:, None])
    votes.scatter_add_(1, ((low.long() + 1) % BINS)[:, None], (length * share)[:, None])
    cells = functional.avg_pool2d(votes, CELL) * CELL**2
    blocks = cells.unfold(2, BLOCK, 1).unfold(3, BLOCK, 1)  # (B, BINS, rows, columns, 2, 2)
    blocks = blocks.permute(0, 2, 3, 4, 5, 1).flatten(3)
    for most in (CLIP, math.inf):
        blocks = (blocks / (blocks.norm(dim=-1, keepdim=True) + EPSILON)).clamp_max(most)
    return blocks.flatten(1)
