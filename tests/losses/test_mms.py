"""Masked margin softmax against the printed formula, written out in loops."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import log_loss

from conclugen.losses.mms import mms, mms_pair

NAMES = ("video", "audio", "text")


def unit(rows: int, dim: int, seed: int) -> torch.Tensor:
    values = torch.randn(rows, dim, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return torch.nn.functional.normalize(values, dim=1)


def batch(rows: int, dim: int, seed: int) -> dict[str, torch.Tensor]:
    return {name: unit(rows, dim, seed + i) for i, name in enumerate(NAMES)}


def everywhere(rows: int) -> dict[str, torch.Tensor]:
    return {name: torch.ones(rows, dtype=torch.bool) for name in NAMES}


def by_hand(v, w, margin, temperature=1.0):
    """Eq. 2–4, term by term."""
    v, w, n, total = v.numpy(), w.numpy(), len(v), 0.0
    for anchor, other in ((v, w), (w, v)):
        for i in range(n):
            true = math.exp((float(anchor[i] @ other[i]) - margin) / temperature)
            rest = sum(math.exp(float(anchor[j] @ other[i]) / temperature) for j in range(n) if j != i)
            total -= math.log(true / (true + rest)) / n
    return total


@pytest.mark.parametrize(("margin", "temperature"), [(0.0, None), (0.001, None), (0.2, None), (0.2, 0.07)])
def test_pair_matches_the_formula(margin, temperature):
    v, w = unit(9, 5, 0), unit(9, 5, 1)
    found = mms_pair(v, w, torch.ones(9, dtype=torch.bool), margin, temperature)
    assert found.item() == pytest.approx(by_hand(v, w, margin, temperature or 1.0), rel=1e-12)


def test_without_margin_it_is_a_log_loss():
    v, w = unit(7, 4, 2), unit(7, 4, 3)
    similarity = (v @ w.T).numpy()
    rows = np.exp(similarity) / np.exp(similarity).sum(1, keepdims=True)
    columns = np.exp(similarity.T) / np.exp(similarity.T).sum(1, keepdims=True)
    expected = log_loss(range(7), rows, labels=range(7)) + log_loss(range(7), columns, labels=range(7))
    assert mms_pair(v, w, torch.ones(7, dtype=torch.bool), 0.0).item() == pytest.approx(expected, rel=1e-10)


def test_three_modalities_are_the_sum_of_three_pairs():
    p = batch(6, 4, 5)
    expected = sum(by_hand(p[a], p[b], 0.01) for a, b in (("video", "audio"), ("video", "text"), ("audio", "text")))
    assert mms(p, everywhere(6), 0.01).item() == pytest.approx(expected, rel=1e-12)


def test_range_at_the_papers_batch_size():
    rows = 4096
    same = torch.ones(rows, 1) / 1.0
    chance = mms_pair(same, same, torch.ones(rows, dtype=torch.bool), 0.0).item() / 2
    assert chance == pytest.approx(8.318, abs=1e-3)
    perfect = math.log(math.e + (rows - 1)) - 1  # partners at similarity 1, all others at 0
    assert perfect == pytest.approx(7.319, abs=1e-3)
    small = torch.eye(256)
    assert mms_pair(small, small, torch.ones(256, dtype=torch.bool), 0.0).item() / 2 == pytest.approx(
        math.log(math.e + 255) - 1, rel=1e-5
    )


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=8), st.integers(0, 999))
def test_absent_rows_take_no_part(rows, seed):
    p = batch(len(rows), 3, seed)
    present = {name: torch.tensor([row[i] for row in rows]) for i, name in enumerate(NAMES)}
    expected = 0.0
    for a, b in (("video", "audio"), ("video", "text"), ("audio", "text")):
        joint = present[a] & present[b]
        if joint.sum() >= 2:
            expected += by_hand(p[a][joint], p[b][joint], 0.05)
    assert mms(p, present, 0.05).item() == pytest.approx(expected, rel=1e-10, abs=1e-12)
    spoilt = {n: torch.where(present[n][:, None], v, torch.full_like(v, 1e9)) for n, v in p.items()}
    assert mms(spoilt, present, 0.05).item() == pytest.approx(expected, rel=1e-10, abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 12), st.integers(0, 999))
def test_order_of_rows_and_of_modalities_does_not_matter(rows, seed):
    p = batch(rows, 4, seed)
    shuffled = torch.randperm(rows, generator=torch.Generator().manual_seed(seed))
    value = mms(p, everywhere(rows), 0.01)
    torch.testing.assert_close(mms({n: v[shuffled] for n, v in p.items()}, everywhere(rows), 0.01), value)
    torch.testing.assert_close(mms(dict(reversed(p.items())), everywhere(rows), 0.01), value)


def test_a_rotation_of_the_space_changes_nothing():
    p = batch(8, 4, 11)
    turn, _ = torch.linalg.qr(torch.randn(4, 4, dtype=torch.float64))
    torch.testing.assert_close(mms({n: v @ turn for n, v in p.items()}, everywhere(8), 0.1), mms(p, everywhere(8), 0.1))


def test_margin_makes_it_harder_and_true_partners_lower_it():
    v, w = unit(10, 6, 20), unit(10, 6, 21)
    joint = torch.ones(10, dtype=torch.bool)
    assert mms_pair(v, w, joint, 0.5) > mms_pair(v, w, joint, 0.0)
    assert mms_pair(v, v, joint, 0.0) < mms_pair(v, w, joint, 0.0)


def test_gradients_match_finite_differences():
    p = {n: v.requires_grad_() for n, v in batch(4, 3, 30).items()}
    present = {
        "video": torch.tensor([1, 1, 1, 0]),
        "audio": torch.tensor([1, 1, 1, 1]),
        "text": torch.tensor([0, 1, 1, 1]),
    }
    present = {n: v.bool() for n, v in present.items()}
    assert torch.autograd.gradcheck(
        lambda *x: mms(dict(zip(NAMES, x, strict=True)), present, 0.1, 0.5), tuple(p.values())
    )


@pytest.mark.parametrize("joint", [[False] * 4, [True, False, False, False]])
def test_fewer_than_two_joint_rows_give_zero_and_zero_gradients(joint):
    v, w = unit(4, 3, 40).requires_grad_(), unit(4, 3, 41).requires_grad_()
    loss = mms_pair(v, w, torch.tensor(joint), 0.1)
    loss.backward()
    assert loss.item() == 0
    assert (v.grad == 0).all()
    assert (w.grad == 0).all()


def test_one_modality_alone_has_no_pair():
    v = unit(4, 3, 50).requires_grad_()
    loss = mms({"video": v}, {"video": torch.ones(4, dtype=torch.bool)}, 0.1)
    loss.backward()
    assert loss.item() == 0
