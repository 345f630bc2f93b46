"""k nearest neighbours: one search serves every share of the labels, and votes are counted as told."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from conclugen.downstream import knn
from conclugen.downstream.knn import Neighbours, search, votes


def rows(count, seed=0):
    return functional.normalize(torch.randn((count, 6), generator=torch.Generator().manual_seed(seed)), dim=1)


def test_one_search_finds_the_neighbours_in_every_subset(monkeypatch):
    monkeypatch.setattr(knn, "ROWS_AT_ONCE", 4)
    queries, keys = rows(11), rows(30, seed=1)
    subsets = [torch.arange(30), torch.tensor([2, 3, 11, 17, 29]), torch.tensor([5])]
    for subset, found in zip(subsets, search(queries, keys, subsets, 7), strict=True):
        near, index = (queries @ keys[subset].T).sort(dim=1, descending=True)
        torch.testing.assert_close(found.near, near[:, :7])
        assert found.index.tolist() == index[:, :7].tolist()


def test_votes_are_weighted_by_similarity_and_lifted_by_rarity():
    found = Neighbours(torch.tensor([[0.9, 0.8, 0.1]]), torch.tensor([[0, 1, 2]]))
    targets = torch.tensor([[1.0], [0.0], [0.0], [0.0]])
    weight = torch.tensor([0.0, -1.0]).exp()
    share, prior = weight[0] / weight.sum(), 0.25
    lifted = share / prior
    expected = lifted / (lifted + (1 - share) / (1 - prior))
    assert float(votes(found, targets, 2, "multi")) == pytest.approx(float(expected))


def test_unknown_labels_do_not_vote():
    found = Neighbours(torch.tensor([[0.9, 0.8]]), torch.tensor([[0, 1]]))
    targets = torch.tensor([[float("nan")], [1.0], [0.0]])
    assert float(votes(found, targets, 1, "multi")) == pytest.approx(0.5)  # the prior, lifted by itself
    assert float(votes(found, targets, 2, "multi")) > 0.99
