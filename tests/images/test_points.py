"""Landmarks of kept frames: where they lie in the crop, by the detector's five and by a network, and what is lost."""

import dataclasses
import json
import math

import h5py
import numpy as np
import pytest
import torch
from made_clips import FACE, TURN, track, write_faces

from conclugen.faces.shard import FaceShard, FaceTrack
from conclugen.features.common import Collector
from conclugen.features.faces import Clips
from conclugen.images import points, points_shard, regions
from conclugen.images.proposals.time_aug import RATE
from conclugen.store.ledger import Status, read_ledger
from conclugen.store.shards import ShardError

BY_DETECTOR = {"backbone": "mtcnn", "weights": None, "batch_frames": 8}


@pytest.fixture
def faces(tmp_path):
    given = {"long": track(4.0), "lost": None, "blind": track(1.0, landmarks=False)}
    return write_faces(tmp_path / "0000.h5", given)


def made(faces):
    out, ledger = faces.with_name("points.h5"), faces.with_name("points.csv")
    given = ["--settings", json.dumps(BY_DETECTOR), "--faces", str(faces), "--output", str(out)]
    points.main([*given, "--ledger", str(ledger)])
    return out, {row.utterance_id: row for row in read_ledger(ledger)}


def test_the_five_of_a_registered_face_give_it_back_turned_and_scaled():
    face, turn = regions.registered().double(), 0.4
    rotation = torch.tensor([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]]).double()
    moved = 0.6 * face @ rotation + torch.tensor([0.1, 0.2]).double()
    found = points.fitted(points.five_of(moved[None]).float())[0]
    np.testing.assert_allclose(found, moved, atol=1e-5)


def test_landmarks_lie_where_the_detector_saw_the_face(faces):
    out, ledger = made(faces)
    with FaceShard(faces) as shard:
        found = points_shard.read(out, shard)
        long, lost, blind = (found.of(i) for i in range(3))
        assert long.frame.tolist() == shard.choose(0, RATE).tolist()
        np.testing.assert_allclose(long.time_s, shard.time_s[long.frame])
    assert abs(len(long.frame) - 4 * RATE) <= 1
    assert len(lost.frame) == 0
    assert long.seen.all()
    assert not blind.seen.any()
    # The made face leans by TURN about the middle of its crop, and a registered face upright stands in for the blind.
    face = regions.registered().numpy() - 0.5
    turned = face @ np.array([[math.cos(TURN), math.sin(TURN)], [-math.sin(TURN), math.cos(TURN)]])
    for one, wanted in ((long, turned), (blind, face)):
        np.testing.assert_allclose(one.points[0], 0.5 + wanted / (1 + FACE.margin), atol=1e-3)
    assert ledger["lost"].status is Status.NO_FACE
    assert ledger["long"].reason == ""
    assert ledger["blind"].reason.startswith("no landmarks in 4 of 4")


class Planted(torch.nn.Module):
    """The registered face on every upright face, the mouth shifted by the brightness of its crop."""

    def forward(self, images):
        found = regions.registered().repeat(len(images), 1, 1)
        found[:, 48:, 1] += images.mean((1, 2, 3))[:, None] / 10
        return found


@dataclasses.dataclass
class PlantedBackbone:
    """A backbone whose network is `Planted`."""

    size = 112

    def load(self, where):
        return Planted(), "0" * 64


@pytest.mark.parametrize("batch", [3, 64])
def test_a_network_measures_each_frame_of_the_right_clip_whatever_the_batches(tmp_path, monkeypatch, batch):
    monkeypatch.setattr(points, "chosen", lambda settings: PlantedBackbone())
    levels = {"dark": 20, "bright": 220}
    path = write_faces(tmp_path / "f.h5", {name: track(2.0, level=level) for name, level in levels.items()})
    settings = points.PointsSettings("face68", None, batch)
    with FaceShard(path) as shard:
        found = dict(
            points.by_network(shard, Clips(shard, {}), settings, Collector("points", shard.ids, 1), FACE.margin)
        )
    face = regions.registered().numpy()
    for row, level in enumerate(levels.values()):
        wanted = face.copy()
        wanted[48:, 1] += level / 255 / 10
        leaning = (wanted - 0.5) @ np.array([[math.cos(TURN), math.sin(TURN)], [-math.sin(TURN), math.cos(TURN)]])
        assert found[row].seen.all()
        np.testing.assert_allclose(found[row].points[-1], 0.5 + leaning / (1 + FACE.margin), atol=3e-3)


def test_damage_and_other_faces_are_told(faces, tmp_path):
    out, _ = made(faces)
    other = write_faces(tmp_path / "other.h5", {"long": FaceTrack.empty()})
    with FaceShard(other) as shard, pytest.raises(ShardError, match="was made of other faces"):
        points_shard.read(out, shard)
    with h5py.File(out, "r+") as file:
        file["points"][0, 0, 0] += 0.01
    with FaceShard(faces) as shard, pytest.raises(ShardError, match="do not match their checksum"):
        points_shard.read(out, shard)
