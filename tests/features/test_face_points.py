"""Landmarks by a network: where points of the crop lie in the video, and what becomes of every utterance."""

import dataclasses
import json

import landmark_weights
import numpy as np
import pytest
import torch
from face_fixture import jpeg
from hypothesis import given, settings
from hypothesis import strategies as st

from conclugen.config.stage_one import Faces
from conclugen.faces.settings import FaceSettings
from conclugen.faces.shard import FaceShard, FaceShardWriter, FaceTrack
from conclugen.features import face_points, keypoints
from conclugen.features.face_shape import SHAPE, face_shape
from conclugen.features.faces import Clips
from conclugen.features.landmarks import summarise, summary_dim
from conclugen.store.ledger import LedgerRow, Status, read_ledger, write_ledger
from conclugen.store.provenance import file_sha256
from conclugen.store.settings import dump
from conclugen.store.shards import read_shard

MARGIN = 0.3
FACE = FaceSettings(
    **Faces().model_dump() | {"detector": "mtcnn", "margin": MARGIN, "crop_size": 64, "timeout_s": 30.0}
)


def spot(size, at):
    """A picture (size, size, 3) with a bright spot at `at`, pixels, pixel (0, 0) covering 0..1."""
    y, x = np.mgrid[:size, :size] + 0.5
    glow = np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / 50)
    return np.repeat(np.round(255 * glow).astype(np.uint8)[:, :, None], 3, 2)


@given(st.floats(-3.1, 3.1), st.floats(0.4, 1), st.floats(0, 0.3), st.floats(-3.1, 3.1))
@settings(max_examples=30, deadline=None)
def test_what_the_network_sees_is_put_back_where_it_was(roll, share, distance, direction):
    size = 160
    at = size * (0.5 + share * distance * np.array([np.cos(direction), np.sin(direction)]))
    crops = torch.from_numpy(spot(size, at))[None]
    [face] = face_points.upright(crops, torch.tensor([roll], dtype=torch.float64), share, 112)[:, 0].numpy()
    assert face.shape == (112, 112)
    weight = np.where(face > 0.2, face, 0) / np.where(face > 0.2, face, 0).sum()
    y, x = (np.mgrid[:112, :112] + 0.5) / 112
    seen = np.array([[(weight * x).sum(), (weight * y).sum()]])
    [[found]] = face_points.put_back(seen[None], np.array([roll]), share, np.array([[100.0, 50, 180, 130]]))
    np.testing.assert_allclose(found, np.array([100, 50]) + 80 * at / size, atol=0.4)


def test_a_leaning_face_is_turned_upright():
    """The right eye lies lower in the picture: it comes back level with the left one, and no crop is mirrored."""
    left, right = np.array([60.0, 60]), np.array([100.0, 90])
    picture = np.maximum(spot(160, left), (spot(160, right) * 0.6).astype(np.uint8))
    roll = np.arctan2(*(right - left)[::-1])
    face = face_points.upright(torch.from_numpy(picture)[None], torch.tensor([roll]), 1.0, 112)[0, 0].numpy()
    bright = np.argwhere(face > 0.9).mean(0)
    dim = np.argwhere((face > 0.5) & (face < 0.65) & (np.arange(112) > 56)).mean(0)
    assert abs(bright[0] - dim[0]) < 1
    assert dim[1] - bright[1] == pytest.approx(50 * 112 / 160, abs=1)


TEMPLATE = np.stack([np.linspace(0.1, 0.9, 68), 0.5 + 0.3 * np.sin(np.arange(68))], 1)
TEMPLATE[36:42], TEMPLATE[42:48] = (0.3, 0.4), (0.7, 0.4)


class Planted(torch.nn.Module):
    """The same landmarks on every upright face, but for the mouth, which the brightness of its crop opens."""

    def forward(self, images):
        points = torch.from_numpy(TEMPLATE).float().repeat(len(images), 1, 1)
        points[:, 48:, 1] += images.mean((1, 2, 3))[:, None] / 4
        return points


def frames(levels, **changed):
    """A track of grey crops of these levels, at 16 frames a second, its face moving and leaning."""
    count = len(levels)
    corner = 20 + np.arange(count)[:, None] * np.array([2.0, 1.0])
    roll = 0.05 * np.arange(count)
    eyes = np.stack([np.cos(roll), np.sin(roll)], 1) * 10
    landmarks = np.repeat(corner[:, None], 5, 1) + 20
    landmarks[:, 0], landmarks[:, 1] = landmarks[:, 0] - eyes, landmarks[:, 1] + eyes
    given = {
        "width": 640,
        "height": 480,
        "time_s": (np.arange(count) + 0.5) / 16,
        "box": np.concatenate([corner, corner + 40], 1),
        "landmarks": landmarks,
        "probability": np.ones(count),
        "detected": np.arange(count) % 4 == 0,
        "crops": [jpeg(np.full((64, 64, 3), level, np.uint8)) for level in levels],
    }
    return FaceTrack(**given | changed)


