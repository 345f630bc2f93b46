"""What landmarks of a face say, whatever the head's place, roll and size: one vector of all frames of an utterance."""

from __future__ import annotations

import numpy as np

POSE = 4
LONGEST_STEP_S = 1.0  # over longer gaps no velocity is taken
HIGH = 0.95  # quantile that stands for the fastest movement: the maximum of jittering landmarks is mostly jitter
FIVE_SHAPE = 8  # of five landmarks: nose and corners of the mouth, its width, its distance from the nose
SUMMARY = (
    "pose: roll, place and log size about their means over the utterance; mean (of the shape), deviation, mean and "
    "0.95 quantile of the speed"
)


def summary_dim(shape: int) -> int:
    """Return the length of the vector for a shape of so many numbers."""
    return 4 * shape + 3 * POSE


def eyes_frame(points: np.ndarray, left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return points (T, P, 2), pixels, in the frame of the eyes (T, 2) each, and the pose of the face (T, 4).

    That frame has its origin between the eyes, its x axis along them and their distance as unit: points in it do not
    change when the face is moved, turned in the plane or scaled. Pose is roll (radians, unwrapped), place of the point
    between the eyes, and log of the distance between them.
    """
    middle, along = (left + right) / 2, right - left
    size = np.maximum(np.hypot(*along.T), 1e-6)
    axes = np.stack([along, np.stack([-along[:, 1], along[:, 0]], 1)], 1) / size[:, None, None]  # (T, 2, 2), as rows
    rest = np.einsum("tij,tpj->tpi", axes, points - middle[:, None]) / size[:, None, None]
    roll = np.unwrap(np.arctan2(along[:, 1], along[:, 0]))
    return rest, np.concatenate([roll[:, None], middle, np.log(size)[:, None]], 1)


def summarise(times: np.ndarray, shape: np.ndarray, pose: np.ndarray) -> np.ndarray:
    """Return one vector (4 S + 12,) of shapes (T, S) and poses (T, 4) at increasing seconds (T,), T >= 1.

    Moving, turning or scaling the whole utterance changes nothing: places are taken about their mean, along the mean
    direction of the eyes and in mean distances between them. Speeds are per second, 0 where there is one frame.
    """
    centred = pose - pose.mean(0)
    angle, size = pose[:, 0].mean(), np.exp(pose[:, 3].mean())
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    centred[:, 1:3] = centred[:, 1:3] @ turn.T / size
    return moments(times, np.concatenate([shape, centred], 1), shape.shape[1])


def moments(times: np.ndarray, values: np.ndarray, placed: int | None = None) -> np.ndarray:
    """Return the mean of the first `placed` columns (all of them without it) of values (T, S) at increasing seconds
    (T,), T >= 1; then deviation, mean and high quantile of the speed per second of all, 0 where there is one frame."""
    step = np.diff(times)
    usable = (step > 0) & (step <= LONGEST_STEP_S)
    speed = np.abs(np.diff(values, axis=0)[usable]) / step[usable, None]
    if not len(speed):
        speed = np.zeros((1, values.shape[1]))
    mean = values[:, :placed].mean(0)
    return np.concatenate([mean, values.std(0), speed.mean(0), np.quantile(speed, HIGH, axis=0)])
