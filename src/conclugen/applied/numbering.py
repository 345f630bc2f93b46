"""Which number a face has in its film, where clip after clip is looked at on its own."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from conclugen.applied.clips import Clip
from conclugen.applied.faces_seen import Seen
from conclugen.faces.boxes import overlap
from conclugen.faces.tracks import LINK_S, SAME_FACE


class Numbering:
    """Numbers the faces of each film from 1, in the order in which they are met.

    A face goes on as one of the clips before where the tracker would have joined the two: their boxes overlap at the
    times that both saw or, of clips side by side, at the ends that are at most `LINK_S` apart. It is place alone that
    tells, no identity is recognised.
    """

    def __init__(self) -> None:
        self._known: dict[object, list[Seen]] = {}  # by file, the last sight of each number

    def numbers(self, clips: Sequence[Clip], items: Sequence[int], seen: Sequence[Seen]) -> list[int | None]:
        """Return the number of each of N faces, None for a row without one.

        Args:
            clips: in the order in which their faces are to be numbered.
            items: (N,) whose face it is, as a place in `clips`, increasing.
            seen: (N,) where it was.
        """
        face_numbers: list[int | None] = [None] * len(seen)
        for place, rows in itertools.groupby(range(len(seen)), items.__getitem__):
            with_face = [row for row in rows if len(seen[row].time_s)]
            numbers = self._clip(clips[place], [seen[row] for row in with_face])
            for row, number in zip(with_face, numbers, strict=True):
                face_numbers[row] = number
        return face_numbers

    def _clip(self, clip: Clip, faces: Sequence[Seen]) -> list[int]:
        """Return the numbers of the faces of one clip: of those that are known, the nearest first, or new ones."""
        known = self._known.setdefault(clip.file, [])
        shared = np.array([[_shared(known_face, face) for known_face in known] for face in faces]).reshape(
            len(faces), len(known)
        )
        places: dict[int, int] = {}
        while shared.size and shared.max() >= SAME_FACE:
            row, place = np.unravel_index(shared.argmax(), shared.shape)
            places[int(row)] = int(place)
            shared[row], shared[:, place] = 0, 0
        for row, face in enumerate(faces):
            if row in places:
                known[places[row]] = face
            else:
                places[row] = len(known)
                known.append(face)
        return [places[row] + 1 for row in range(len(faces))]


def _shared(sight: Seen, other: Seen) -> float:
    """How far, 0 to 1, the boxes of two sights of one film overlap: at shared times, else where they are nearest."""
    first, last = (sight, other) if sight.time_s[0] <= other.time_s[0] else (other, sight)
    gap = last.time_s[0] - first.time_s[-1]
    if gap > LINK_S:
        return 0.0
    if gap >= 0:
        return float(overlap(first.box[-1:], last.box[:1])[0, 0])
    pairs = [(box, other.at(time_s)) for time_s, box in zip(sight.time_s, sight.box, strict=True)]
    both = [overlap(a[None], b[None])[0, 0] for a, b in pairs if b is not None]
    return float(np.mean(both)) if both else 0.0
