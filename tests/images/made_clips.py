"""Face shards of made clips: grey crops with a face that leans, as the face stage writes them."""

from __future__ import annotations

import io
import math

import numpy as np
from PIL import Image

from conclugen.config.stage_one import Faces
from conclugen.faces.settings import FaceSettings
from conclugen.faces.shard import FaceShardWriter, FaceTrack
from conclugen.images import regions
from conclugen.images.points import five_of
from conclugen.store.settings import dump

SIZE, TURN, MIDDLE, SIDE = 64, 0.2, (60.0, 50.0), 40.0
FACE = FaceSettings(
    **Faces().model_dump() | {"detector": "mtcnn", "margin": 0.25, "crop_size": SIZE, "timeout_s": 30.0}
)


def jpeg(picture):
    data = io.BytesIO()
    Image.fromarray(picture).save(data, "JPEG", quality=95)
    return data.getvalue()


def five():
    """The detector's landmarks (5, 2) of a registered face that leans by TURN in a square of SIDE about MIDDLE."""
    face = five_of(regions.registered()[None])[0].numpy() - 0.5
    return np.array(MIDDLE) + SIDE * face @ np.array(
        [[math.cos(TURN), math.sin(TURN)], [-math.sin(TURN), math.cos(TURN)]]
    )


def track(seconds, rate=16.0, level=100, landmarks=True, pictures=None):
    """A track of `seconds`: crops of one grey level, or `pictures` (T, SIZE, SIZE, 3) uint8."""
    count = round(seconds * rate)
    plain = np.full((SIZE, SIZE, 3), level, np.uint8)
    crops = [jpeg(plain)] * count if pictures is None else [jpeg(one) for one in pictures]
    x, y = MIDDLE
    box = [x - SIDE / 2, y - SIDE / 2, x + SIDE / 2, y + SIDE / 2]
    return FaceTrack(
        width=160,
        height=120,
        time_s=(np.arange(count) + 0.5) / rate,
        box=np.tile(box, (count, 1)),
        landmarks=np.tile(five() if landmarks else np.full((5, 2), np.nan), (count, 1, 1)),
        probability=np.ones(count),
        detected=np.full(count, landmarks),
        crops=crops,
    )


def write_faces(path, tracks):
    """Write a face shard of tracks by name; None: no face was found."""
    with FaceShardWriter(path, SIZE, {"settings": dump(FACE)}) as writer:
        for name, one in tracks.items():
            writer.add(name, one is not None and len(one.time_s) > 0, one or FaceTrack.empty())
    return path
