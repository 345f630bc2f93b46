"""Multi-modal clustering: representations are drawn to the centroid they were assigned to (Eq. 8–10)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from conclugen.losses.bounds import contrast_best, contrast_chance

if TYPE_CHECKING:
    from conclugen.models.network import Outputs
    from conclugen.pretrain.kmeans import Clusters
    from conclugen.pretrain.settings import Objective, Settings


def term(
    outputs: Outputs, present: Mapping[str, torch.Tensor], objective: Objective, clusters: Clusters | None
) -> torch.Tensor | None:
    """Return the loss of a batch against its centroids, a scalar; None as long as there are no centroids."""
    if clusters is None or clusters.centroids is None:
        return None
    loss = {"joint": clustering_joint, "individual": clustering_individual}[objective.clustering]
    return loss(
        outputs.cluster,
        present,
        clusters.centroids,
        clusters.assign(fuse(outputs.cluster, present).detach()),
        objective.margin,
        objective.clustering_temperature,
        objective.clustering_normalise,
    )


def bounds(outputs: Outputs, present: Mapping[str, torch.Tensor], settings: Settings) -> tuple[float, float]:
    """Return (chance, best) of `term` on rows; summed over modalities where each has a loss of its own.

    Plain dot products have no bound above 0.
    """
    objective, count = settings.objective, settings.clusters.count
    summed = len(outputs.cluster) if objective.clustering == "individual" else 1
    best = contrast_best(count, objective.margin, objective.clustering_temperature)
    return summed * contrast_chance(count), summed * best if objective.clustering_normalise else 0.0


def fuse(values: Mapping[str, torch.Tensor], present: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Return R (N, G), the mean of `values` (N, G) over the modalities present in a row (Eq. 8).

    A row without any modality is zero.
    """
    weights = torch.stack([present[m] for m in values]).to(next(iter(values.values())).dtype)
    total = torch.stack([values[m].masked_fill(~present[m][:, None], 0) for m in values]).sum(0)
    return total / weights.sum(0).clamp_min(1)[:, None]


def clustering_joint(
    values: Mapping[str, torch.Tensor],
    present: Mapping[str, torch.Tensor],
    centroids: torch.Tensor,
    assigned: torch.Tensor,
    margin: float,
    temperature: float | None = None,
    normalise: bool = False,
) -> torch.Tensor:
    """Return the loss of the fused representation R against its centroid (Eq. 10), a scalar.

    Args:
        values: by modality, outputs (N, G) of the clustering head.
        present: by modality, (N,) bool; rows without any modality take no part.
        centroids: (K, G), without gradient.
        assigned: (N,) the index of each row's centroid.
        margin: δ, taken from the similarity to the assigned centroid. As printed, Eq. 10 has it in the numerator alone,
            where it would be a constant; here it is in both places, as in Eq. 3.
        temperature: divides the similarities; None is the paper's plain dot product.
        normalise: compare by cosine: R is scaled to unit length first (for centroids of spherical k-means).
    """
    mask = torch.stack([present[m] for m in values]).any(0)
    return towards_centroid(fuse(values, present), mask, centroids, assigned, margin, temperature, normalise)


def clustering_individual(
    values: Mapping[str, torch.Tensor],
    present: Mapping[str, torch.Tensor],
    centroids: torch.Tensor,
    assigned: torch.Tensor,
    margin: float,
    temperature: float | None = None,
    normalise: bool = False,
) -> torch.Tensor:
    """Return the sum over modalities of each one's own loss against the row's centroid, a scalar.

    The centroids and assignments are still those of the fused representation; arguments as for `clustering_joint`.
    """
    losses = (
        towards_centroid(value, present[m], centroids, assigned, margin, temperature, normalise)
        for m, value in values.items()
    )
    return sum(losses, start=next(iter(values.values()))[:0].sum())


def towards_centroid(
    values: torch.Tensor,
    present: torch.Tensor,
    centroids: torch.Tensor,
    assigned: torch.Tensor,
    margin: float,
    temperature: float | None,
    normalise: bool,
) -> torch.Tensor:
    """Return the mean cross-entropy of values (N, G) over centroids (K, G); zero when no row is present."""
    rows, target = values[present], assigned[present]
    if len(rows) == 0:
        return rows.sum()
    similarity = (functional.normalize(rows, dim=1) if normalise else rows) @ centroids.T
    similarity = similarity - margin * functional.one_hot(target, len(centroids)).to(similarity.dtype)
    return functional.cross_entropy(similarity if temperature is None else similarity / temperature, target)
