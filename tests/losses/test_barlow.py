"""Barlow Twins against its formula: correlations over the batch, in loops."""

import numpy as np
import pytest
import torch
from pairs import absent, draw, joint_pairs, outputs, stays_in_the_rows

from conclugen.losses import barlow
from conclugen.losses.bounds import share


def by_hand(x, y):
    """Zbontar et al. 2021, Eq. 1 and 2, of centred vectors, λ = 0.005."""
    total = 0.0
    for i in range(x.shape[1]):
        for j in range(y.shape[1]):
            a, b = x[:, i] - x[:, i].mean(), y[:, j] - y[:, j].mean()
            correlation = (a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum())
            total += (1 - correlation) ** 2 if i == j else 5e-3 * correlation**2
    return total


def test_is_the_sum_over_pairs_of_the_printed_loss():
    values, present = draw(), absent()
    expected = sum(by_hand(x, y) for x, y in joint_pairs(values, present))
    assert float(barlow.term(outputs(values), present, None, None)) == pytest.approx(expected, rel=1e-4)


def test_neither_scale_nor_shift_of_a_dimension_matters():
    values, present = draw(), absent()
    moved = {name: 7 * value + 3 for name, value in values.items()}
    before, after = (float(barlow.term(outputs(v), present, None, None)) for v in (values, moved))
    assert after == pytest.approx(before, rel=1e-4)


def test_absent_rows_play_no_part():
    assert stays_in_the_rows(lambda out, present: barlow.term(out, present, None, None), draw())


def test_its_bounds_are_told_apart_by_what_was_learned():
    everywhere = {name: torch.ones(400, dtype=torch.bool) for name in draw()}
    for values, expected in ((dict.fromkeys(draw(), draw(400)["text"]), 1.0), (draw(400), 0.0)):
        found = outputs(values)
        bounds = barlow.bounds(found, everywhere, None)
        assert share(float(barlow.term(found, everywhere, None, None)), *bounds) == pytest.approx(expected, abs=0.15)
