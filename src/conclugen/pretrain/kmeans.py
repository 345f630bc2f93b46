"""Online k-means over the last batches, with faiss (section 3.5 and section 6 of the paper)."""

from __future__ import annotations

import collections
import math
from typing import Any

import faiss
import numpy as np
import torch
from torch.nn import functional

from conclugen.pretrain.lloyd import fit_means, nearest
from conclugen.pretrain.settings import ClusterSettings

# Points x clusters x dimensions from which a GPU is worth its set-up. The paper's queue (16,384 x 8 x 8) takes 16 ms on
# one CPU thread.
GPU_WORK = 10**9


def fit(
    points: torch.Tensor,
    count: int,
    seed: int,
    spherical: bool,
    iterations: int,
    start: torch.Tensor | None = None,
    threads: int = 1,
) -> torch.Tensor:
    """Return `count` centroids (K, G) of `points` (N, G), float32, on the points' device.

    A cluster that runs empty is given half of a large one. All points are used, never a sample of them.

    Args:
        spherical: compare by cosine; centroids are unit vectors.
        start: centroids (K, G) to start from; None for random points drawn with `seed`.

    Raises:
        ValueError: for fewer points than clusters.
        FloatingPointError: for points that are not finite.
    """
    _check(points, count)
    values = np.ascontiguousarray((functional.normalize(points, dim=1) if spherical else points).float().cpu().numpy())
    large = values.size * count >= GPU_WORK
    faiss.omp_set_num_threads(threads)
    search = faiss.Kmeans(
        values.shape[1],
        count,
        niter=iterations,
        spherical=spherical,
        seed=seed % 2**31,
        gpu=1 if large and points.is_cuda and faiss.get_num_gpus() else False,
        min_points_per_centroid=1,
        max_points_per_centroid=len(values),  # the default would quietly sample 256 points per cluster
    )
    search.train(values, init_centroids=None if start is None else start.float().cpu().numpy())
    return torch.from_numpy(search.centroids.copy()).to(points.device)


def _check(points: torch.Tensor, count: int) -> None:
    if len(points) < count:
        raise ValueError(f"k-means was given {len(points)} points for {count} clusters")
    if not bool(torch.isfinite(points).all()):
        raise FloatingPointError("k-means was given points that are not finite")


def assign(points: torch.Tensor, centroids: torch.Tensor, spherical: bool) -> torch.Tensor:
    """Return the index (N,) of the centroid (K, G) nearest to each of `points` (N, G), by cosine or by distance."""
    if spherical:
        return nearest(points, centroids)
    return torch.cdist(points, centroids).argmin(1)


def entropy(counts: torch.Tensor) -> float:
    """Return the entropy, in nats, of cluster sizes (K,); log K when all are equal, NaN when nothing was assigned."""
    total = float(counts.sum())
    if total == 0:
        return float("nan")
    share = counts[counts > 0].double() / total
    return max(0.0, float(-(share * share.log()).sum()))


class Clusters:
    """Centroids that follow the training: a queue of the last batches, refitted when due.

    Attributes:
        centroids: (K, G), or None as long as there has been no fit.
        fits: how many fits there have been.
    """

    def __init__(self, settings: ClusterSettings, batches_per_epoch: int, seed: int, epochs: int) -> None:
        self.settings, self.seed = settings, seed
        self.full = min(settings.queue_batches, batches_per_epoch)
        share, part = settings.start_share, settings.refit_share
        self.start = settings.start_epoch if share is None else math.floor(share * epochs)
        # Counted in batches alone, a fit outlives whole epochs of a small corpus.
        most = settings.refit_every if part is None else math.ceil(part * batches_per_epoch)
        self.refit_every = min(settings.refit_every, most)
        self.queue: collections.deque[torch.Tensor] = collections.deque(maxlen=self.full)
        self.centroids: torch.Tensor | None = None
        self.fits, self.age = 0, 0

    def start_epoch(self) -> None:
        """Forget queue and centroids, if the settings ask for it."""
        if self.settings.queue_reset:
            self.queue.clear()
            self.centroids = None

    def update(self, points: torch.Tensor, epoch: int) -> None:
        """Take in the fused representations (N, G) of a batch, and refit when due."""
        batch = points.detach().float()
        before = list(self.queue) if len(self.queue) == self.full else []
        self.queue.append(batch)
        self.age += 1
        if self._due(epoch):
            self._refit(torch.cat([*before, batch] if self.settings.queue_before else list(self.queue)))

    def assign(self, points: torch.Tensor) -> torch.Tensor:
        """Return the index (N,) of each point's centroid."""
        return assign(points.detach().float(), self.centroids, self.settings.spherical)

    def sizes(self) -> torch.Tensor:
        """Return how many points of the queue belong to each cluster, (K,); zeros as long as there are none."""
        if self.centroids is None or not self.queue:
            return torch.zeros(self.settings.count, dtype=torch.long)
        return torch.bincount(self.assign(torch.cat(list(self.queue))), minlength=self.settings.count).cpu()

    def state(self) -> dict[str, Any]:
        """Return everything that changes, for `restore`."""
        return {"queue": list(self.queue), "centroids": self.centroids, "fits": self.fits, "age": self.age}

    def restore(self, state: dict[str, Any], where: torch.device) -> None:
        """Go on from what `state` returned."""
        self.queue.clear()
        self.queue.extend(points.to(where) for points in state["queue"])
        self.centroids = None if state["centroids"] is None else state["centroids"].to(where)
        self.fits, self.age = state["fits"], state["age"]

    def _due(self, epoch: int) -> bool:
        ready = epoch >= self.start and (self.settings.queue_before or len(self.queue) == self.full)
        return ready and (self.centroids is None or self.age >= self.refit_every)

    def _refit(self, points: torch.Tensor) -> None:
        s = self.settings
        start = self.centroids if s.warm_start else None
        seed = self.seed * 1_000_003 + self.fits
        if s.plain_means and s.spherical:
            _check(points, s.count)
            self.centroids = fit_means(points, s.count, seed, s.iterations, s.tolerance, start)
        else:
            self.centroids = fit(points, s.count, seed, s.spherical, s.iterations, start, torch.get_num_threads())
        self.fits, self.age = self.fits + 1, 0
