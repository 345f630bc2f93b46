"""Landmarks by a network: every crop is turned upright by the eyes the detector found, and the points are put back.

The network sees the detector's square itself. On rolled heads that counts: turned by 30 degrees, a face got points that
were .04 of the distance between the eyes from where they lay on the upright face, and .001 once turned back.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from conclugen.faces.boxes import squares
from conclugen.faces.settings import FaceSettings
from conclugen.faces.shard import FaceShard
from conclugen.features import faces
from conclugen.features.common import Clock, Collector, ahead, arguments, embed, packs
from conclugen.features.face_shape import face_shape
from conclugen.features.landmarks import summarise
from conclugen.store import devices
from conclugen.store.ledger import Status
from conclugen.store.settings import parse

NO_LANDMARKS = "the face shard holds no landmarks; was the detector mtcnn?"


def parse_arguments(description: str | None, argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the flags of what finds landmarks in a face shard."""
    parser = arguments(description)
    parser.add_argument("--faces", required=True, type=Path, help="the face shard")
    parser.add_argument("--faces-ledger", type=Path, help="its ledger, for the reasons of losses")
    parser.add_argument("--media-list", type=Path, help="its utterances' files, where a network needs crops it lacks")
    parser.add_argument("--root", type=Path, help="the folder that the files lie below")
    return parser.parse_args(argv)


def upright(frames: torch.Tensor, roll: torch.Tensor, share: float, size: int) -> torch.Tensor:
    """Return faces (N, 3, size, size) in [0, 1] of crops (N, H, W, 3) uint8, turned about their centres.

    Args:
        frames: RGB crops.
        roll: radians (N,) by which the eyes lean clockwise in the picture.
        share: of the crop's side that is kept; what would lie outside the crop repeats its edge.
        size: sampled at twice this and halved, so that no detail is aliased.
    """
    images = frames.permute(0, 3, 1, 2).float() / 255
    grid = F.affine_grid(_affine(roll, share), [len(images), 3, 2 * size, 2 * size], align_corners=False)
    sampled = F.grid_sample(images, grid.to(images.dtype), padding_mode="border", align_corners=False)
    return F.avg_pool2d(sampled, 2)


def put_back(points: np.ndarray, roll: np.ndarray, share: float, square: np.ndarray) -> np.ndarray:
    """Return landmarks (N, P, 2) of `upright` faces, as shares of their side, in pixels of the video.

    `square` (N, 4) is where the crops were cut.
    """
    turn = _affine(torch.from_numpy(roll), share)[:, :, :2].numpy()
    in_crop = (np.einsum("nij,npj->npi", turn, 2 * points - 1) + 1) / 2
    return square[:, None, :2] + in_crop * (square[:, None, 2:] - square[:, None, :2])


def _affine(roll: torch.Tensor, share: float) -> torch.Tensor:
    """From places in an upright face to places in its crop, both -1..1: (N, 2, 3)."""
    cos, sin, zero = share * torch.cos(roll), share * torch.sin(roll), torch.zeros_like(roll)
    return torch.stack([torch.stack([cos, -sin, zero], 1), torch.stack([sin, cos, zero], 1)], 1)


@dataclasses.dataclass(frozen=True)
class Reading:
    """What is made of a network's outputs.

    Attributes:
        whole: it sees the crop with its margin; else the detector's square.
        vector: of increasing seconds (T,) and outputs (T, …); None where nothing was seen.
        points: the outputs are landmarks, to be put back into the picture.
    """

    whole: bool
    vector: Callable[[np.ndarray, np.ndarray], np.ndarray | None]
    points: bool = False


def of_landmarks(times: np.ndarray, points: np.ndarray) -> np.ndarray | None:
    """Return the vector of landmarks (T, 68, 2) at seconds (T,)."""
    return summarise(times, *face_shape(points)) if len(points) else None


LANDMARKS = Reading(whole=False, vector=of_landmarks, points=True)


