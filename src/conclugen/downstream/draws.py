"""Draws: a seed with its labels and the rows it learns on."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import torch

from conclugen.downstream.data import Data


@dataclasses.dataclass(frozen=True)
class Draw:
    """One seed and label fraction: targets (N, C), and the rows (M,) it learns on and is validated on."""

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


def draws_of(data: Data, seeds: Sequence[int], fraction: float, shuffled: bool = False) -> list[Draw]:
    """Return a draw per seed of a share of the labels; `shuffled` permutes the labels within train and within valid.

    A share of the labels is the same share of train and of valid: who has few labels has few to choose with, too.
    """
    train, valid, draws = data.labelled("train"), data.labelled("valid"), []
    for seed in seeds:
        targets = data.targets.clone() if shuffled else data.targets
        if shuffled:
            generator = torch.Generator().manual_seed(seed)
            for rows in (train, valid):
                targets[rows] = data.targets[rows[torch.randperm(len(rows), generator=generator)]]
        draws.append(Draw(seed, fraction, targets, subset(train, fraction, seed), subset(valid, fraction, seed)))
    return draws
