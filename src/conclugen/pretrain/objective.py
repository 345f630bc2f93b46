"""The losses of a method, put together (Eq. 11–13)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from conclugen.models.network import Outputs
from conclugen.pretrain.settings import Objective

if TYPE_CHECKING:
    from conclugen.pretrain.kmeans import Clusters

Present = Mapping[str, torch.Tensor]
Term = Callable[["Outputs", Present, Objective, "Clusters | None"], "torch.Tensor | None"]


def fused_clusters(outputs: Outputs, present: Present) -> torch.Tensor:
    """Return what k-means sees: R (N, G) of Eq. 8, float32, without gradient."""
    from conclugen.losses.clustering import fuse

    return fuse(_float(outputs.cluster), present).detach()


def losses(
    names: tuple[str, ...], outputs: Outputs, present: Present, objective: Objective, clusters: Clusters | None
) -> dict[str, torch.Tensor]:
    """Return each loss that is active, a scalar by name, computed in float32.

    `clustering` is inactive as long as `clusters` has no centroids.
    """
    found = {name: TERMS[name](outputs, present, objective, clusters) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def total(active: Mapping[str, torch.Tensor], objective: Objective) -> torch.Tensor:
    """Return the sum (Eq. 11–13) or the mean of the active losses, that of reconstruction times its weight.

    Raises ValueError when there is none.
    """
    if not active:
        raise ValueError("no loss is active; clustering alone cannot start before its first k-means")
    weights = {"reconstruction": objective.reconstruction_weight}
    values = torch.stack([value * weights.get(name, 1.0) for name, value in active.items()])
    return values.sum() if objective.reduction == "sum" else values.mean()


def _mms(outputs: Outputs, present: Present, objective: Objective, clusters: Clusters | None) -> torch.Tensor:
    from conclugen.losses.mms import mms

    values = _float(outputs.projection)
    if objective.normalise:
        values = {m: functional.normalize(value, dim=1) for m, value in values.items()}
    return mms(values, present, objective.margin, objective.temperature)


def _clustering(
    outputs: Outputs, present: Present, objective: Objective, clusters: Clusters | None
) -> torch.Tensor | None:
    from conclugen.losses.clustering import clustering_individual, clustering_joint

    if clusters is None or clusters.centroids is None:
        return None
    loss = {"joint": clustering_joint, "individual": clustering_individual}[objective.clustering]
    return loss(
        _float(outputs.cluster),
        present,
        clusters.centroids,
        clusters.assign(fused_clusters(outputs, present)),
        objective.margin,
        objective.clustering_temperature,
        objective.clustering_normalise,
    )


def _reconstruction(
    outputs: Outputs, present: Present, objective: Objective, clusters: Clusters | None
) -> torch.Tensor:
    from conclugen.losses.reconstruction import reconstruction

    return reconstruction(outputs.inputs, _float(outputs.reconstruction), present)


def _infonce(outputs: Outputs, present: Present, objective: Objective, clusters: Clusters | None) -> torch.Tensor:
    """The batch holds two views of each clip, one half after the other; the loss is the mean over modalities."""
    from conclugen.losses.infonce import infonce

    values = []
    for modality, value in _float(outputs.projection).items():
        first, second = functional.normalize(value, dim=1).chunk(2)
        values.append(infonce(first, second, present[modality].chunk(2)[0], objective.instance_temperature))
    return torch.stack(values).mean()


def _float(values: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: value.float() for name, value in values.items()}


TERMS: dict[str, Term] = {
    "mms": _mms,
    "clustering": _clustering,
    "reconstruction": _reconstruction,
    "infonce": _infonce,
}
