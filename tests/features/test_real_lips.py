"""Real talking faces, where they and the published weights lie on disk: lips open where words are spoken."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.metrics import roc_auc_score

from conclugen.config.stage_one import Faces
from conclugen.faces.boxes import squares
from conclugen.faces.extract import extract
from conclugen.faces.settings import FaceSettings
from conclugen.features.backbones import face68
from conclugen.features.common import embed
from conclugen.features.face_points import put_back, upright
from conclugen.features.face_shape import LENGTHS, POINTS, face_shape
from conclugen.media.items import MediaItem

WEIGHTS = Path(__file__).resolve().parents[2] / "weights/face68/face_landmark_68_model.bin"
SETTINGS = FaceSettings(detector="mtcnn", **Faces().model_dump())
SHARE = 1 / (1 + SETTINGS.margin)
LIPS = 2 * POINTS + LENGTHS.index((62, 66))


def opening(track, network):
    """How far the lips are apart in each frame (T,), in distances between the eyes."""
    crops = np.stack([np.asarray(Image.open(io.BytesIO(crop))) for crop in track.crops])
    eyes = track.landmarks[:, 1] - track.landmarks[:, 0]
    roll = np.arctan2(eyes[:, 1], eyes[:, 0])
    faces = upright(torch.from_numpy(crops), torch.from_numpy(roll), SHARE, face68.SIZE)
    points = embed(network, faces, torch.device("cpu")).numpy()
    return face_shape(put_back(points, roll, SHARE, squares(track.box, SETTINGS.margin)))[0][:, LIPS]


def speaking(path, times):
    """Whether a word is spoken at these times, by the clip's alignment (start and end in 25,000ths of a second)."""
    words = [line.split() for line in path.read_text().splitlines()]
    spoken = [(int(a) / 25_000, int(b) / 25_000) for a, b, word in words if word not in ("sil", "sp")]
    return np.any([(times >= begin) & (times < end) for begin, end in spoken], 0)


@pytest.mark.skipif(not WEIGHTS.is_file(), reason="weights/face68 is not staged")
def test_lips_open_where_words_are_spoken(shared_data):
    network, scores = face68.construct(WEIGHTS).eval(), []
    for name in ("bbaf2n", "bgbh6p", "lbad6n", "lwaz3a"):
        item = MediaItem(name, f"{name}.mpg", None, None, None, 0, "")
        track = extract(item, str(shared_data / "clips"), SETTINGS).track
        spoken = speaking(shared_data / f"clips/{name}.align", np.asarray(track.time_s))
        scores.append(roc_auc_score(spoken, opening(track, network)))
    assert min(scores) > 0.7
    assert np.mean(scores) > 0.85
