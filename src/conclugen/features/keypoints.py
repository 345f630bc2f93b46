"""Stream keypoints: how the five landmarks of the face lie and move, one vector per utterance.

No network: the landmarks are those that the face detector put into the face shard. Only frames in which the face was
detected are used, for between them landmarks are interpolated.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from conclugen.faces.shard import FaceShard
from conclugen.features.common import Clock, Collector, arguments, check_dtype, losses_before
from conclugen.store import devices
from conclugen.store.ledger import Status
from conclugen.store.settings import parse

STREAM = "keypoints"
EYES, NOSE, MOUTH = (0, 1), 2, (3, 4)
SHAPE, POSE = 8, 4
DIM = 4 * SHAPE + 3 * POSE
LONGEST_STEP_S = 1.0  # over longer gaps no velocity is taken
HIGH = 0.95  # quantile that stands for the fastest movement: the maximum of jittering landmarks is mostly jitter
PREPROCESSING = (
    "five landmarks per detected frame; shape: nose and mouth corners in a frame with its origin between the eyes, its "
    "x axis along them and their distance as unit, mouth width, distance from nose to mouth; pose: roll, place and log "
    "size about their means over the utterance; mean (of the shape), deviation, mean and 0.95 quantile of the speed"
)


@dataclasses.dataclass(frozen=True)
class KeypointsSettings:
    """Settings of the stream; `dtype` is float16 or float32, of the stored features."""

    dtype: str


@dataclasses.dataclass(frozen=True)
class Landmarks:
    """What the shard says of its backbone: the detector that placed the landmarks."""

    detector: str

    def attributes(self, sha256: str) -> dict[str, str]:
        """Return what a shard records."""
        return {
            "backbone": self.detector,
            "weights_sha256": sha256,
            "preprocessing": PREPROCESSING,
            "licence": "MIT",
            "emotion_data": "",
        }


def normalise(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Split landmarks (T, 5, 2), pixels, into the shape of the face and its pose in the picture.

    Shape (T, 8) does not change when the face is moved, turned in the plane or scaled: nose and mouth corners in the
    eyes' frame, mouth width, distance from the nose to the mouth's middle, in distances between the eyes. Pose (T, 4)
    is roll (radians, unwrapped), place of the point between the eyes, and log of the distance between them.
    """
    left, right = points[:, EYES[0]], points[:, EYES[1]]
    middle, along = (left + right) / 2, right - left
    size = np.maximum(np.hypot(*along.T), 1e-6)
    axes = np.stack([along, np.stack([-along[:, 1], along[:, 0]], 1)], 1) / size[:, None, None]  # (T, 2, 2), as rows
    rest = np.einsum("tij,tpj->tpi", axes, points[:, [NOSE, *MOUTH]] - middle[:, None]) / size[:, None, None]
    nose, corners = rest[:, 0], rest[:, 1:]
    width = np.hypot(*(corners[:, 1] - corners[:, 0]).T)
    drop = np.hypot(*(corners.mean(1) - nose).T)
    shape = np.concatenate([rest.reshape(len(points), 6), width[:, None], drop[:, None]], 1)
    roll = np.unwrap(np.arctan2(along[:, 1], along[:, 0]))
    return shape, np.concatenate([roll[:, None], middle, np.log(size)[:, None]], 1)


def summarise(times: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return one vector (DIM,) of landmarks (T, 5, 2), pixels, at increasing seconds (T,), T >= 1.

    Moving, turning or scaling the whole utterance changes nothing: places are taken about their mean, along the mean
    direction of the eyes and in mean distances between them. Speeds are per second, 0 where there is one frame.
    """
    shape, pose = normalise(points)
    centred = pose - pose.mean(0)
    angle, size = pose[:, 0].mean(), np.exp(pose[:, 3].mean())
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    centred[:, 1:3] = centred[:, 1:3] @ turn.T / size
    step = np.diff(times)
    usable = (step > 0) & (step <= LONGEST_STEP_S)
    values = np.concatenate([shape, centred], 1)
    speed = np.abs(np.diff(values, axis=0)[usable]) / step[usable, None]
    if not len(speed):
        speed = np.zeros((1, values.shape[1]))
    return np.concatenate([shape.mean(0), values.std(0), speed.mean(0), np.quantile(speed, HIGH, axis=0)])


def extract(shard: FaceShard, lost: dict[str, tuple[Status, str]]) -> Collector:
    """Return the vector of every utterance of a face shard that has a face with landmarks."""
    collector, clock = Collector(STREAM, shard.ids, DIM), Clock()
    for row, name in enumerate(shard.ids):
        clock.lap()
        rows = int(shard.frames_offset[row]) + shard.choose(row)
        known = rows[shard.detected[rows] & np.isfinite(shard.landmarks[rows]).all((1, 2))]
        if not shard.present[row]:
            collector.lose(row, *lost.get(name, (Status.NO_FACE, "no face was found")))
        elif not len(known):
            collector.lose(row, Status.NO_FACE, "the face shard holds no landmarks; was the detector mtcnn?")
        else:
            vector = summarise(shard.time_s[known], shard.landmarks[known].astype(np.float64))
            collector.add([(row, 1)], torch.from_numpy(vector)[None], clock.lap())
    return collector


def main(argv: Sequence[str] | None = None) -> None:
    """Write the feature shard and ledger of one face shard."""
    parser = arguments(__doc__)
    parser.add_argument("--faces", required=True, type=Path, help="the face shard")
    parser.add_argument("--faces-ledger", type=Path, help="its ledger, for the reasons of losses")
    args = parser.parse_args(argv)
    settings = parse(KeypointsSettings, args.settings)
    check_dtype(settings.dtype)
    devices.set_threads(args.threads)
    with FaceShard(args.faces) as shard:
        collector = extract(shard, losses_before(args.faces_ledger))
        sha256 = shard.attributes.get("detector_weights_sha256", "none")
    collector.write(args.output, args.ledger, Landmarks("mtcnn landmarks"), sha256, settings.dtype)


if __name__ == "__main__":
    main()
