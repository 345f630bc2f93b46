"""Preset `official-code` against what the authors' released modules compute, written down here once more."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch
from pretrain_data import make_settings
from torch import nn

from conclugen.losses.clustering import clustering_joint
from conclugen.models.network import Network
from conclugen.pretrain import kmeans
from conclugen.pretrain.fresh import network_settings
from conclugen.pretrain.kmeans import Clusters
from conclugen.pretrain.lloyd import fit_means, nearest
from conclugen.pretrain.presets import OFFICIAL_CODE, PRESETS
from conclugen.pretrain.settings import ClusterSettings

DIMS = {"video": 4096, "audio": 1024, "text": 768}
CLUSTERS = ClusterSettings(**OFFICIAL_CODE["clusters"])
WIDE = {"representation": 4096, "hidden": 4096, "projection": 512, "projection_hidden": 512, "clustering": 8}
WIDE |= {"decoder_hidden": 4096}


def released(preset="official-code"):
    """The network at the widths of the paper, without memory for its weights."""
    settings = make_settings(preset=preset, sizes=WIDE)
    with torch.device("meta"):
        return Network(network_settings(settings, DIMS))


def count(module):
    return sum(value.numel() for value in module.parameters())


def linear(inputs, outputs, bias=True):
    return inputs * outputs + (outputs if bias else 0)


def test_heads_have_the_parameters_of_the_released_modules():
    network = released()
    assert count(network.representation["audio"]) == 7_347_200
    assert count(network.representation["video"]) == 3 * linear(4096, 4096)
    assert count(network.representation["text"]) == linear(768, 4096) + 2 * linear(4096, 4096)
    assert list(network.projection) == ["shared"]
    assert count(network.projection) == linear(4096, 512) + 2 * 512 + linear(512, 512)
    assert count(network.clustering) == linear(512, 8, bias=False)
    assert count(network.decoder["text"]) == linear(4096, 4096) + linear(4096, 768)


def test_the_audio_head_has_the_layers_of_a_gated_unit_and_a_linear_one():
    kinds = [type(module).__name__ for module in released().representation["audio"]]
    assert kinds == ["Linear", "ReLU", "ContextGate", "Linear", "ReLU", "Linear"]
    widths = [m.out_features for m in released().representation["audio"] if isinstance(m, nn.Linear)]
    assert widths == [1024, 1024, 4096]
    assert [type(m).__name__ for m in released("paper").representation["audio"]] == ["Linear", "ReLU"] * 2 + ["Linear"]


def reference_means(points, centroids, iterations, tolerance):
    """Lloyd's algorithm in loops: nearest by cosine, plain means, an empty cluster at zero."""
    points, centroids = points.tolist(), centroids.tolist()
    cosine = lambda a, b: sum(x * y for x, y in zip(a, b, strict=True)) / (math.hypot(*a) * math.hypot(*b) or 1)  # noqa: E731
    for _ in range(iterations):
        members = [[] for _ in centroids]
        for point in points:
            likeness = [cosine(point, centroid) for centroid in centroids]
            members[likeness.index(max(likeness))].append(point)
        means = [[sum(c) / len(m) for c in zip(*m, strict=True)] if m else [0.0] * len(points[0]) for m in members]
        moved = sum((x - y) ** 2 for a, b in zip(means, centroids, strict=True) for x, y in zip(a, b, strict=True))
        centroids = means
        if moved <= tolerance:
            break
    return torch.tensor(centroids)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("iterations", [1, 3, 100])
def test_k_means_is_that_of_loops_over_the_same_points(seed, iterations):
    generator = torch.Generator().manual_seed(seed)
    points = 5 * torch.randn(120, 8, generator=generator) * torch.rand(120, 1, generator=generator)
    start = points[torch.randint(120, (8,), generator=generator)]
    ours = fit_means(points, 8, 0, iterations, 1e-4, start)
    torch.testing.assert_close(ours, reference_means(points, start, iterations, 1e-4), atol=1e-4, rtol=1e-4)


