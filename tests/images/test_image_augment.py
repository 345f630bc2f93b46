"""Random changes of whole batches, and histograms of gradients, against values worked out by hand."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from conclugen.images import augment, regions
from conclugen.images.hog import hog

NOTHING = augment.Changes(
    crop=(1.0, 1.0),
    mirror=0.0,
    brightness=0.0,
    contrast=0.0,
    saturation=0.0,
    hue=0.0,
    colour=0.0,
    blur=0.0,
    grey=0.0,
    mask=0.0,
)


def changed(images, generator=None, size=None, **changes):
    points = (regions.registered() * images.shape[-1]).expand(len(images), -1, -1)
    told = dataclasses.replace(NOTHING, **changes)
    generator = generator or torch.Generator().manual_seed(0)
    return augment.augment(images, points, told, size or images.shape[-1], generator)


@pytest.fixture
def images():
    return torch.rand(6, 3, 24, 24, generator=torch.Generator().manual_seed(1))


def test_nothing_is_changed_where_nothing_may_be(images):
    assert torch.allclose(changed(images), images, atol=1e-5)


def test_a_mirror_is_a_mirror(images):
    assert torch.allclose(changed(images, mirror=1.0), images.flip(3), atol=1e-4)


def test_each_picture_draws_its_own(images):
    same = images[:1].expand(6, -1, -1, -1)
    found = changed(same, crop=(0.5, 1.0), brightness=0.4, colour=1.0)
    assert all(not torch.allclose(found[0], other) for other in found[1:])


def test_grey_has_one_value_in_all_channels(images):
    found = changed(images, grey=1.0)
    expected = 0.299 * images[:, 0] + 0.587 * images[:, 1] + 0.114 * images[:, 2]
    assert torch.allclose(found[:, 0], found[:, 2])
    assert torch.allclose(found[:, 1], expected, atol=1e-4)


def test_a_full_turn_of_colours_changes_nothing_and_a_third_permutes_them(images):
    angle = torch.full((6,), 2 * math.pi)
    assert torch.allclose(augment.turned(images, angle), images, atol=1e-4)
    found = augment.turned(images, angle / 3)
    assert torch.allclose(found, images.roll(1, 1), atol=1e-4)


def test_a_mask_is_an_ellipse_of_the_mean_over_mouth_or_an_eye(images):
    found = changed(images, mask=1.0)
    for before, after in zip(images, found, strict=True):
        covered = (before - after).abs().amax(0) > 1e-3
        assert 4 < int(covered.sum()) < 24 * 24 / 5
        shown = after[:, covered]
        assert torch.allclose(shown, before.mean((1, 2))[:, None].expand_as(shown), atol=1e-3)


def test_blur_keeps_the_mean_and_draws_neighbours_together(images):
    found = changed(images, blur=1.0)
    assert torch.allclose(found.mean((2, 3)), images.mean((2, 3)), atol=0.02)
    assert float(found.var()) < float(images.var())


def test_a_crop_of_fixed_size_is_a_part_of_the_picture():
    ramp = torch.linspace(0, 1, 32).expand(4, 1, 32, 32)
    found = changed(ramp, crop=(0.25, 0.25), size=16)
    widths = found[:, 0, 0, -1] - found[:, 0, 0, 0]
    assert torch.allclose(widths, torch.full((4,), 15 / 31), atol=1e-3)  # a half of the side, at any place
    assert found.shape == (4, 1, 16, 16)


def test_evaluation_sees_the_middle():
    ramp = torch.linspace(0, 1, 32).expand(1, 1, 32, 32)
    found = augment.plain(ramp, 0.25, 16)[0, 0, 0]
    assert float(found.mean()) == pytest.approx(0.5, abs=1e-4)
    assert torch.allclose(augment.plain(ramp, 1.0, 32), ramp, atol=1e-5)


def test_hog_votes_for_the_orientation_of_an_edge():
    edge = torch.zeros(1, 48, 48)
    edge[:, :, 24:] = 1  # a gradient across: angle 0, between the last bin and the first
    found = hog(edge).view(5, 5, 4, 8)
    assert found.shape == (5, 5, 4, 8)
    assert hog(edge).shape == (1, 800)
    assert float(found[2, 2, :, [0, 7]].sum()) == pytest.approx(float(found[2, 2].sum()), rel=1e-5)
    assert float(found[0, 0].sum()) == 0  # nothing there
    turned = hog(edge.mT.contiguous()).view(5, 5, 4, 8)
    assert float(turned[2, 2, :, [3, 4]].sum()) == pytest.approx(float(turned[2, 2].sum()), rel=1e-5)


def test_hog_does_not_see_brightness_or_contrast():
    image = torch.rand(1, 48, 48, generator=torch.Generator().manual_seed(0))
    assert np.allclose(hog(image), hog(0.5 * image + 0.3), atol=5e-3)
