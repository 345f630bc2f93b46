"""The clustering loss against the printed formula, written out in loops."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from conclugen.losses.clustering import clustering_individual, clustering_joint, fuse

NAMES = ("video", "audio", "text")
MASKS = st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=7)


def draw(rows, seed, dim=4, clusters=3):
    g = torch.Generator().manual_seed(seed)
    values = {n: torch.randn(rows, dim, generator=g, dtype=torch.float64) for n in NAMES}
    centroids = torch.randn(clusters, dim, generator=g, dtype=torch.float64)
    return values, centroids, torch.randint(clusters, (rows,), generator=g)


def masks(rows):
    return {n: torch.tensor([row[i] for row in rows]) for i, n in enumerate(NAMES)}


def cross_entropy(vector, centroids, target, margin, temperature):
    logits = [float(np.dot(vector, c)) - (margin if k == target else 0) for k, c in enumerate(centroids)]
    logits = [x / temperature for x in logits]
    return -math.log(math.exp(logits[target]) / sum(math.exp(x) for x in logits))


def joint_by_hand(values, present, centroids, assigned, margin, temperature=1.0, normalise=False):
    losses = []
    for i in range(len(assigned)):
        here = [values[n][i].numpy() for n in NAMES if present[n][i]]
        if here:
            r = sum(here) / len(here)
            r = r / np.linalg.norm(r) if normalise else r
            losses.append(cross_entropy(r, centroids.numpy(), int(assigned[i]), margin, temperature))
    return sum(losses) / len(losses) if losses else 0.0


def individual_by_hand(values, present, centroids, assigned, margin):
    total = 0.0
    for n in NAMES:
        rows = [i for i in range(len(assigned)) if present[n][i]]
        if rows:
            total += sum(
                cross_entropy(values[n][i].numpy(), centroids.numpy(), int(assigned[i]), margin, 1.0) for i in rows
            ) / len(rows)
    return total


@settings(max_examples=40, deadline=None)
@given(MASKS, st.integers(0, 999), st.sampled_from([(0.0, None), (0.3, None), (0.3, 0.5)]), st.booleans())
def test_joint_matches_the_formula(rows, seed, knobs, normalise):
    values, centroids, assigned = draw(len(rows), seed)
    margin, temperature = knobs
    found = clustering_joint(values, masks(rows), centroids, assigned, margin, temperature, normalise)
    expected = joint_by_hand(values, masks(rows), centroids, assigned, margin, temperature or 1.0, normalise)
    assert found.item() == pytest.approx(expected, rel=1e-10, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(MASKS, st.integers(0, 999))
def test_individual_matches_the_formula(rows, seed):
    values, centroids, assigned = draw(len(rows), seed)
    found = clustering_individual(values, masks(rows), centroids, assigned, 0.2)
    expected = individual_by_hand(values, masks(rows), centroids, assigned, 0.2)
    assert found.item() == pytest.approx(expected, rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("loss", [clustering_joint, clustering_individual])
def test_absent_values_play_no_part(loss):
    rows = [(True, False, True), (False, True, False), (True, True, True), (False, False, False)]
    values, centroids, assigned = draw(4, 1)
    spoilt = {n: torch.where(masks(rows)[n][:, None], v, torch.full_like(v, torch.nan)) for n, v in values.items()}
    expected = loss(values, masks(rows), centroids, assigned, 0.1)
    torch.testing.assert_close(loss(spoilt, masks(rows), centroids, assigned, 0.1), expected)


def test_fuse_is_the_mean_over_what_is_there():
    values, _, _ = draw(3, 2)
    rows = [(True, True, True), (True, False, True), (False, False, False)]
    found = fuse(values, masks(rows))
    torch.testing.assert_close(found[0], (values["video"][0] + values["audio"][0] + values["text"][0]) / 3)
    torch.testing.assert_close(found[1], (values["video"][1] + values["text"][1]) / 2)
    assert (found[2] == 0).all()


@pytest.mark.parametrize("loss", [clustering_joint, clustering_individual])
def test_renaming_clusters_or_reordering_rows_changes_nothing(loss):
    values, centroids, assigned = draw(6, 3)
    present = {n: torch.ones(6, dtype=torch.bool) for n in NAMES}
    expected = loss(values, present, centroids, assigned, 0.1)
    order = torch.tensor([2, 0, 1])
    torch.testing.assert_close(loss(values, present, centroids[order], order.argsort()[assigned], 0.1), expected)
    rows = torch.randperm(6)
    torch.testing.assert_close(
        loss({n: v[rows] for n, v in values.items()}, present, centroids, assigned[rows], 0.1), expected
    )


@pytest.mark.parametrize("loss", [clustering_joint, clustering_individual])
@pytest.mark.parametrize("normalise", [False, True])
def test_gradients_match_finite_differences(loss, normalise):
    values, centroids, assigned = draw(4, 4)
    present = masks([(True, True, False), (True, True, True), (False, False, True), (False, False, False)])
    inputs = tuple(v.requires_grad_() for v in values.values())
    assert torch.autograd.gradcheck(
        lambda *x: loss(dict(zip(NAMES, x, strict=True)), present, centroids, assigned, 0.1, 0.5, normalise), inputs
    )


@pytest.mark.parametrize("loss", [clustering_joint, clustering_individual])
def test_nothing_present_gives_zero_and_zero_gradients(loss):
    values, centroids, assigned = draw(3, 5)
    values = {n: v.requires_grad_() for n, v in values.items()}
    result = loss(values, masks([(False,) * 3] * 3), centroids, assigned, 0.1)
    result.backward()
    assert result.item() == 0
    assert all((v.grad == 0).all() for v in values.values())


def test_modalities_at_their_centroid_score_better_than_elsewhere():
    centroids = 3 * torch.eye(4, dtype=torch.float64)
    assigned = torch.tensor([0, 1, 2, 3])
    present = {n: torch.ones(4, dtype=torch.bool) for n in NAMES}
    right = dict.fromkeys(NAMES, centroids[assigned])
    wrong = {n: centroids[assigned.roll(1)] for n in NAMES}
    for loss in (clustering_joint, clustering_individual):
        assert loss(right, present, centroids, assigned, 0.0) < 0.01 < loss(wrong, present, centroids, assigned, 0.0)
