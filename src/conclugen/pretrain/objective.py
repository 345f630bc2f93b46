"""The losses of a method, put together (Eq. 11–13)."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING

import torch

from conclugen.models.network import Outputs
from conclugen.pretrain.settings import Objective

if TYPE_CHECKING:
    from conclugen.pretrain.kmeans import Clusters

Present = Mapping[str, torch.Tensor]


def loss_module(name: str) -> ModuleType:
    """Return the module of a loss, with `term` and `bounds`: only those of the method are imported, or are its code."""
    return importlib.import_module(f"conclugen.losses.{name}")


def fused_clusters(outputs: Outputs, present: Present) -> torch.Tensor:
    """Return what k-means sees: R (N, G) of Eq. 8, float32, without gradient."""
    return loss_module("clustering").fuse(_float(outputs.cluster), present).detach()


def losses(
    names: tuple[str, ...], outputs: Outputs, present: Present, objective: Objective, clusters: Clusters | None
) -> dict[str, torch.Tensor]:
    """Return each loss that is active, a scalar by name, computed in float32.

    `clustering` is inactive as long as `clusters` has no centroids.
    """
    exact = dataclasses.replace(
        outputs,
        projection=_float(outputs.projection),
        cluster=_float(outputs.cluster),
        reconstruction=_float(outputs.reconstruction),
    )
    values = {name: loss_module(name).term(exact, present, objective, clusters) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def total(active: Mapping[str, torch.Tensor], objective: Objective) -> torch.Tensor:
    """Return the sum (Eq. 11–13) or the mean of the active losses, each times its `{name}_weight` in the objective.

    Raises ValueError when there is none.
    """
    if not active:
        raise ValueError("no loss is active; clustering alone cannot start before its first k-means")
    values = torch.stack([value * getattr(objective, f"{name}_weight", 1.0) for name, value in active.items()])
    return values.sum() if objective.reduction == "sum" else values.mean()


def _float(values: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: value.float() for name, value in values.items()}
