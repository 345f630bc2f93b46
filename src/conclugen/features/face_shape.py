"""The shape of a face out of 68 landmarks in the order of iBUG 300-W: where they lie, and what expressions change."""

from __future__ import annotations

import numpy as np

from conclugen.features.landmarks import eyes_frame

POINTS = 68
LEFT_EYE, RIGHT_EYE = slice(36, 42), slice(42, 48)  # left and right as in the picture
# Lengths, in distances between the eyes: brows over the corners of the eyes (inner, outer, left and right), brow to
# brow; mouth: width, opening with and without the lips; nose to lip, nose to chin.
LENGTHS = (
    (21, 39),
    (22, 42),
    (17, 36),
    (26, 45),
    (21, 22),
    (48, 54),
    (51, 57),
    (62, 66),
    (33, 51),
    (33, 8),
)
LIDS = ((36, 37, 38, 39, 40, 41), (42, 43, 44, 45, 46, 47))
CORNERS, LIPS = (48, 54), (51, 57)
SHAPE = 2 * POINTS + len(LENGTHS) + len(LIDS) + len(CORNERS)


def face_shape(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Split landmarks (T, 68, 2), pixels, into the shape of the face (T, 150) and its pose in the picture (T, 4).

    The shape is every point in the frame of the eyes (`landmarks.eyes_frame`; an eye is the mean of its six points),
    the `LENGTHS`, how far each eye is open (mean height over width: Soukupová and Čech 2016) and how far each corner of
    the mouth lies below the middle of the lips.
    """
    rest, pose = eyes_frame(points, points[:, LEFT_EYE].mean(1), points[:, RIGHT_EYE].mean(1))
    first, second = np.array(LENGTHS).T
    lengths = np.linalg.norm(rest[:, first] - rest[:, second], axis=2)
    below = rest[:, CORNERS, 1] - rest[:, LIPS, 1].mean(1, keepdims=True)
    return np.concatenate([rest.reshape(len(rest), -1), lengths, _open(rest), below], 1), pose


def _open(points: np.ndarray) -> np.ndarray:
    """How far each eye is open (T, 2): mean distance between its lids over the distance between its corners."""
    eyes = points[:, np.array(LIDS)]  # (T, 2, 6, 2)
    heights = np.linalg.norm(eyes[:, :, [1, 2]] - eyes[:, :, [5, 4]], axis=3).mean(2)
    return heights / np.maximum(np.linalg.norm(eyes[:, :, 0] - eyes[:, :, 3], axis=2), 1e-6)
