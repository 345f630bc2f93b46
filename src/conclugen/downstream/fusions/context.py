"""What fusions that see utterances in their order share: attention of one modality to another, over a video."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import torch


def attended(query: torch.Tensor, key: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return what each utterance's `query` (S, T, W) of one modality makes of the `key` (S, T, W) of another.

    A = (softmax(X Yᵀ) Y) ⊙ X, the softmax over the utterances of the same video that have the other modality,
    `mask` (S, T); zero where none has (Ghosal et al. 2018; Akhtar et al. 2019).
    """
    scores = query @ key.transpose(1, 2)
    hidden = scores.masked_fill(~mask[:, None], torch.finfo(scores.dtype).min)
    weights = hidden.softmax(2) * mask[:, None]
    return (weights @ key) * query


def pairwise(hidden: Mapping[str, torch.Tensor], masks: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Return, side by side, each modality (S, T, W) attending to each other one, and each itself: (S, T, M² W)."""
    pairs = itertools.permutations(hidden, 2)
    contexts = [attended(hidden[name], hidden[other], masks[other]) for name, other in pairs]
    return torch.cat([*contexts, *hidden.values()], dim=2)
