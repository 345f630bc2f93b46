"""Draws: a seed with its labels and the rows it learns on."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import torch

from conclugen.downstream.data import Data


@dataclasses.dataclass(frozen=True)
class Draw:
    """One seed (and label fraction): targets (N, C), and the rows (M,) it learns on and is validated on."""

    seed: int
    fraction: float
    targets: torch.Tensor
    train: torch.Tensor
    valid: torch.Tensor


def subset(rows: torch.Tensor, fraction: float, seed: int) -> torch.Tensor:
    """Return a random share of `rows` (M,); smaller shares of the same seed lie inside larger ones."""
    if fraction == 1:
        return rows
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))
    return rows[order[: max(1, math.ceil(fraction * len(rows)))].sort().values]


def draws_of(data: Data, seeds: Sequence[int], fractions: Sequence[float], shuffled: bool = False) -> list[Draw]:
    """Return a draw per seed and label fraction; `shuffled` permutes the labels within train and within valid."""
    train, valid, found = data.labelled("train"), data.labelled("valid"), []
    for seed in seeds:
        targets = data.targets.clone() if shuffled else data.targets
        if shuffled:
            generator = torch.Generator().manual_seed(seed)
            for rows in (train, valid):
                targets[rows] = data.targets[rows[torch.randperm(len(rows), generator=generator)]]
        found += [Draw(seed, f, targets, subset(train, f, seed), valid) for f in fractions]
    return found
