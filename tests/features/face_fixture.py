"""Small face shards for the tests of the two visual streams."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from conclugen.faces.shard import FaceShardWriter, FaceTrack


def jpeg(image):
    """An RGB array (H, W, 3) uint8 as JPEG bytes."""
    data = io.BytesIO()
    Image.fromarray(image).save(data, "JPEG", quality=95, subsampling=0)
    return data.getvalue()


def track(frames, fps=16.0):
    """A track of frames (T, S, S, 3) uint8 on a grid of `fps`."""
    count = len(frames)
    return FaceTrack(
        width=frames.shape[2],
        height=frames.shape[1],
        time_s=(np.arange(count) + 0.5) / fps,
        box=np.zeros((count, 4)),
        landmarks=np.zeros((count, 5, 2)),
        probability=np.ones(count),
        detected=np.ones(count, bool),
        crops=[jpeg(frame) for frame in frames],
    )


def write_faces(path, clips, crop_size):
    """Write a face shard of {id: frames (T, S, S, 3) uint8, or None where there is no face}."""
    with FaceShardWriter(path, crop_size, {"made": "for a test"}) as writer:
        for name, frames in clips.items():
            writer.add(name, frames is not None, FaceTrack.empty() if frames is None else track(frames))
    return path
