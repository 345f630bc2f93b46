"""Faces followed through an utterance, and the choice of the one that matters."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from conclugen.faces.boxes import Faces, area, overlap

SAME_FACE = 0.3  # overlap with a track's last box that continues it
LINK_S = 2.0  # a track may be lost for this long
SAME_TIME_S = 1e-6
GAP_S = 1.0  # boxes are interpolated over gaps up to this
SPEAKING = 0.5  # share of a track's weight that rests on its mouth moving, where several compete
RIVAL = 0.3  # a track is a rival from this share of the heaviest one's weight
MOUTH = (12, 20)  # height and width of the sampled mouth, in samples


@dataclasses.dataclass(eq=False)
class Track:
    """One face: a row per frame in which it was detected.

    time_s (n,), box (n, 4), landmarks (n, 5, 2), probability (n,) as lists; `mouth` the last grey sample of the mouth
    and `motion` the changes between samples.
    """

    time_s: list[float] = dataclasses.field(default_factory=list)
    box: list[np.ndarray] = dataclasses.field(default_factory=list)
    landmarks: list[np.ndarray] = dataclasses.field(default_factory=list)
    probability: list[float] = dataclasses.field(default_factory=list)
    mouth: np.ndarray | None = None
    motion: list[float] = dataclasses.field(default_factory=list)

    def weight(self) -> float:
        """Sum over detections of area and probability: large, sure and long-lasting faces weigh most."""
        return float(np.dot(area(np.asarray(self.box)), self.probability))

    def add(self, time_s: float, box: np.ndarray, landmarks: np.ndarray, probability: float, mouth: np.ndarray) -> None:
        """Append a detection."""
        if self.mouth is not None:
            self.motion.append(float(np.abs(mouth - self.mouth).mean()))
        self.mouth = mouth
        self.time_s.append(time_s)
        self.box.append(box)
        self.landmarks.append(landmarks)
        self.probability.append(probability)


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a track's face is, in m of the T frames asked for.

    rows (m,), box (m, 4), landmarks (m, 5, 2), probability (m,), detected (m,) bool.
    """

    rows: np.ndarray
    box: np.ndarray
    landmarks: np.ndarray
    probability: np.ndarray
    detected: np.ndarray


class Tracker:
    """Joins the detections of successive frames into tracks by the overlap of their boxes."""

    def __init__(self) -> None:
        self.tracks: list[Track] = []

    def update(self, time_s: float, faces: Faces, image: np.ndarray, scale: float) -> None:
        """Add the faces found in one frame.

        Args:
            time_s: its time.
            faces: boxes and landmarks in pixels of `image`.
            image: what was searched, (H, W, 3) uint8.
            scale: size of `image` over that of the video; tracks are in pixels of the video.
        """
        box, landmarks = faces.box / scale, faces.landmarks / scale
        alive = [track for track in self.tracks if time_s - track.time_s[-1] <= LINK_S]
        chosen: list[Track | None] = [None] * len(box)
        if alive and len(box):
            shared = overlap(np.asarray([track.box[-1] for track in alive]), box)
            while shared.max() >= SAME_FACE:
                row, column = np.unravel_index(shared.argmax(), shared.shape)
                chosen[column] = alive[row]
                shared[row], shared[:, column] = 0, 0
        for i, track in enumerate(chosen):
            if track is None:
                track = Track()
                self.tracks.append(track)
            mouth = mouth_sample(image, faces.landmarks[i])
            track.add(time_s, box[i], landmarks[i], float(faces.probability[i]), mouth)


def believable(tracks: Sequence[Track], looks: int) -> list[Track]:
    """Return the tracks seen more than once; where there were fewer than three looks, all."""
    return [track for track in tracks if looks < 3 or len(track.time_s) > 1]


def choose(tracks: Sequence[Track]) -> Track | None:
    """Return the track of the utterance's speaker; None if there is no track.

    It is the heaviest one; where others come near it, half of the weight rests on how much the mouth moves.
    """
    if not tracks:
        return None
    heaviest = max(track.weight() for track in tracks)
    rivals = [track for track in tracks if track.weight() >= RIVAL * heaviest]
    motions = [float(np.mean(track.motion)) if track.motion else 0.0 for track in rivals]
    most = max(*motions, 1e-9)
    scores = [t.weight() * (1 - SPEAKING + SPEAKING * m / most) for t, m in zip(rivals, motions, strict=True)]
    return rivals[int(np.argmax(scores))]


def place(track: Track, times: np.ndarray, smooth_s: float, last_look_s: float) -> Place:
    """Return where a track's face is at `times` (T,), increasing seconds.

    Boxes are steadied by a Gaussian over the detections, interpolated over gaps up to `GAP_S`, and carried from the
    last look at `last_look_s` to the end. Elsewhere the face is not: a look beside it has failed.
    """
    keys = np.asarray(track.time_s)
    after = np.searchsorted(keys, times)
    left, right = np.maximum(after - 1, 0), np.minimum(after, len(keys) - 1)
    detected = np.minimum(np.abs(times - keys[left]), np.abs(keys[right] - times)) < SAME_TIME_S
    bridged = (keys[left] <= times) & (times <= keys[right]) & (keys[right] - keys[left] <= GAP_S)
    carried = (times > keys[-1]) & (keys[-1] >= last_look_s - SAME_TIME_S)
    rows = np.flatnonzero(detected | bridged | carried)
    wanted, detected = times[rows], detected[rows]
    box = _interpolate(wanted, keys, _smooth(np.asarray(track.box), keys, smooth_s))
    landmarks = _interpolate(wanted, keys, np.asarray(track.landmarks).reshape(len(keys), -1)).reshape(-1, 5, 2)
    probability = np.interp(wanted, keys, track.probability)
    return Place(rows, box, landmarks, probability, detected)


def mouth_sample(image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """Return grey samples `MOUTH` of the mouth, turned and scaled by its corners, with mean 0 and deviation 1."""
    left, right = landmarks[3], landmarks[4]
    along = (right - left) * 1.6
    down = np.array([-along[1], along[0]]) * (MOUTH[0] / MOUTH[1])
    v, u = np.meshgrid(np.linspace(-0.5, 0.5, MOUTH[0]), np.linspace(-0.5, 0.5, MOUTH[1]), indexing="ij")
    spots = (left + right) / 2 + u[..., None] * along + v[..., None] * down
    x = np.clip(spots[..., 0].astype(int), 0, image.shape[1] - 1)
    y = np.clip(spots[..., 1].astype(int), 0, image.shape[0] - 1)
    grey = image[y, x].astype(np.float32).mean(axis=2)
    return (grey - grey.mean()) / (grey.std() + 4.0)


def _smooth(values: np.ndarray, keys: np.ndarray, deviation_s: float) -> np.ndarray:
    """Average values (n, d) over time with a Gaussian of `deviation_s`, cut off at three deviations."""
    if deviation_s <= 0:
        return values
    apart = (keys[:, None] - keys[None]) / deviation_s
    weights = np.where(np.abs(apart) <= 3, np.exp(-0.5 * apart**2), 0.0)
    return weights @ values / weights.sum(axis=1, keepdims=True)


def _interpolate(times: np.ndarray, keys: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Interpolate values (n, d) at `keys` linearly at `times` (m,); constant beyond the ends."""
    return np.stack([np.interp(times, keys, column) for column in values.T], axis=1)