def test_centroids_are_plain_means_and_an_empty_cluster_lies_at_zero():
    points = 5 * torch.randn(500, 8, generator=torch.Generator().manual_seed(1))
    centroids = fit_means(points, 8, 3, 100, 1e-4)
    assert not torch.allclose(centroids.norm(dim=1), torch.ones(8), atol=0.2)
    label = nearest(points, centroids)
    for k in range(8):
        torch.testing.assert_close(centroids[k], points[label == k].mean(0), atol=0.1, rtol=0.05)
    twice = fit_means(points, 2, 0, 1, 0.0, start=points[:1].repeat(2, 1))  # the first of two equal ones takes all
    assert twice[1].tolist() == [0.0] * 8
    torch.testing.assert_close(twice[0], points.mean(0))


def test_it_ends_by_its_tolerance_and_by_its_iterations():
    points = torch.randn(400, 4, generator=torch.Generator().manual_seed(2))
    start = points[:3]
    long, longer = (fit_means(points, 3, 0, n, 0.0, start) for n in (200, 201))
    torch.testing.assert_close(long, longer)  # a fixed point
    coarse = fit_means(points, 3, 0, 200, 1.0, start)
    assert not torch.allclose(coarse, long, atol=1e-3)


def seen_by_k_means(settings, epochs, batches, rows, monkeypatch):
    """(epoch, batch, points) of every fit."""
    seen = []
    monkeypatch.setattr(kmeans, "fit_means", lambda points, *rest: seen.append(len(points)) or points[:8].clone())
    clusters, found = Clusters(settings, batches, seed=0, epochs=30), []
    for epoch in range(epochs):
        clusters.start_epoch()
        for batch in range(batches):
            clusters.update(torch.randn(rows, 8), epoch)
            found += [(epoch, batch, points) for points in seen]
            seen.clear()
    return found


def test_k_means_runs_at_every_step_on_the_queue_and_the_batch(monkeypatch):
    found = seen_by_k_means(CLUSTERS, 30, 5, 16, monkeypatch)
    assert [(epoch, batch) for epoch, batch, _ in found] == [(e, b) for e in range(12, 30) for b in range(5)]
    assert [points for *_, points in found] == [16, 16, 16, 16, 5 * 16] * 18  # four batches fill the queue


def test_the_queue_of_a_longer_epoch_stays_full(monkeypatch):
    settings = dataclasses.replace(CLUSTERS, start_epoch=0)
    assert [points for *_, points in seen_by_k_means(settings, 1, 8, 10, monkeypatch)] == [10] * 4 + [50] * 4


def test_other_presets_wait_for_their_queue_as_before(monkeypatch):
    settings = dataclasses.replace(CLUSTERS, start_epoch=0, queue_before=False)
    assert [(b, n) for _, b, n in seen_by_k_means(settings, 1, 6, 10, monkeypatch)] == [(3, 40), (4, 40), (5, 40)]
    for name in ("paper", "improved"):
        clusters = PRESETS[name]["clusters"]
        assert (clusters["queue_before"], clusters["plain_means"], clusters["tolerance"]) == (False, False, 0.0)


def test_the_loss_is_the_released_one_for_the_same_centroids():
    """Cross-entropy of plain dot products with plain means, the margin in both places."""
    generator = torch.Generator().manual_seed(5)
    values = {name: 3 * torch.randn(64, 8, generator=generator) for name in DIMS}
    present = {name: torch.ones(64, dtype=torch.bool) for name in DIMS}
    fused = sum(values.values()) / 3
    centroids = fit_means(fused, 8, 1, 100, 1e-4)
    label = nearest(fused, centroids)
    logits = fused @ centroids.T
    logits[torch.arange(64), label] -= 0.001
    expected = (logits.logsumexp(1) - logits[torch.arange(64), label]).mean()
    objective = OFFICIAL_CODE["objective"]
    ours = clustering_joint(
        values,
        present,
        centroids,
        label,
        objective["margin"],
        objective["clustering_temperature"],
        objective["clustering_normalise"],
    )
    torch.testing.assert_close(ours, expected)


def test_a_batch_smaller_than_the_clusters_is_refused():
    clusters = Clusters(dataclasses.replace(CLUSTERS, start_epoch=0), 5, seed=0, epochs=30)
    with pytest.raises(ValueError, match="4 points for 8 clusters"):
        clusters.update(torch.randn(4, 8), 0)


def test_its_settings_reach_the_training():
    assert make_settings(preset="official-code").clusters.plain_means
