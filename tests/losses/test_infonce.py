"""InfoNCE against the printed formula, written out in loops."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from conclugen.losses.infonce import infonce


def unit(rows, seed, dim=4):
    g = torch.Generator().manual_seed(seed)
    return torch.nn.functional.normalize(torch.randn(rows, dim, generator=g, dtype=torch.float64), dim=1)


def by_hand(first, second, temperature):
    views, n, total = [*first.numpy(), *second.numpy()], len(first), 0.0
    for i, anchor in enumerate(views):
        terms = {k: math.exp(float(anchor @ view) / temperature) for k, view in enumerate(views) if k != i}
        total -= math.log(terms[(i + n) % (2 * n)] / sum(terms.values()))
    return total / (2 * n)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=8), st.integers(0, 999), st.sampled_from([0.07, 0.5, 1.0]))
def test_matches_the_formula_over_present_rows(rows, seed, temperature):
    first, second, present = unit(len(rows), seed), unit(len(rows), seed + 1), torch.tensor(rows)
    expected = by_hand(first[present], second[present], temperature) if sum(rows) > 1 else 0.0
    assert infonce(first, second, present, temperature).item() == pytest.approx(expected, rel=1e-10, abs=1e-12)


def test_views_may_swap_and_rows_may_move():
    first, second, here = unit(6, 0), unit(6, 1), torch.ones(6, dtype=torch.bool)
    value, order = infonce(first, second, here, 0.1), torch.randperm(6)
    torch.testing.assert_close(infonce(second, first, here, 0.1), value)
    torch.testing.assert_close(infonce(first[order], second[order], here, 0.1), value)


def test_equal_views_beat_strangers_and_chance_is_log_of_candidates():
    first, here = unit(8, 2), torch.ones(8, dtype=torch.bool)
    assert infonce(first, first, here, 0.07) < infonce(first, unit(8, 3), here, 0.07)
    same = torch.ones(8, 1)
    assert infonce(same, same, here, 0.07).item() == pytest.approx(math.log(15), rel=1e-6)


def test_gradients():
    present = torch.tensor([True, True, False, True])
    views = (unit(4, 4).requires_grad_(), unit(4, 5).requires_grad_())
    assert torch.autograd.gradcheck(lambda a, b: infonce(a, b, present, 0.2), views)
    alone = infonce(*views, torch.tensor([True, False, False, False]), 0.2)
    alone.backward()
    assert alone.item() == 0
    assert (views[0].grad == 0).all()
