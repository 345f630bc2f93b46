"""Augmented copies: constant along time, different between copies, drawn with the probabilities asked for."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import torch

from conclugen.features.augment import Augmentation, augment, draw, kernel_size
from conclugen.features.settings import Views
from conclugen.store.settings import dump, parse

SETTINGS = Views(
    copies=10,
    seed=0,
    crop_scale=(0.3, 1.0),
    crop_ratio=(0.75, 4 / 3),
    flip=0.5,
    jitter=0.8,
    brightness=0.8,
    contrast=0.8,
    saturation=0.8,
    hue=0.2,
    grayscale=0.2,
    blur=0.5,
    blur_sigma=(0.1, 2.0),
)
WHOLE = Augmentation(0.0, 0.0, 1.0, 1.0, False, (), False, None)
DRAWS = 2000
FIRST = {"flip": True, "top": 0.006021796907871739}


def picture(seed=0, side=40):
    """A smooth colour picture (side, side, 3) uint8."""
    rng = np.random.default_rng(seed)
    coarse = torch.from_numpy(rng.uniform(0, 255, (1, 3, 6, 6)).astype(np.float32))
    fine = torch.nn.functional.interpolate(coarse, (side, side), mode="bilinear")[0]
    return fine.permute(1, 2, 0).round().to(torch.uint8)


def changed(**changes):
    return dataclasses.replace(WHOLE, **changes)


@pytest.fixture(scope="module")
def drawn():
    return [draw(SETTINGS, f"clip{i // 10}", i % 10) for i in range(DRAWS)]


@pytest.mark.parametrize("copy", range(12))
def test_a_still_stays_still_and_equal_frames_stay_equal(copy):
    one, other = picture(0), picture(1)
    augmentation = draw(SETTINGS, "clip", copy)
    still = augment(torch.stack([one] * 5), augmentation, 32)
    assert (still == still[0]).all()
    mixed = augment(torch.stack([one, other, one, other]), augmentation, 32)
    assert torch.equal(mixed[0], mixed[2])
    assert torch.equal(mixed[1], mixed[3])
    assert not torch.equal(mixed[0], mixed[1])


def test_jitter_does_not_follow_the_light_of_a_frame():
    clip = torch.cat([torch.full((1, 8, 8, 3), 60), torch.full((1, 8, 8, 3), 180)]).to(torch.uint8)
    halved = augment(clip, changed(jitter=(("contrast", 0.5),)), 8)
    assert halved[0].unique().tolist() == [90]
    assert halved[1].unique().tolist() == [150]


def test_copies_differ_from_each_other_and_from_those_of_other_clips_and_seeds():
    seeds = (SETTINGS, dataclasses.replace(SETTINGS, seed=1))
    every = {draw(settings, name, copy) for settings in seeds for name in ("a", "b") for copy in range(10)}
    assert len(every) == 40
    clip = torch.stack([picture()] * 2)
    pixels = {augment(clip, draw(SETTINGS, "a", copy), 32).numpy().tobytes() for copy in range(10)}
    assert len(pixels) == 10


def test_a_copy_is_the_same_whenever_and_beside_whatever_it_is_drawn():
    first = draw(SETTINGS, "a", 3)
    more = dataclasses.replace(SETTINGS, copies=50)
    assert [draw(more, "a", k) for k in (9, 3)][1] == first
    # As drawn when this was written, so that neither a new Python nor an edit changes shards unnoticed.
    assert first.flip is FIRST["flip"]
    assert first.top == pytest.approx(FIRST["top"], abs=1e-12)
    clip = torch.stack([picture()] * 2)
    assert torch.equal(augment(clip, first, 32), augment(clip, first, 32))


@pytest.mark.parametrize(
    ("probability", "happened"),
    [
        ("flip", lambda one: one.flip),
        ("jitter", lambda one: bool(one.jitter)),
        ("grayscale", lambda one: one.grayscale),
        ("blur", lambda one: one.sigma is not None),
    ],
)
def test_probabilities_are_those_asked_for(drawn, probability, happened):
    asked = getattr(SETTINGS, probability)
    deviation = math.sqrt(asked * (1 - asked) / DRAWS)
    assert abs(np.mean([happened(one) for one in drawn]) - asked) < 4 * deviation
    for certain in (0.0, 1.0):
        settings = dataclasses.replace(SETTINGS, **{probability: certain})
        assert {happened(draw(settings, "clip", k)) for k in range(200)} == {bool(certain)}


def test_choices_are_independent_of_each_other(drawn):
    columns = np.array([(d.flip, bool(d.jitter), d.grayscale, d.sigma is not None, d.top > 0.1) for d in drawn])
    correlation = np.corrcoef(columns.T.astype(float)) - np.eye(5)
    assert np.abs(correlation).max() < 4 / math.sqrt(DRAWS)


def test_a_changed_probability_changes_that_choice_alone(drawn):
    settings = dataclasses.replace(SETTINGS, flip=1.0)
    again = [draw(settings, f"clip{i // 10}", i % 10) for i in range(100)]
    assert again == [dataclasses.replace(one, flip=True) for one in drawn[:100]]


def test_crops_lie_inside_and_their_areas_are_uniform(drawn):
    areas = np.array([one.height * one.width for one in drawn])
    ratios = np.array([one.width / one.height for one in drawn])
    assert areas.min() >= 0.3 - 1e-9
    assert areas.max() <= 1 + 1e-9
    assert abs(areas.mean() - 0.65) < 4 * 0.7 / math.sqrt(12 * DRAWS)
    assert 0.75 - 1e-9 <= ratios.min() < 0.8
    assert 1.25 < ratios.max() <= 4 / 3 + 1e-9
    for one in drawn:
        assert 0 <= one.top <= one.top + one.height <= 1 + 1e-9
        assert 0 <= one.left <= one.left + one.width <= 1 + 1e-9


def test_strengths_bound_the_jitter_and_its_order_varies(drawn):
    jitters = [one.jitter for one in drawn if one.jitter]
    for name in ("brightness", "contrast", "saturation", "hue"):
        middle, reach = (0.0, 0.2) if name == "hue" else (1.0, 0.8)
        values = np.array([dict(jitter)[name] for jitter in jitters])
        assert np.abs(values - middle).max() <= reach
        assert np.abs(values - middle).max() > 0.95 * reach
        assert abs(values.mean() - middle) < 4 * reach / math.sqrt(3 * len(values))
    assert len({tuple(name for name, _ in jitter) for jitter in jitters}) == 24


def test_nothing_drawn_leaves_the_clip_as_it_is():
    clip = torch.stack([picture(0), picture(1)])
    assert torch.equal(augment(clip, WHOLE, 40), clip)


def test_each_augmentation_does_what_it_says():
    clip = torch.stack([picture(0), picture(1)])
    assert torch.equal(augment(clip, changed(flip=True), 40), clip.flip(2))
    quarter = changed(top=0.5, left=0.25, height=0.5, width=0.5)
    assert torch.equal(augment(clip, quarter, 20), clip[:, 20:40, 10:30])
    gray = augment(clip, changed(grayscale=True), 40)
    assert torch.equal(gray[..., 0], gray[..., 1])
    assert torch.equal(gray[..., 0], gray[..., 2])
    weights = torch.tensor([0.2989, 0.587, 0.114])
    assert (gray[..., 0].float() - clip.float() @ weights).abs().max() <= 1
    rough = lambda images: images.float().diff(dim=2).abs().mean()  # noqa: E731 (a name for a short formula)
    noise = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, 40, 40, 3), dtype=np.uint8))
    assert rough(augment(noise, changed(sigma=2.0), 40)) < 0.3 * rough(noise)
    dark = augment(clip, changed(jitter=(("brightness", 0.5),)), 40)
    assert (dark.float() - clip / 2).abs().max() <= 1
    pale = augment(clip, changed(jitter=(("saturation", 0.0),)), 40)
    assert (pale.float() - gray.float()).abs().max() <= 1
    turned = augment(
        torch.tensor([255, 0, 0], dtype=torch.uint8).expand(1, 4, 4, 3), changed(jitter=(("hue", 1 / 3),)), 4
    )
    assert turned[0, 0, 0].tolist() == [0, 255, 0]


def test_a_crop_of_any_share_fits_any_frame():
    settings = dataclasses.replace(SETTINGS, crop_scale=(0.001, 0.01))
    for side in (1, 2, 7):
        clip = torch.zeros(1, side, side, 3, dtype=torch.uint8)
        for copy in range(20):
            assert augment(clip, draw(settings, "clip", copy), 8).shape == (1, 8, 8, 3)


def test_the_kernel_is_a_tenth_of_the_side_and_odd():
    assert [kernel_size(size) for size in (16, 48, 112, 224)] == [3, 5, 11, 23]


@pytest.mark.parametrize(
    "changes",
    [
        {"copies": 0},
        {"flip": 1.5},
        {"blur": -0.1},
        {"crop_scale": (0.5, 0.3)},
        {"crop_scale": (0.0, 1.0)},
        {"crop_scale": (0.5, 1.2)},
        {"crop_scale": (0.5,)},
        {"crop_ratio": (1.1, 1.3)},
        {"blur_sigma": (0.0, 1.0)},
        {"hue": 0.6},
        {"contrast": -1.0},
    ],
)
def test_impossible_settings_are_refused_by_name(changes):
    with pytest.raises(ValueError, match=next(iter(changes))):
        parse(Views, dump(dataclasses.asdict(SETTINGS) | changes))