class Track:
    """The frames of one utterance that are looked at: seconds (T,), squares of the crops (T, 4) and roll (T,), which is
    NaN where the detector gave no landmarks. `found` takes what the network gives, block by block."""

    def __init__(self, shard: FaceShard, row: int, fps: float, margin: float) -> None:
        rows = int(shard.frames_offset[row]) + shard.choose(row, fps)
        eyes = shard.landmarks[rows][:, 1] - shard.landmarks[rows][:, 0]
        self.time_s, self.roll = shard.time_s[rows], np.arctan2(eyes[:, 1], eyes[:, 0]).astype(np.float64)
        self.square = squares(shard.box[rows].astype(np.float64), margin)
        self.found: list[np.ndarray] = []
        self.done = 0

    def next(self, count: int) -> slice:
        """Return which frames the next `count` are."""
        self.done += count
        return slice(self.done - count, self.done)

    def complete(self) -> bool:
        """Whether the outputs of all frames are there."""
        return sum(map(len, self.found)) == len(self.time_s)

    def vector(self, reading: Reading) -> np.ndarray | None:
        """Return the vector of the utterance; None where no frame has landmarks."""
        known = np.isfinite(self.roll)
        return reading.vector(self.time_s[known], np.concatenate(self.found).astype(np.float64)[known])


def tracks(
    shard: FaceShard,
    clips: faces.Clips,
    collector: Collector,
    fps: float,
    batch_frames: int,
    module: torch.nn.Module,
    size: int,
) -> Iterator[tuple[int, Track]]:
    """Yield (row, track), with all that the network found, of every utterance of a face shard that has a face.

    Args:
        shard, clips: the same face shard, and its crops.
        collector: keeps account of losses and time.
        fps: frames per second that are looked at.
        batch_frames: frames in a forward pass, over utterances.
        module: faces (N, 3, size, size) to landmarks (N, 68, 2), shares of the side, or what its `reading` takes.
        size: pixels that the network takes.
    """
    margin = parse(FaceSettings, shard.attributes["settings"]).margin
    reading: Reading = getattr(module, "reading", LANDMARKS)
    share = 1.0 if reading.whole else 1 / (1 + margin)  # the detector's square
    clock, where = Clock(), devices.device()
    begun: dict[int, Track] = {}
    for pack in packs(ahead(clips.blocks(fps, collector, np.arange, batch_frames)), batch_frames):
        clock.lap()
        pieces = []
        for row, count in pack.parts:
            track = begun.setdefault(row, Track(shard, row, fps, margin))
            pieces.append((row, track, track.next(count)))
        roll = np.nan_to_num(np.concatenate([track.roll[span] for _, track, span in pieces]))
        square = np.concatenate([track.square[span] for _, track, span in pieces])
        frames, leaning = torch.from_numpy(pack.data).to(where), torch.from_numpy(roll).to(where)
        images = upright(frames, leaning, share, size)
        values = embed(module, images, where, half=False).cpu().numpy()
        values = put_back(values, roll, share, square) if reading.points else values
        seconds, begin = clock.lap() / len(values), 0
        for row, track, span in pieces:
            count = span.stop - span.start
            track.found.append(values[begin : begin + count])
            begin += count
            collector.spend(row, seconds * count)
            if track.complete():
                yield row, begun.pop(row)


def extract(
    shard: FaceShard, clips: faces.Clips, fps: float, batch_frames: int, module: torch.nn.Module, size: int, dim: int
) -> Collector:
    """Return the vector (dim,) of every utterance of a face shard that has a face with landmarks; else as `tracks`."""
    collector = Collector("keypoints", shard.ids, dim)
    reading: Reading = getattr(module, "reading", LANDMARKS)
    for row, track in tracks(shard, clips, collector, fps, batch_frames, module, size):
        _finish(collector, row, track, reading)
    return collector


def _finish(collector: Collector, row: int, track: Track, reading: Reading) -> None:
    clock, vector = Clock(), track.vector(reading)
    if vector is None:
        collector.lose(row, Status.NO_FACE, NO_LANDMARKS)
    else:
        collector.add([(row, 1)], torch.from_numpy(vector)[None], clock.lap())
