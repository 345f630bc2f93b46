"""Landmarks as features: what changes them, what does not, and what has none."""

import json
import types

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conclugen.faces.shard import FaceShardWriter, FaceTrack
from conclugen.features import keypoints
from conclugen.features.backbone import WeightFile, chosen
from conclugen.features.landmarks import summarise
from conclugen.store.ledger import LedgerRow, Status, read_ledger, write_ledger
from conclugen.store.shards import read_shard

FACE = np.array([[30.0, 40], [70, 40], [50, 60], [35, 80], [65, 80]])
SETTINGS = {"backbone": "mtcnn", "model": None, "weights": None, "fps": 8.0, "batch_frames": 4, "dtype": "float32"}
MEAN, STD, SPEED = slice(0, 8), slice(8, 20), slice(20, 32)


def vector(times, points):
    return summarise(times, *keypoints.five_shape(points))


def turned(points, angle, scale, shift):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return scale * points @ turn.T + np.asarray(shift)


def talking(count, seed=0, opening=6.0):
    """A face whose mouth corners, nose and place move, (count, 5, 2), at 4 frames a second."""
    rng = np.random.default_rng(seed)
    points = FACE + rng.normal(0, 0.5, (count, 5, 2)) + np.cumsum(rng.normal(0, 1, (count, 1, 2)), 0)
    points[:, 3:, 1] += opening * np.sin(np.arange(count))[:, None]
    return np.arange(count) / 4, points


@given(
    st.floats(-3.1, 3.1),
    st.floats(0.05, 20),
    st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)),
    st.integers(0, 50),
    st.integers(1, 12),
)
@settings(max_examples=60, deadline=None)
def test_moving_turning_and_scaling_the_picture_change_nothing(angle, scale, shift, seed, count):
    times, points = talking(count, seed)
    expected = vector(times, points)
    assert expected.shape == (44,)
    assert np.isfinite(expected).all()
    np.testing.assert_allclose(vector(times, turned(points, angle, scale, shift)), expected, atol=1e-6)


@given(st.lists(st.floats(-0.6, 0.6), min_size=2, max_size=8), st.floats(0.2, 3))
@settings(max_examples=40, deadline=None)
def test_a_head_that_moves_rigidly_keeps_its_shape(angles, growth):
    count = len(angles)
    points = np.stack([turned(FACE, a, growth ** (i / count), (3 * i, -i)) for i, a in enumerate(angles)])
    found = vector(np.arange(count) / 4, points)
    np.testing.assert_allclose(found[MEAN], vector(np.zeros(1), FACE[None])[MEAN], atol=1e-9)
    np.testing.assert_allclose(found[STD][:8], 0, atol=1e-9)  # the shape stays,
    assert found[STD][8] == pytest.approx(np.std(angles), abs=1e-6)  # and the pose is told apart


def test_a_planted_face_has_the_numbers_that_were_planted():
    found = vector(np.zeros(1), FACE[None])
    # From between the eyes, in eye distances of 40 pixels: nose, corners of the mouth; its width; nose to mouth.
    np.testing.assert_allclose(found[MEAN], [0, 0.5, -0.375, 1, 0.375, 1, 0.75, 0.5], atol=1e-12)
    assert not found[STD].any()
    assert not found[SPEED].any()


def test_speeds_are_per_second_and_leave_out_gaps():
    points = np.repeat(FACE[None], 4, 0)
    points[:, 3:, 1] += np.array([0, 4, 8, 80])[:, None]  # a tenth of the eyes' distance a step; the last after a gap
    for rate in (4, 8):
        times = np.array([0, 1, 2, 2 + 5 * rate]) / rate
        found = vector(times, points)
        np.testing.assert_allclose(found[SPEED][[3, 5]], 0.1 * rate, atol=1e-9)
        np.testing.assert_allclose(found[SPEED][[0, 1, 2, 4]], 0, atol=1e-9)


def test_a_wider_mouth_and_a_livelier_one_are_told_apart():
    times, calm = talking(20, opening=0.5)
    _, lively = talking(20, opening=6.0)
    smile = calm.copy()
    smile[:, 3, 0] -= 6
    smile[:, 4, 0] += 6
    calm, lively, smile = (vector(times, points) for points in (calm, lively, smile))
    assert smile[6] > calm[6] + 0.25
    assert lively[STD][3] > 3 * calm[STD][3]
    assert lively[SPEED][3] > 3 * calm[SPEED][3]


def track(points, detected=None):
    count = len(points)
    fields = {"width": 100, "height": 100, "time_s": np.arange(count) / 16, "box": np.ones((count, 4))}
    detected = np.ones(count, bool) if detected is None else detected
    return FaceTrack(**fields, landmarks=points, probability=np.ones(count), detected=detected, crops=())


@pytest.fixture
def run(tmp_path):
    _, points = talking(9)
    interpolated = np.repeat(points, 4, 0)
    between = np.arange(36) % 4 > 0
    interpolated[between] += 7
    utterances = {
        "centre": (True, track(np.full((4, 5, 2), np.nan), np.zeros(4, bool))),
        "face": (True, track(interpolated, ~between)),
        "gone": (False, FaceTrack.empty()),
        "nobody": (False, track(np.full((4, 5, 2), np.nan), np.zeros(4, bool))),
        "once": (True, track(points[:1])),
    }
    with FaceShardWriter(tmp_path / "f.h5", 32, {"detector_weights_sha256": "abc"}, keep=False) as writer:
        for name, (present, one) in utterances.items():
            writer.add(name, present, one)
    lost = {"gone": (Status.CORRUPT, "moov atom not found"), "nobody": (Status.NO_FACE, "none found in 4")}
    rows = [LedgerRow(name, "faces", *lost.get(name, (Status.OK, "")), 0) for name in utterances]
    write_ledger(tmp_path / "f.csv", rows)
    argv = ["--faces", tmp_path / "f.h5", "--faces-ledger", tmp_path / "f.csv", "--output", tmp_path / "0.h5"]
    argv += ["--ledger", tmp_path / "0.csv", "--settings", json.dumps(SETTINGS)]
    keypoints.main([str(one) for one in argv])
    return read_shard(tmp_path / "0.h5"), read_ledger(tmp_path / "0.csv"), points


def test_a_shard_of_landmarks_without_any_crops(run):
    shard, ledger, points = run
    assert shard.present.tolist() == [False, True, False, False, True]
    assert [row.status for row in ledger] == [Status.NO_FACE, Status.OK, Status.CORRUPT, Status.NO_FACE, Status.OK]
    assert "was the detector mtcnn?" in ledger[0].reason
    assert ledger[2].reason == "moov atom not found"
    assert {row.stage for row in ledger} == {shard.attributes["stream"]} == {"keypoints"}
    assert shard.attributes["weights_sha256"] == "abc"
    assert shard.attributes["backbone"] == "mtcnn landmarks"
    expected = vector(np.arange(9) / 4, points)  # frames between detections are left out
    np.testing.assert_allclose(shard.features[1], expected, atol=1e-5)


def test_weights_for_the_detectors_landmarks_are_a_mistake():
    given = types.SimpleNamespace(backbone="mtcnn", weights=WeightFile("net.bin", "0" * 64))
    with pytest.raises(ValueError, match=r"mtcnn brings its own weights; set weights to null instead of net\.bin"):
        chosen(given)
