import math

import pytest
import torch
from torch.nn import functional

from conclugen.losses import nt_xent
from conclugen.losses.infonce import infonce

AXES = torch.eye(4)


def test_it_is_infonce_of_two_views_without_false_negatives():
    views = functional.normalize(torch.randn(10, 6, generator=torch.Generator().manual_seed(0)), dim=1)
    positive = torch.arange(10).roll(5)
    first, second = views.chunk(2)
    expected = infonce(first, second, torch.ones(5, dtype=torch.bool), 0.07)
    assert nt_xent.nt_xent(views, positive, 0.07) == pytest.approx(float(expected), rel=1e-6)


def test_the_value_of_four_images_by_hand():
    # u0 = u1 and u2 = u3, at right angles: each positive has e, each of two negatives 1.
    units = AXES[[0, 0, 1, 1]]
    positive = torch.tensor([1, 0, 3, 2])
    expected = -math.log(math.e / (math.e + 2))
    assert float(nt_xent.nt_xent(units, positive, 1.0)) == pytest.approx(expected, rel=1e-6)


def test_a_false_negative_leaves_the_denominator_and_is_drawn_near():
    units = AXES[[0, 0, 1, 1]]
    positive, taken = torch.tensor([1, 0, 3, 2]), torch.tensor([2, -1, -1, -1])
    one, rest = -math.log(math.e / (math.e + 1)), -math.log(math.e / (math.e + 2))
    assert float(nt_xent.nt_xent(units, positive, 1.0, taken)) == pytest.approx((one + 3 * rest) / 4, rel=1e-6)
    # (2): image 2 stands where the positive stood, against the one negative that is left, both at right angles.
    second = -math.log(1 / (1 + 1))
    found = float(nt_xent.nt_xent(units, positive, 1.0, taken, 0.8))
    assert found == pytest.approx((one + 3 * rest) / 4 + 0.8 * second, rel=1e-6)


def test_a_positive_that_is_called_a_false_negative_stays():
    units, positive = AXES[[0, 0, 1, 1]], torch.tensor([1, 0, 3, 2])
    same = nt_xent.nt_xent(units, positive, 1.0)
    assert torch.allclose(nt_xent.nt_xent(units, positive, 1.0, positive), same)


def test_chance_is_that_of_the_authors_batch():
    assert nt_xent.bounds(512, 0.07)[0] == pytest.approx(math.log(511))
    assert nt_xent.bounds(512, 0.07, True, 0.8)[0] == pytest.approx(1.8 * math.log(510))
    alike = torch.ones(512, 4) / 2
    found = nt_xent.nt_xent(alike, torch.arange(512).roll(256), 0.07)
    assert float(found) == pytest.approx(math.log(511), rel=1e-4)


def test_alignment_and_uniformity_of_known_vectors():
    assert nt_xent.alignment(AXES[:2], AXES[:2]) == 0
    assert nt_xent.alignment(AXES[:2], AXES[2:]) == 2
    assert nt_xent.uniformity(AXES) == pytest.approx(-4)
    assert nt_xent.uniformity(AXES[[0, 0, 0]]) == pytest.approx(0, abs=1e-6)
    assert math.isnan(nt_xent.uniformity(AXES[:1]))
