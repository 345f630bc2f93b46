"""The faces of a shard without crops, cut from its videos anew: the same frames and squares, and no JPEG between."""

from __future__ import annotations

import dataclasses

import numpy as np

from conclugen.faces.boxes import squares
from conclugen.faces.crops import CROP_LINES, crop
from conclugen.faces.settings import FaceSettings
from conclugen.faces.shard import FaceShard
from conclugen.media.errors import MediaError
from conclugen.media.items import MediaItem, video_of
from conclugen.media.video import Report, sample_video
from conclugen.store.ledger import Status

SAME_TIME_S = 1e-6


@dataclasses.dataclass(frozen=True)
class Wanted:
    """Frames of an utterance: `time_s` (T,) increasing, as in the shard, and the squares (T, 4) to cut, pixels of the
    upright video."""

    item: MediaItem
    time_s: np.ndarray
    square: np.ndarray


def wanted(shard: FaceShard, row: int, fps: float, item: MediaItem, margin: float) -> Wanted:
    """Return what `shard.frames(row, fps)` would give, had the shard crops. The picture's centre has no margin."""
    rows = int(shard.frames_offset[row]) + shard.choose(row, fps)
    box = shard.box[rows].astype(np.float64)
    detected = ~np.isnan(shard.landmarks[rows]).any((1, 2))
    return Wanted(item, shard.time_s[rows], np.where(detected[:, None], squares(box, margin), box))


def recut(wanted: Wanted, root: str, settings: FaceSettings) -> np.ndarray:
    """Read the video of an utterance and return its crops (T, S, S, 3) uint8 RGB; for a decoding process.

    Raises MediaError (see `media.video.sample_video`); CORRUPT where a frame is no longer where the shard saw it.
    """
    path, place = video_of(root, wanted.item), 0
    crops = np.empty((len(wanted.time_s), settings.crop_size, settings.crop_size, 3), np.uint8)
    span = (wanted.item.start_s, wanted.item.end_s, settings.max_seconds)
    for frame in sample_video(path, settings.fps, *span, CROP_LINES, Report()):
        if abs(frame.time_s - wanted.time_s[place]) <= SAME_TIME_S:
            crops[place] = crop(frame.image, wanted.square[place] * frame.scale, settings.crop_size)
            place += 1
        if place == len(crops):
            return crops
    raise MediaError(Status.CORRUPT, f"no frame at {wanted.time_s[place]:.3f} s, where the face stage saw one")
