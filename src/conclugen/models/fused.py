"""Means of the modalities that a row has: of all of them, or of all but one."""

from __future__ import annotations

from collections.abc import Mapping

import torch

Tensors = Mapping[str, torch.Tensor]


def of_all(values: Tensors, present: Tensors | None = None) -> torch.Tensor:
    """Return (N, R), the mean of `values` (N, R) over the modalities present in a row; zero for a row without any.

    `present` (N,) by modality; None: everything is there.
    """
    total, count = _sums(values, present)
    return total / count.clamp_min(1)[:, None]


def of_others(values: Tensors, present: Tensors | None = None) -> dict[str, torch.Tensor]:
    """Return, by modality, (N, R): the mean over the *other* modalities of a row; zero where it has no other."""
    total, count = _sums(values, present)
    means = {}
    for name, value in values.items():
        mask = _present(name, value, present)
        rest = total - value * mask[:, None]
        means[name] = rest / (count - mask).clamp_min(1)[:, None]
    return means


def _sums(values: Tensors, present: Tensors | None) -> tuple[torch.Tensor, torch.Tensor]:
    weights = {name: _present(name, value, present) for name, value in values.items()}
    total = torch.stack([value * weights[name][:, None] for name, value in values.items()]).sum(0)
    return total, torch.stack(list(weights.values())).sum(0)


def _present(name: str, value: torch.Tensor, present: Tensors | None) -> torch.Tensor:
    return value.new_ones(len(value)) if present is None else present[name].to(value.dtype)
