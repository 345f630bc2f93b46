"""The number of a face in its film, from clip to clip."""

from pathlib import Path

import numpy as np

from conclugen.applied.clips import Clip
from conclugen.applied.faces_seen import Seen
from conclugen.applied.numbering import Numbering

A, B = Clip(Path("a.mp4")), Clip(Path("b.mp4"))


def at(x, start_s, end_s=None):
    """A face of 50 pixels whose left edge is at x, for a second or as long as told."""
    time_s = np.arange(start_s, start_s + 1.0 if end_s is None else end_s, 0.25)
    return Seen(time_s, np.tile([x, 0.0, x + 50, 50], (len(time_s), 1)), 0.25)


def test_a_face_keeps_its_number_from_window_to_window():
    numbering = Numbering()
    assert numbering.numbers([A, A], [0, 0, 1, 1], [at(0, 0), at(200, 0), at(210, 1), at(5, 1)]) == [1, 2, 2, 1]
    assert numbering.numbers([A], [0, 0], [at(100, 2), at(200, 2)]) == [3, 2]  # the next batch of the same film
    assert numbering.numbers([B], [0], [at(200, 0)]) == [1]  # each film counts its own


def test_windows_that_overlap_are_compared_where_both_looked():
    numbering = Numbering()
    moving = Seen(np.arange(0, 2, 0.25), np.stack([[x, 0, x + 50, 50] for x in range(0, 320, 40)]).astype(float), 0.25)
    later = Seen(moving.time_s[4:], moving.box[4:], 0.25)  # its first box is far from the last one before
    assert numbering.numbers([A, A], [0, 1, 1], [moving, at(40, 1), later]) == [1, 2, 1]


def test_a_face_that_was_gone_too_long_or_is_elsewhere_is_new():
    numbering = Numbering()
    assert numbering.numbers([A, A, A], [0, 1, 2], [at(0, 0), at(0, 2.5), at(0, 6)]) == [1, 1, 2]
    assert numbering.numbers([A], [0], [at(300, 7)]) == [3]


def test_two_faces_of_a_clip_never_share_a_number_and_a_row_without_has_none():
    found = Numbering().numbers([A, A], [0, 1, 1, 1], [at(0, 0), at(0, 1), at(4, 1), Seen.nowhere()])
    assert found == [1, 1, 2, None]
