"""Reconstruction against scikit-learn's mean squared error."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import mean_squared_error

from conclugen.losses.reconstruction import reconstruction

DIMS = {"video": 5, "text": 3}


def draw(rows, seed):
    g = torch.Generator().manual_seed(seed)
    return {n: torch.randn(rows, d, generator=g, dtype=torch.float64) for n, d in DIMS.items()}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=8), st.integers(0, 999))
def test_is_the_sum_of_mean_squared_errors_over_present_rows(rows, seed):
    inputs, rebuilt = draw(len(rows), seed), draw(len(rows), seed + 1)
    present = {n: torch.tensor([row[i] for row in rows]) for i, n in enumerate(DIMS)}
    expected = sum(
        mean_squared_error(inputs[n][present[n]].numpy(), rebuilt[n][present[n]].numpy())
        for n in DIMS
        if present[n].any()
    )
    assert reconstruction(inputs, rebuilt, present).item() == pytest.approx(expected, rel=1e-12)


def test_only_present_rows_have_gradients():
    inputs, rebuilt = draw(3, 0), {n: v.requires_grad_() for n, v in draw(3, 1).items()}
    present = {"video": torch.tensor([True, False, True]), "text": torch.zeros(3, dtype=torch.bool)}
    reconstruction(inputs, rebuilt, present).backward()
    assert (rebuilt["video"].grad.abs().sum(1) > 0).tolist() == [True, False, True]
    assert (rebuilt["text"].grad == 0).all()


def test_perfect_and_gradcheck():
    inputs = draw(4, 2)
    present = {n: torch.tensor([True, True, False, True]) for n in DIMS}
    assert reconstruction(inputs, inputs, present).item() == 0
    rebuilt = tuple(v.requires_grad_() for v in draw(4, 3).values())
    assert torch.autograd.gradcheck(
        lambda *x: reconstruction(inputs, dict(zip(DIMS, x, strict=True)), present), rebuilt
    )
