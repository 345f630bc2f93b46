"""Videos with a real photograph of a face."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path[:0] = [str(Path(__file__).parents[1] / name) for name in ("media", "features")]

SETTINGS = {
    "detector": "mtcnn",
    "fps": 16.0,
    "detect_lines": 360,
    "detect_every": 4,
    "min_face": 0.15,
    "min_probability": 0.9,
    "margin": 0.3,
    "smooth_s": 0.15,
    "crop_size": 96,
    "jpeg_quality": 92,
    "keep": True,
    "min_frames": 4,
    "max_seconds": 60.0,
    "timeout_s": 60.0,
}


@pytest.fixture(scope="session")
def portrait():
    """The upper part of a portrait, (200, 200, 3) uint8: one face of about 80 x 110 pixels at its centre."""
    data = pytest.importorskip("skimage.data")
    return np.ascontiguousarray(data.astronaut()[10:210, 120:320])


@pytest.fixture(scope="session")
def scene(portrait):
    """Draw frames (T, H, W, 3): the portrait with its top left corner at each of `corners` (T, 2) on grey."""

    def draw(corners, height=240, width=320, scale=1.0):
        rows = np.floor(np.arange(round(200 * scale)) / scale).astype(int)
        face = portrait[rows[:, None], rows[None]]
        frames = np.full((len(corners), height, width, 3), 110, np.uint8)
        for frame, corner in zip(frames, np.asarray(corners, dtype=int), strict=True):
            x, y = corner
            frame[y : y + len(face), x : x + len(face)] = face[: height - y, : width - x]
        return frames

    return draw


@pytest.fixture(scope="session")
def settings():
    """Make FaceSettings, with changes."""
    from conclugen.faces.settings import FaceSettings

    return lambda **changes: FaceSettings(**{**SETTINGS, **changes})
