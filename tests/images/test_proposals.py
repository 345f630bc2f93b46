"""The four proposals, each against values worked out by hand."""

import math

import pytest
import torch
from torch.nn import functional

from conclugen.images import regions, sampler
from conclugen.images.proposals import face_swap, hard_neg, mask_fn, time_aug

KEPT = torch.arange(40, dtype=torch.float64) / time_aug.RATE


def test_positives_are_two_to_six_frames_away_the_nearer_the_likelier():
    found = time_aug.weights(KEPT, 20)
    expected = {2: 5, 3: 4, 4: 3, 5: 2, 6: 1}
    for away, weight in expected.items():
        assert float(found[20 - away]) == pytest.approx(weight / 30)
        assert float(found[20 + away]) == pytest.approx(weight / 30)
    assert float(found.sum()) == pytest.approx(1)
    assert found[[13, 19, 20, 21, 27]].tolist() == [0] * 5


def test_at_an_end_the_other_side_has_all_the_weight():
    assert time_aug.weights(KEPT, 0)[2:7].tolist() == pytest.approx([5 / 15, 4 / 15, 3 / 15, 2 / 15, 1 / 15])
    assert float(time_aug.weights(KEPT[:2], 0).sum()) == 0  # too short


def test_times_count_not_numbers_of_frames():
    dense = torch.arange(200, dtype=torch.float64) / 25  # six frames for each kept one
    found = time_aug.weights(dense, 100).nonzero().flatten()
    seconds = (dense[found] - dense[100]).abs()
    assert float(seconds.min()) > 1.4 / time_aug.RATE
    assert float(seconds.max()) < 6.6 / time_aug.RATE


def test_hard_negatives_are_twelve_frames_away_or_more():
    found = hard_neg.far(KEPT, 15)
    assert found.nonzero().flatten().tolist() == [0, 1, 2, 3, *range(27, 40)]
    assert not hard_neg.far(KEPT[:12], 0).any()
    assert hard_neg.far(KEPT[:13], 0).sum() == 1


def test_a_clip_of_three_frames_serves_time_aug_one_of_thirteen_hard_neg():
    lengths = [1, 2, 3, 12, 13, 25]
    found = sampler.account(KEPT[:n] for n in lengths)
    assert (found.clips, found.time_aug, found.hard_neg) == (6, 4, 2)


def clips(*lengths):
    """Clips of so many kept frames, filled up."""
    times = torch.full((len(lengths), max(lengths)), sampler.FAR_OFF, dtype=torch.float64)
    masks = torch.zeros((3, *times.shape), dtype=torch.bool)
    for row, length in enumerate(lengths):
        times[row, :length] = KEPT[:length]
        masks[0, row, :length] = True
        masks[1:, row, :length] = torch.stack(sampler.fitting(KEPT[:length]))
    return sampler.Clips(times, *masks)


def test_draws_keep_their_distances():
    generator, given = torch.Generator().manual_seed(0), clips(20, 33)
    seen = set()
    for _ in range(60):
        one = sampler.draw(given, True, True, generator)
        for near, other in ((one.anchor, one.positive), (one.far, one.far_positive)):
            assert ((near - other).abs() >= 2).all()
            assert ((near - other).abs() <= 6).all()
        assert ((one.anchor - one.far).abs() >= 12).all()
        assert (one.anchor < torch.tensor([20, 33])).all()
        seen |= set(one.anchor.tolist())
    assert len(seen) > 20


def test_anchors_with_a_positive_are_drawn_alike_and_positives_by_their_weights():
    given, generator = clips(*[9] * 4000), torch.Generator().manual_seed(0)
    one = sampler.draw(given, True, False, generator)
    assert one.far.tolist() == [-1] * 4000
    assert torch.bincount(one.anchor, minlength=9).float().div(4000).tolist() == pytest.approx([1 / 9] * 9, abs=0.02)
    away = (one.positive - one.anchor)[one.anchor == 0]
    found = torch.bincount(away, minlength=7).float() / len(away)
    assert found.tolist() == pytest.approx([0, 0, 5 / 15, 4 / 15, 3 / 15, 2 / 15, 1 / 15], abs=0.08)


