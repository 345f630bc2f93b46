"""Where the face of each clip was, as the face stage found it: what is drawn into films."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from conclugen.applied.clips import Clip
from conclugen.faces.shard import FaceShard


@dataclasses.dataclass(frozen=True)
class Seen:
    """The face of one clip.

    Attributes:
        time_s: (T,) seconds of its file, increasing; T is 0 where no face was found, or none was looked for.
        box: (T, 4) x0 y0 x1 y1 in pixels of the upright video.
        interval_s: from one look at the film to the next.
    """

    time_s: np.ndarray
    box: np.ndarray
    interval_s: float

    @classmethod
    def nowhere(cls) -> Seen:
        """Return what there is to know of a clip without a face."""
        return cls(np.zeros(0), np.zeros((0, 4)), 0.0)

    def at(self, time_s: float) -> np.ndarray | None:
        """Return the box (4,) at a time of the file; None where the face is not there."""
        if not len(self.time_s):
            return None
        after = int(np.clip(np.searchsorted(self.time_s, time_s), 1, max(1, len(self.time_s) - 1)))
        near = min((max(0, after - 1), min(after, len(self.time_s) - 1)), key=lambda i: abs(self.time_s[i] - time_s))
        return self.box[near] if abs(self.time_s[near] - time_s) <= self.interval_s else None


def seen(shard: Path, clips: Sequence[Clip], fps: float) -> list[Seen]:
    """Return where the face of each clip was, from a face shard of them; `fps`: looks per second."""
    with FaceShard(shard) as faces:
        return [_seen(faces, row, clip.start_s or 0.0, 1.0 / fps) for row, clip in enumerate(clips)]


def _seen(faces: FaceShard, row: int, start_s: float, interval_s: float) -> Seen:
    rows = slice(int(faces.frames_offset[row]), int(faces.frames_offset[row + 1]))
    looked = np.isfinite(faces.probability[rows])  # a tight video is a face as a whole: none was looked for
    if not faces.present[row] or not looked.any():
        return Seen.nowhere()
    return Seen(faces.time_s[rows][looked] + start_s, faces.box[rows][looked], interval_s)
