"""k-means by cosine whose centroids are plain means, as the authors' code has it. faiss has only unit centroids."""

from __future__ import annotations

import torch
from torch.nn import functional


def nearest(points: torch.Tensor, centroids: torch.Tensor) -> torch.Tensor:
    """Return the index (N,) of the centroid (K, G) with the largest cosine to each of `points` (N, G)."""
    return (points @ functional.normalize(centroids, dim=1).T).argmax(1)


def fit_means(
    points: torch.Tensor,
    count: int,
    seed: int,
    iterations: int,
    tolerance: float,
    start: torch.Tensor | None = None,
) -> torch.Tensor:
    """Return `count` centroids (K, G) of `points` (N, G), the means of the points that are nearest to them by cosine.

    Points are compared by direction and averaged with their lengths. A cluster that runs empty lies at zero, and takes
    the points that face away from all others. Ends when the squares of all moves sum to `tolerance` or less.

    Args:
        start: centroids (K, G) to start from; None for points drawn with `seed`, of which one may be drawn twice.
    """
    points = points.detach().float()
    if start is None:
        generator = torch.Generator().manual_seed(seed)
        start = points[torch.randint(len(points), (count,), generator=generator).to(points.device)]
    centroids = start.float()
    for _ in range(iterations):
        member = functional.one_hot(nearest(points, centroids), count).to(points.dtype)
        means = (member.T @ points) / member.sum(0).clamp_min(1)[:, None]
        moved = (means - centroids).square().sum()
        centroids = means
        if bool(moved <= tolerance):
            break
    return centroids
