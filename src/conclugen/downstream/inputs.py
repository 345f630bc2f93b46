"""The matrix a linear head sees: modalities side by side, standardised, zero where absent."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import torch

SMALLEST_STD = 1e-6


@dataclasses.dataclass(frozen=True, eq=False)
class Matrix:
    """values (N, D) float32 = (modalities side by side - mean (D,)) / scale (D,), zero where absent; the columns of
    each modality."""

    values: torch.Tensor
    mean: torch.Tensor
    scale: torch.Tensor
    columns: Mapping[str, slice]

    def weighted(self, widths: Mapping[str, int], weight: float) -> Matrix:
        """Return a matrix in which the first `widths` columns of each modality are `weight` times as large.

        Smaller columns cost more weight decay, so this is a penalty of their own; 0 takes them out.
        """
        if weight == 1:
            return self
        factor = torch.ones_like(self.scale)
        for name, columns in self.columns.items():
            factor[columns.start : columns.start + widths[name]] = weight
        return dataclasses.replace(self, values=self.values * factor, scale=self.scale / factor)


def concatenate(
    values: Mapping[str, torch.Tensor],
    present: Mapping[str, torch.Tensor],
    train: torch.Tensor,
    standardise: bool,
    device: torch.device,
) -> Matrix:
    """Join modalities (N, D_m) into (N, ΣD_m) float32 on `device`.

    With `standardise`, every dimension gets mean 0 and deviation 1 over the present rows among `train` (M,);
    dimensions that never change are only centred. Absent entries are zero, which is then the mean.
    """
    rows, width = len(next(iter(values.values()))), sum(value.shape[1] for value in values.values())
    joined, train = torch.empty((rows, width), dtype=torch.float32, device=device), train.to(device)
    mean, scale, start = torch.zeros(width, device=device), torch.ones(width, device=device), 0
    places: dict[str, slice] = {}
    for name, value in values.items():
        columns = places[name] = slice(start, start + value.shape[1])
        block, mask = joined[:, columns], present[name].to(device)
        block.copy_(value)
        if standardise and bool(mask[train].any()):
            deviation, mean[columns] = torch.std_mean(block[train[mask[train]]], dim=0, correction=0)
            scale[columns] = torch.where(deviation > SMALLEST_STD, deviation, torch.ones_like(deviation))
            block.sub_(mean[columns]).div_(scale[columns])
        block.mul_(mask[:, None])
        start = columns.stop
    return Matrix(joined, mean, scale, places)
