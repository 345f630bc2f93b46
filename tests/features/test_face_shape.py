"""The shape of a face out of 68 landmarks: what it does not depend on, and what expressions do to it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conclugen.features.face_shape import CORNERS, LENGTHS, POINTS, SHAPE, face_shape
from conclugen.features.landmarks import summarise, summary_dim

OPEN, BELOW = 2 * POINTS + len(LENGTHS), SHAPE - len(CORNERS)


def eye(x, opening):
    """Six points of an eye of width 20 about (x, 40), its lids `opening` apart."""
    half = opening / 2
    return [(x - 10, 40), (x - 4, 40 - half), (x + 4, 40 - half), (x + 10, 40), (x + 4, 40 + half), (x - 4, 40 + half)]


def face(opening=8.0, brows=25.0, jaw=0.0, smile=0.0):
    """68 landmarks (68, 2) of a drawn face whose eyes lie at (30, 40) and (70, 40)."""
    angles = np.linspace(np.pi, 0, 17)
    points = np.zeros((POINTS, 2))
    points[:17] = np.stack([50 + 40 * np.cos(angles), 50 + (50 + jaw) * np.sin(angles)], 1)
    points[17:22] = [(x, brows) for x in (18, 24, 30, 36, 42)]
    points[22:27] = [(x, brows) for x in (58, 64, 70, 76, 82)]
    points[27:31] = [(50, y) for y in (42, 48, 54, 60)]
    points[31:36] = [(x, 64) for x in (44, 47, 50, 53, 56)]
    points[36:42], points[42:48] = eye(30, opening), eye(70, opening)
    angles = np.linspace(np.pi, -np.pi, 12, endpoint=False)
    points[48:60] = np.stack([50 + 14 * np.cos(angles), 78 - (5 + jaw / 2) * np.sin(angles)], 1)
    angles = np.linspace(np.pi, -np.pi, 8, endpoint=False)
    points[60:68] = np.stack([50 + 10 * np.cos(angles), 78 - (1 + jaw / 2) * np.sin(angles)], 1)
    points[[48, 54], 1] -= smile
    return points


def turned(points, angle, scale, shift):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return scale * points @ turn.T + np.asarray(shift)


def moving(count, seed=0):
    rng = np.random.default_rng(seed)
    points = np.stack([face(8 + np.sin(i), 25 + np.cos(i), 3 * np.sin(2 * i)) for i in range(count)])
    return points + rng.normal(0, 0.3, points.shape) + np.cumsum(rng.normal(0, 1, (count, 1, 2)), 0)


@given(
    st.floats(-3.1, 3.1),
    st.floats(0.05, 20),
    st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)),
    st.integers(0, 50),
    st.integers(1, 9),
)
@settings(max_examples=40, deadline=None)
def test_moving_turning_and_scaling_the_picture_change_nothing(angle, scale, shift, seed, count):
    points, times = moving(count, seed), np.arange(count) / 8
    expected = summarise(times, *face_shape(points))
    assert expected.shape == (summary_dim(SHAPE),) == (612,)
    assert np.isfinite(expected).all()
    found = summarise(times, *face_shape(turned(points, angle, scale, shift)))
    np.testing.assert_allclose(found, expected, atol=1e-6)


@given(st.lists(st.floats(-0.6, 0.6), min_size=2, max_size=8), st.floats(0.2, 3))
@settings(max_examples=30, deadline=None)
def test_a_head_that_moves_rigidly_keeps_its_shape(angles, growth):
    count = len(angles)
    points = np.stack([turned(face(), a, growth ** (i / count), (3 * i, -i)) for i, a in enumerate(angles)])
    found = summarise(np.arange(count) / 8, *face_shape(points))
    np.testing.assert_allclose(found[:SHAPE], face_shape(face()[None])[0][0], atol=1e-9)
    np.testing.assert_allclose(found[SHAPE : 2 * SHAPE], 0, atol=1e-9)  # the shape stays,
    assert found[2 * SHAPE] == pytest.approx(np.std(angles), abs=1e-6)  # and the pose is told apart


def test_a_drawn_face_has_the_numbers_it_was_drawn_with():
    shape, pose = face_shape(face(opening=8, brows=25, jaw=4, smile=3)[None])
    assert shape.shape == (1, SHAPE)
    np.testing.assert_allclose(pose, [[0, 50, 40, np.log(40)]], atol=1e-12)
    places = shape[0, : 2 * POINTS].reshape(POINTS, 2)
    np.testing.assert_allclose(places[30], [0, 0.5], atol=1e-12)
    np.testing.assert_allclose(places[8], [0, 1.6], atol=1e-12)
    lengths = dict(zip(LENGTHS, shape[0, 2 * POINTS : OPEN], strict=True))
    assert lengths[48, 54] == pytest.approx(28 / 40)  # the mouth's width
    assert lengths[51, 57] == pytest.approx(14 / 40)  # open, with the lips
    assert lengths[62, 66] == pytest.approx(6 / 40)
    assert lengths[21, 22] == pytest.approx(16 / 40)
    assert lengths[21, 39] == lengths[22, 42] == pytest.approx(np.hypot(2, 15) / 40)
    assert lengths[33, 8] == pytest.approx(40 / 40)
    np.testing.assert_allclose(shape[0, OPEN:BELOW], 8 / 20)
    np.testing.assert_allclose(shape[0, BELOW:], -3 / 40, atol=1e-12)


@pytest.mark.parametrize(
    ("change", "what", "sign"),
    [
        ({"opening": 2.0}, OPEN, -1),
        ({"opening": 12.0}, OPEN + 1, 1),
        ({"brows": 20.0}, 2 * POINTS + LENGTHS.index((21, 39)), 1),
        ({"brows": 29.0}, 2 * POINTS + LENGTHS.index((26, 45)), -1),
        ({"jaw": 8.0}, 2 * POINTS + LENGTHS.index((62, 66)), 1),
        ({"jaw": 8.0}, 2 * POINTS + LENGTHS.index((33, 8)), 1),
        ({"smile": 4.0}, BELOW, -1),
        ({"smile": -4.0}, BELOW + 1, 1),
    ],
)
def test_an_expression_moves_its_own_number(change, what, sign):
    calm, shown = (face_shape(face(**given)[None])[0][0] for given in ({}, change))
    assert sign * (shown[what] - calm[what]) > 0.05


def test_one_eye_that_winks_is_told_from_the_other():
    points = face()
    points[42:48] = eye(70, 1.0)
    left, right = face_shape(points[None])[0][0][OPEN:BELOW]
    assert left == pytest.approx(0.4)
    assert right == pytest.approx(0.05)


def test_points_that_fall_together_stay_finite():
    assert np.isfinite(np.concatenate(face_shape(np.ones((3, POINTS, 2))), 1)).all()
