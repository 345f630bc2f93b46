"""How many clips of face shards the proposals that compare frames can draw from."""

import csv
import io

import numpy as np
from PIL import Image

from conclugen.faces.shard import FaceShardWriter, FaceTrack
from conclugen.images import clips
from conclugen.images.proposals.time_aug import RATE


def track(seconds, rate=25.0):
    """A track of grey crops."""
    count, data = round(seconds * rate), io.BytesIO()
    Image.fromarray(np.full((32, 32, 3), 100, np.uint8)).save(data, "JPEG")
    boxes, landmarks = np.zeros((count, 4)), np.zeros((count, 5, 2))
    seen = np.ones(count), np.ones(count, bool)
    return FaceTrack(64, 48, np.arange(count) / rate, boxes, landmarks, *seen, [data.getvalue()] * count)


def test_clips_are_counted_by_their_times_and_those_without_a_face_are_not(tmp_path):
    with FaceShardWriter(tmp_path / "0000.h5", 32, {"settings": "x"}) as writer:
        for name, seconds in (("glance", 0.3), ("short", 1.5), ("long", 8.0)):
            writer.add(name, True, track(seconds))
        writer.add("lost", False, FaceTrack.empty())
    found = list(clips.times([tmp_path / "0000.h5"]))
    assert abs(len(found[2]) - 8 * RATE) <= 1
    clips.main(["--faces", str(tmp_path / "0000.h5"), "--output", str(tmp_path / "clips.csv")])
    with open(tmp_path / "clips.csv") as file:
        rows = {row["proposal"]: (row["clips"], row["of"], row["too_short"]) for row in csv.DictReader(file)}
    assert rows == {"time_aug": ("2", "3", "1"), "hard_neg": ("1", "3", "2")}