def write_shard(path, tracks, keep=True):
    with FaceShardWriter(path, 64, {"settings": dump(dataclasses.replace(FACE, keep=keep))}, keep) as writer:
        for name, track in tracks.items():
            writer.add(name, track is not None, FaceTrack.empty() if track is None else track)
    return path


def extracted(path, fps=16.0, batch=8):
    with FaceShard(path) as shard:
        lost = {"gone": (Status.CORRUPT, "moov atom not found")}
        return face_points.extract(shard, Clips(shard, lost), fps, batch, Planted(), 112, summary_dim(SHAPE))


def expected(levels, fps=16.0):
    """The vector of `frames(levels)`, worked out frame by frame."""
    track, step = frames(levels), round(16 / fps)
    points = np.repeat(TEMPLATE[None], len(levels), 0)
    points[:, 48:, 1] += np.asarray(levels)[:, None] / 255 / 4
    out = []
    for i, box in enumerate(track.box):
        c, s = np.cos(0.05 * i), np.sin(0.05 * i)
        middle = (box[:2] + box[2:]) / 2
        out.append(middle + 40 * (points[i] - 0.5) @ np.array([[c, s], [-s, c]]))
    chosen = slice(step // 2, None, step)
    return summarise(track.time_s[chosen], *face_shape(np.stack(out)[chosen]))


@pytest.mark.parametrize("batch", [1, 3, 8, 64])
def test_vectors_are_those_of_the_points_in_the_video_whatever_the_batches(tmp_path, batch):
    levels = {"a": [60] * 5, "b": list(range(0, 240, 5)), "c": [200], "d": [10, 250] * 6}
    path = write_shard(tmp_path / "f.h5", {name: frames(given) for name, given in levels.items()})
    features, present = extracted(path, batch=batch).means("float32")
    assert present.all()
    for row, shown in zip(features, levels.values(), strict=True):
        np.testing.assert_allclose(row, expected(shown), atol=2e-3)


def test_a_lower_rate_looks_at_fewer_frames(tmp_path):
    levels = list(range(0, 240, 5))
    path = write_shard(tmp_path / "f.h5", {"a": frames(levels)})
    [slow] = extracted(path, fps=4.0).means("float32")[0]
    np.testing.assert_allclose(slow, expected(levels, 4.0), atol=2e-3)
    assert abs(slow - extracted(path).means("float32")[0][0]).max() > 0.01


def test_frames_without_landmarks_are_left_out_and_a_face_without_any_is_lost(tmp_path):
    levels, unknown = [40, 40, 90, 90], np.full((4, 5, 2), np.nan)
    half = frames(levels).landmarks.copy()
    half[:2] = np.nan
    tracks = {"centre": frames(levels, landmarks=unknown), "gone": None, "half": frames(levels, landmarks=half)}
    collector = extracted(write_shard(tmp_path / "f.h5", tracks))
    features, present = collector.means("float32")
    assert present.tolist() == [False, False, True]
    assert collector.losses[0] == (Status.NO_FACE, "the face shard holds no landmarks; was the detector mtcnn?")
    assert collector.losses[1] == (Status.CORRUPT, "moov atom not found")
    mouth = features[2][2 * 62 + 1]
    np.testing.assert_allclose(mouth, (0.5 + 0.3 * np.sin(62) + 90 / 255 / 4 - 0.4) / 0.4, atol=2e-3)
    assert collector.seconds[2] > 0


def run(tmp_path, faces, backbone_weights, *more):
    rows = [LedgerRow(name, "faces", Status.OK, "", 0) for name in ("a", "b")]
    write_ledger(tmp_path / "f.csv", rows)
    given = {"backbone": "face68", "model": None, "fps": 8.0, "batch_frames": 8, "dtype": "float32"}
    given |= {"weights": {"path": str(backbone_weights), "sha256": file_sha256(backbone_weights)}}
    argv = ["--faces", faces, "--faces-ledger", tmp_path / "f.csv", "--settings", json.dumps(given), *more]
    keypoints.main([str(one) for one in [*argv, "--output", tmp_path / "0.h5", "--ledger", tmp_path / "0.csv"]])
    return read_shard(tmp_path / "0.h5"), read_ledger(tmp_path / "0.csv")


def test_the_stage_with_a_network_down_to_its_shard(tmp_path):
    path = landmark_weights.write(tmp_path / "net")
    noise = np.random.default_rng(0).integers(0, 256, 9).tolist()
    faces = write_shard(tmp_path / "f.h5", {"a": frames(noise), "b": frames(noise[:1])})
    shard, ledger = run(tmp_path, faces, path)
    assert shard.features.shape == (2, 612)
    assert shard.present.all()
    assert np.isfinite(shard.features).all()
    assert not np.allclose(shard.features[0], shard.features[1])
    assert shard.attributes["backbone"] == "face68"
    assert shard.attributes["weights_sha256"] == file_sha256(path)
    assert "68 points" in shard.attributes["preprocessing"]
    assert [row.status for row in ledger] == [Status.OK] * 2
