"""Measures of a network as it stands, on rows of its corpus: what `health` judges."""

from __future__ import annotations

import math

import torch

from conclugen.pretrain import health
from conclugen.pretrain.objective import fused_clusters
from conclugen.pretrain.step import Training, evaluate, evaluating, forward, take


@torch.no_grad()
def examine(training: Training, rows: torch.Tensor) -> health.Numbers:
    """Return `health.measure` of at most `health.MOST_ROWS` of `rows` (M,), evenly spaced, as one batch.

    Once there are centroids, `clusters_used` and the entropy of the clusters as a share of its most are among them.
    """
    chosen = rows[health.evenly(len(rows), health.MOST_ROWS)]
    views = torch.tensor([[0], [1]]).expand(2, len(chosen)) if training.settings.views else None
    with evaluating(training.network):
        inputs, present = take(training.data, chosen, training.where, views)
        outputs = forward(training, inputs, present)
        active = evaluate(training, outputs, present, stop=False)
    losses = {name: float(value) for name, value in active.items() if name != "loss"}
    numbers = health.measure(outputs, present, losses, training.settings)
    if training.clusters is None or training.clusters.centroids is None:
        return numbers
    from conclugen.pretrain.kmeans import entropy

    any_modality = torch.stack(list(present.values())).any(0)
    assigned = training.clusters.assign(fused_clusters(outputs, present)[any_modality])
    count = training.settings.clusters.count
    sizes = torch.bincount(assigned, minlength=count)
    used = {
        "clusters_used": float((sizes > 0).sum()),
        "cluster_entropy_share": entropy(sizes) / math.log(max(count, 2)),
    }
    return numbers | used
