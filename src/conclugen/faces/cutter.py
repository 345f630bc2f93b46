"""Frames in, crops of every tracked face out, in bounded memory.

Frames come in chunks. A chunk is cut once the chunk after it has been searched for faces, and a chunk is longer than
any gap that is bridged and any smoothing that reaches across, so boxes are those of the whole utterance.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from PIL import Image

from conclugen.faces.boxes import Faces, squares
from conclugen.faces.crops import centre_square, cut
from conclugen.faces.settings import FaceSettings
from conclugen.faces.shard import FaceTrack
from conclugen.faces.tracks import GAP_S, Track, Tracker, believable, place
from conclugen.media.video import Frame

Detect = Callable[[np.ndarray, float, float], list[Faces]]

CANDIDATES = 4  # tracks cut in one frame, the heaviest first


class Rows:
    """The crops of one face as they are cut; boxes and landmarks in pixels of the upright video."""

    def __init__(self) -> None:
        self.frames: list[tuple[float, np.ndarray, np.ndarray, float, bool]] = []
        self.crops: list[bytes] = []

    def face_track(self, width: int, height: int) -> FaceTrack:
        """Return what was cut, in the fields of a shard."""
        if not self.frames:
            return FaceTrack.empty()
        columns = [np.asarray(column) for column in zip(*self.frames, strict=True)]
        return FaceTrack(width, height, *columns, crops=self.crops)


class Cutter:
    """Takes the frames of one utterance chunk by chunk; `tracks` and `centre` hold the crops.

    Attributes:
        tracks: frames and crops of each face that was among the heaviest of its chunk, complete after `flush`.
        centre: crops of the picture's centre, for as long as no face had been found.
        count: frames seen.
        looks: frames searched for faces.

    Args:
        settings: of the stage.
        detect: images (n, H, W, 3), smallest face in pixels and least probability to faces per image; None: keep the
            centre and look for nothing.
    """

    def __init__(self, settings: FaceSettings, detect: Detect | None) -> None:
        self._settings, self._detect = settings, detect
        self._tracker, self._waiting = Tracker(), []
        self._due = self._last_look_s = 0.0
        self.tracks: dict[Track, Rows] = {}
        self.centre = Rows()
        self.count = self.looks = 0

    def add(self, frames: Sequence[Frame]) -> None:
        """Search a chunk of frames for faces, and cut the chunk before it."""
        self.count += len(frames)
        if self._detect is None:
            self._cut_centre(frames, math.nan)
            return
        self._search(frames)
        if self._waiting:
            self._cut_faces(self._waiting)
        self._waiting = frames

    def flush(self) -> None:
        """Cut the last chunk."""
        if self._waiting:
            self._cut_faces(self._waiting)
        self._waiting = []

    def believable(self) -> list[Track]:
        """Return the tracks that were cut and are more than one chance detection."""
        return [track for track in believable(self._tracker.tracks, self.looks) if track in self.tracks]

    def _search(self, frames: Sequence[Frame]) -> None:
        keys = []
        for frame in frames:
            if frame.time_s >= self._due - 1e-6:
                keys.append((frame, _scaled_down(frame, self._settings.detect_lines)))
                self._last_look_s = frame.time_s
                self._due = frame.time_s + self._settings.detect_every / self._settings.fps
        detections: dict[int, Faces] = {}
        for shape in {image.shape for _, image in keys}:  # one, unless the video changes its size
            rows = [i for i, (_, image) in enumerate(keys) if image.shape == shape]
            least = self._settings.min_face * shape[0]
            faces = self._detect(np.stack([keys[i][1] for i in rows]), least, self._settings.min_probability)
            detections.update(zip(rows, faces, strict=True))
        for i, (frame, image) in enumerate(keys):
            shrunk = image.shape[0] / frame.image.shape[0] * frame.scale
            self._tracker.update(frame.time_s, detections[i], image, shrunk)
        self.looks += len(keys)

    def _cut_faces(self, frames: Sequence[Frame]) -> None:
        if not believable(self._tracker.tracks, self.looks):
            self._cut_centre(frames, 0.0)
        times = np.asarray([frame.time_s for frame in frames])
        near = [
            t for t in self._tracker.tracks if t.time_s[-1] >= times[0] - GAP_S and t.time_s[0] <= times[-1] + GAP_S
        ]
        for track in sorted(near, key=Track.weight, reverse=True)[:CANDIDATES]:
            self._cut_track(track, frames, times)

    def _cut_track(self, track: Track, frames: Sequence[Frame], times: np.ndarray) -> None:
        settings = self._settings
        at = place(track, times, settings.smooth_s, self._last_look_s)
        rows = self.tracks.setdefault(track, Rows())
        for i, square in enumerate(squares(at.box, settings.margin)):
            frame = frames[at.rows[i]]
            self._keep(rows, frame, square * frame.scale)
            rows.frames.append((frame.time_s, at.box[i], at.landmarks[i], at.probability[i], at.detected[i]))

    def _cut_centre(self, frames: Sequence[Frame], probability: float) -> None:
        unknown = np.full((5, 2), np.nan)
        for frame in frames:
            square = centre_square(frame.image.shape[1], frame.image.shape[0])
            self._keep(self.centre, frame, square)
            self.centre.frames.append((frame.time_s, square / frame.scale, unknown, probability, False))

    def _keep(self, rows: Rows, frame: Frame, square: np.ndarray) -> None:
        """Cut a square, in pixels of the frame, unless crops are not kept."""
        if self._settings.keep:
            rows.crops.append(cut(frame.image, square, self._settings.crop_size, self._settings.jpeg_quality))


def chunks(frames: Iterator[Frame], settings: FaceSettings) -> Iterator[list[Frame]]:
    """Split frames into chunks that are longer than boxes reach: a gap, the smoothing, a detection's interval."""
    reach_s = GAP_S + 3 * settings.smooth_s + settings.detect_every / settings.fps
    size, chunk = math.ceil(reach_s * settings.fps), []
    for frame in frames:
        chunk.append(frame)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _scaled_down(frame: Frame, lines: int) -> np.ndarray:
    height, width = frame.image.shape[:2]
    if height <= lines:
        return frame.image
    size = (max(1, round(width * lines / height)), lines)
    return np.asarray(Image.fromarray(frame.image).resize(size, Image.Resampling.BILINEAR))
