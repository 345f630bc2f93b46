"""k-means: the right centroids, no sampling, empty clusters, seeds, and when it runs."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import torch
from pretrain_data import make_settings
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from conclugen.pretrain.kmeans import Clusters, assign, entropy, fit
from conclugen.pretrain.presets import switches
from conclugen.pretrain.settings import ClusterSettings

SETTINGS = dataclasses.replace(make_settings().clusters, refit_share=None)


def blobs(rows=300, clusters=4, seed=0):
    g = torch.Generator().manual_seed(seed)
    centres = 10 * torch.eye(clusters, 5)
    label = torch.arange(rows) % clusters
    return centres[label] + torch.randn(rows, 5, generator=g), label


@pytest.mark.parametrize("spherical", [False, True])
def test_finds_planted_clusters(spherical):
    points, label = blobs()
    centroids = fit(points, 4, seed=1, spherical=spherical, iterations=20)
    assert centroids.shape == (4, 5)
    assert adjusted_rand_score(label, assign(points, centroids, spherical)) > 0.95
    if spherical:
        torch.testing.assert_close(centroids.norm(dim=1), torch.ones(4))


def test_agrees_with_scikit_learn_from_the_same_start():
    points = torch.randn(500, 6, generator=torch.Generator().manual_seed(2))
    start = points[:5]
    ours = fit(points, 5, seed=0, spherical=False, iterations=50, start=start)
    theirs = KMeans(5, init=start.numpy(), n_init=1, max_iter=50, tol=0, algorithm="lloyd").fit(points.numpy())
    np.testing.assert_allclose(ours.numpy(), theirs.cluster_centers_, atol=1e-3)
    assert (assign(points, ours, False).numpy() == theirs.labels_).mean() > 0.99


def test_every_point_counts():
    """With more points than faiss would sample, the fixed point is that of all points."""
    points, _ = blobs(rows=4000)
    centroids = fit(points, 4, seed=1, spherical=False, iterations=30)
    label = assign(points, centroids, False)
    for k in range(4):
        torch.testing.assert_close(centroids[k], points[label == k].mean(0), atol=1e-3, rtol=1e-3)


def test_same_seed_same_centroids_and_warm_start_keeps_their_order():
    points, _ = blobs()
    first = fit(points, 4, seed=3, spherical=False, iterations=20)
    assert torch.equal(first, fit(points, 4, seed=3, spherical=False, iterations=20))
    moved = fit(points + 0.1, 4, seed=99, spherical=False, iterations=20, start=first)
    torch.testing.assert_close(moved, first + 0.1, atol=0.5, rtol=0)


def test_collapsed_points_do_not_break_it():
    centroids = fit(torch.ones(20, 5), 8, seed=0, spherical=True, iterations=10)
    assert torch.isfinite(centroids).all()
    assert len(assign(torch.ones(20, 5), centroids, True)) == 20


def test_bad_points_are_refused():
    points = torch.ones(20, 3)
    with pytest.raises(ValueError, match="20 points for 30"):
        fit(points, 30, seed=0, spherical=False, iterations=5)
    points[3, 1] = torch.nan
    with pytest.raises(FloatingPointError, match="finite"):
        fit(points, 4, seed=0, spherical=False, iterations=5)


def test_entropy():
    assert entropy(torch.tensor([5, 5, 5, 5])) == pytest.approx(math.log(4))
    assert entropy(torch.tensor([9, 0, 0])) == 0
    assert math.isnan(entropy(torch.zeros(3)))


def follow(settings: ClusterSettings, epochs: int, batches: int) -> list[tuple[int, int, int]]:
    """(epoch, batch, fits so far) at every fit."""
    clusters, seen = Clusters(settings, batches, seed=0, epochs=30), []
    for epoch in range(epochs):
        clusters.start_epoch()
        for batch in range(batches):
            before = clusters.fits
            clusters.update(torch.randn(16, 4), epoch)
            if clusters.fits > before:
                seen.append((epoch, batch, clusters.fits))
    return seen


def test_runs_only_when_due():
    settings = dataclasses.replace(SETTINGS, start_epoch=2, queue_batches=4, refit_every=3, queue_reset=False)
    assert follow(settings, 4, 5) == [(2, 0, 1), (2, 3, 2), (3, 1, 3), (3, 4, 4)]


def test_what_counts_epochs_and_batches_may_scale_with_training_and_corpus():
    settings = dataclasses.replace(
        SETTINGS, start_epoch=99, start_share=0.25, queue_batches=4, refit_every=20, refit_share=0.5, queue_reset=False
    )
    assert follow(settings, 9, 4) == [(7, 0, 1), (7, 2, 2), (8, 0, 3), (8, 2, 4)]  # 0.25 of 30 epochs; 0.5 of 4
    assert follow(settings, 9, 100)[:3] == [(7, 0, 1), (7, 20, 2), (7, 40, 3)]  # never less often than refit_every
    assert follow(settings, 9, 1) == [(7, 0, 1), (8, 0, 2)]


def test_a_reset_queue_must_fill_again_every_epoch():
    settings = dataclasses.replace(SETTINGS, start_epoch=1, queue_batches=3, refit_every=1, queue_reset=True)
    assert follow(settings, 3, 4) == [(1, 2, 1), (1, 3, 2), (2, 2, 3), (2, 3, 4)]


def test_a_queue_longer_than_an_epoch_is_cut_to_it():
    settings = dataclasses.replace(SETTINGS, start_epoch=0, queue_batches=4, refit_every=1, queue_reset=True)
    assert follow(settings, 2, 2) == [(0, 1, 1), (1, 1, 2)]


def test_the_queue_holds_the_last_batches_without_gradients():
    clusters = Clusters(dataclasses.replace(SETTINGS, queue_batches=3, start_epoch=99), 10, seed=0, epochs=99)
    for i in range(5):
        clusters.update(torch.full((2, 4), float(i), requires_grad=True), 0)
    assert [int(points[0, 0]) for points in clusters.queue] == [2, 3, 4]
    assert not any(points.requires_grad for points in clusters.queue)
    assert clusters.sizes().tolist() == [0, 0, 0, 0]


def test_state_goes_round():
    settings = dataclasses.replace(SETTINGS, start_epoch=0, refit_every=2)
    g = torch.Generator().manual_seed(0)
    batches = [torch.randn(16, 4, generator=g) for _ in range(12)]
    whole = Clusters(settings, 10, seed=5, epochs=30)
    for batch in batches:
        whole.update(batch, 3)
    first, second = Clusters(settings, 10, seed=5, epochs=30), Clusters(settings, 10, seed=5, epochs=30)
    for batch in batches[:7]:
        first.update(batch, 3)
    second.restore(first.state(), torch.device("cpu"))
    for batch in batches[7:]:
        second.update(batch, 3)
    assert torch.equal(whole.centroids, second.centroids)
    assert whole.fits == second.fits


def test_the_variant_that_clusters_anew_fits_at_every_batch():
    settings = ClusterSettings(**switches("improved-with-clusters-anew", {})["clusters"])
    clusters = Clusters(settings, 5, seed=0, epochs=10)
    for epoch in range(4):
        clusters.start_epoch()
        for batch in range(5):
            clusters.update(torch.randn(16, 8), epoch)
            assert clusters.fits == max(0, 5 * (epoch - 2) + batch + 1)