def test_clips_that_are_too_short_go_on_with_what_they_have():
    """Of two frames there is no positive but the anchor itself, of twelve no far frame."""
    for seed in range(20):
        one = sampler.draw(clips(2, 12, 13), True, True, torch.Generator().manual_seed(seed))
        assert int(one.anchor[0]) == int(one.positive[0])
        assert 2 <= abs(int(one.anchor[1] - one.positive[1])) <= 6
        assert one.far.lt(0).tolist() == [True, True, False]
        assert {int(one.anchor[2]), int(one.far[2])} == {0, 12}
    alone = sampler.draw(clips(12), False, False, torch.Generator())
    assert alone.anchor.tolist() == alone.positive.tolist()


def test_the_most_alike_is_found_among_others_of_known_descriptor():
    descriptors = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.6, 0.8], [0.0, 1.0], [0.0, 0.0]])
    known, group = torch.tensor([True, True, True, True, False]), torch.tensor([0, 0, 1, 2, 3])
    # 0 and 1 are of one clip, so 0 takes 2 (cosine 0.6); 3 takes 2 (0.8); 4 has no descriptor and is nobody's.
    assert mask_fn.most_alike(descriptors, known, group).tolist() == [2, 2, 3, 2, -1]
    nobody = torch.zeros(5, dtype=torch.bool)
    assert mask_fn.most_alike(descriptors, nobody, group).tolist() == [-1] * 5


def test_balanced_eyes_and_mouth_count_alike():
    eyes, mouth = torch.tensor([[3.0, 0.0]]), torch.tensor([[0.0, 4.0]])
    assert mask_fn.join(eyes, mouth, balanced=False)[0].tolist() == pytest.approx([0.6, 0, 0, 0.8])
    half = math.sqrt(0.5)
    assert mask_fn.join(eyes, mouth, balanced=True)[0].tolist() == pytest.approx([half, 0, 0, half])


def test_a_similarity_is_found_from_points_that_were_moved_by_one():
    points = torch.rand(1, 10, 2, generator=torch.Generator().manual_seed(0))
    turned = torch.stack([-2 * points[..., 1] + 5, 2 * points[..., 0] - 1], -1)  # a quarter turn, twice as large
    a, b = face_swap.similarity(points, turned)
    assert torch.view_as_real(a)[0].tolist() == pytest.approx([0, 2], abs=1e-5)
    assert torch.view_as_real(b)[0].tolist() == pytest.approx([5, -1], abs=1e-5)


def test_a_picture_is_carried_by_a_shift():
    image = torch.zeros(1, 1, 8, 8)
    image[0, 0, 2, 3] = 1
    moved = face_swap.carry(image, torch.ones(1, dtype=torch.complex64), torch.tensor([2 + 1j]))
    assert moved[0, 0].nonzero().tolist() == [[3, 5]]
    assert float(moved[0, 0, 3, 5]) == pytest.approx(1, abs=1e-5)


@pytest.fixture
def registered():
    return regions.registered()[None] * 48


def test_a_swap_takes_the_inner_face_and_leaves_the_rest(registered):
    images, donors = torch.full((1, 1, 48, 48), 0.8), torch.full((1, 1, 48, 48), 0.4)
    found = face_swap.face_swap(images, donors, registered, registered)
    # Colours are drawn to the donor's: a plain face takes its brightness.
    assert torch.allclose(found, donors, atol=1e-4)
    pattern = 0.5 + 0.2 * torch.sin(torch.arange(48.0))[None, None, None].expand(1, 1, 48, 48)
    found = face_swap.face_swap(pattern, donors, registered, registered)
    region = face_swap.inner_face(registered, 48, 48)[0]
    assert torch.equal(found[0, 0][~region], donors[0, 0][~region])
    assert float((found[0, 0] - donors[0, 0])[region].abs().mean()) > 0.03
    assert 0.1 < float(region.float().mean()) < 0.5


def test_a_swap_follows_the_donors_landmarks(registered):
    pattern = torch.rand(1, 1, 48, 48, generator=torch.Generator().manual_seed(0))
    donors, shift = torch.full((1, 1, 48, 48), 0.5), torch.tensor([0.0, 6.0])
    found = face_swap.face_swap(pattern, donors, registered, registered - shift)
    changed = (found != donors)[0, 0].nonzero().float().mean(0)
    still = face_swap.face_swap(pattern, donors, registered, registered)
    unmoved = (still != donors)[0, 0].nonzero().float().mean(0)
    assert float(unmoved[0] - changed[0]) == pytest.approx(6, abs=1)


def test_cut_mix_pastes_a_rectangle_where_it_was(registered):
    images, donors = torch.ones(1, 1, 48, 48), torch.zeros(1, 1, 48, 48)
    found = face_swap.cut_mix(images, donors, registered)[0, 0]
    places = found.nonzero()
    top, left = places.amin(0).tolist()
    bottom, right = places.amax(0).tolist()
    assert float(found.sum()) == (bottom - top + 1) * (right - left + 1)
    assert 0 < top < 18
    assert 36 < bottom < 47


def test_the_hull_of_a_square_is_the_square():
    corners = torch.tensor([[[2.0, 2.0], [6.0, 2.0], [6.0, 6.0], [2.0, 6.0]]])
    found = regions.hull(corners, 8, 8)[0]
    assert found.nonzero().amin(0).tolist() == [2, 2]
    assert int(found.sum()) == 16


def test_a_hull_is_where_no_direction_lies_beyond_all_points():
    points = 48 * (
        1.4 * torch.rand(40, 9, 2, generator=torch.Generator().manual_seed(0)) - 0.2
    )  # beyond the edges, too
    down, across = torch.meshgrid(torch.arange(40) + 0.5, torch.arange(48) + 0.5, indexing="ij")
    expected = torch.ones(40, 40, 48, dtype=torch.bool)
    for number in range(regions.DIRECTIONS):
        turn = 2 * math.pi * number / regions.DIRECTIONS
        reach = (points @ torch.tensor([math.cos(turn), math.sin(turn)])).amax(1)
        expected &= (across * math.cos(turn) + down * math.sin(turn))[None] <= reach[:, None, None] + 1e-4
    assert torch.equal(regions.hull(points, 40, 48), expected)
    assert 0.1 < float(expected.float().mean()) < 0.9


def test_blurred_pixels_are_means_of_their_neighbours_and_edges_go_on():
    image = torch.rand(2, 3, 10, 12, generator=torch.Generator().manual_seed(0))
    kernel = torch.exp(-torch.tensor([-1.0, 0.0, 1.0]).square() / (2 * 0.8**2))  # of 3 pixels: OpenCV's 0.8
    kernel = torch.outer(kernel, kernel) / kernel.sum() ** 2
    padded = functional.pad(image, (1, 1, 1, 1), mode="replicate")
    expected = sum(kernel[y, x] * padded[..., y : y + 10, x : x + 12] for y in range(3) for x in range(3))
    assert torch.allclose(face_swap.blurred(image, 3), expected, atol=1e-6)


def test_registered_landmarks_lie_where_faces_have_them():
    points = regions.registered()
    assert points.shape == (68, 2)
    assert float(points.min()) > 0
    assert float(points.max()) < 1
    left, right = points[regions.LEFT_EYE].mean(0), points[regions.RIGHT_EYE].mean(0)
    assert float(left[0]) < float(points[30, 0]) < float(right[0])
    assert float(points[regions.BROWS, 1].max()) < float(left[1]) < float(points[regions.MOUTH, 1].min())
