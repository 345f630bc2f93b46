"""Display matrices, and sizes that change midway."""

import itertools
import struct
from fractions import Fraction

import numpy as np
import pytest
from make_media import write_media

from conclugen.media.upright import Turn
from conclugen.media.video import Report, sample_video

ONE = 1 << 16


def read(path, fps=16.0, max_height=720):
    report = Report()
    return list(sample_video(path, fps, None, None, 60.0, max_height, report)), report


def quarters(height=96, width=128):
    """A picture whose quarters are grey by 250, 170, 90 and 10: top left, top right, bottom left, bottom right."""
    image = np.empty((height, width, 3), np.uint8)
    image[: height // 2, : width // 2], image[: height // 2, width // 2 :] = 250, 170
    image[height // 2 :, : width // 2], image[height // 2 :, width // 2 :] = 90, 10
    return image


def corners(image):
    """The greys of the quarters of a picture, in the same order."""
    height, width = image.shape[:2]
    return [
        int(np.round((image[y, x].mean() - 10) / 80)) * 80 + 10
        for y, x in itertools.product((height // 4, 3 * height // 4), (width // 4, 3 * width // 4))
    ]


def with_matrix(path, numbers):
    """Give an mp4 another display matrix: nine numbers of its video track's header."""
    data = bytearray(path.read_bytes())
    at = data.find(b"tkhd")
    start = at + 4 + (36 if data[at + 4] else 24) + 16
    data[start : start + 36] = struct.pack(">9i", *numbers)
    path.write_bytes(data)
    return path


MATRICES = {  # a, b, c, d of x' = ax + cy, y' = bx + dy, and the quarters as they are to be seen
    "as it is": ((1, 0, 0, 1), [250, 170, 90, 10]),
    "mirrored left to right": ((-1, 0, 0, 1), [170, 250, 10, 90]),
    "upside down, mirrored": ((1, 0, 0, -1), [90, 10, 250, 170]),
    "turned by 180": ((-1, 0, 0, -1), [10, 90, 170, 250]),
    "turned by 90 clockwise": ((0, 1, -1, 0), [90, 250, 10, 170]),
    "turned by 90 the other way": ((0, -1, 1, 0), [170, 10, 250, 90]),
    "turned and mirrored": ((0, 1, 1, 0), [250, 90, 170, 10]),
    "turned the other way and mirrored": ((0, -1, -1, 0), [10, 170, 90, 250]),
}


@pytest.fixture(scope="module")
def still(tmp_path_factory):
    return write_media(tmp_path_factory.mktemp("still") / "a.mp4", [quarters()] * 5)


@pytest.mark.parametrize("name", MATRICES)
@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_the_display_matrix_lays_the_picture(tmp_path, still, name, scale):
    (a, b, c, d), expected = MATRICES[name]
    numbers = (
        [round(v * ONE * scale) for v in (a, b)] + [0] + [round(v * ONE * scale) for v in (c, d)] + [0, 0, 0, 1 << 30]
    )
    (tmp_path / "b.mp4").write_bytes(still.read_bytes())
    frames, report = read(with_matrix(tmp_path / "b.mp4", numbers))
    shape = (128, 96, 3) if a == 0 else (96, 128, 3)
    assert frames[0].image.shape == shape
    assert (report.height, report.width) == shape[:2]
    assert corners(frames[0].image) == expected


@pytest.mark.parametrize("angle", [-44, -20, 20, 44])
def test_a_matrix_is_taken_for_the_nearest_quarter_turn(angle):
    cos, sin = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    for (a, b, c, d), _ in MATRICES.values():
        leaning = np.array([[a, b], [c, d]]) @ np.array([[cos, sin], [-sin, cos]])
        assert Turn.of(np.pad(leaning, (0, 1))) == Turn.of(np.pad(np.array([[a, b], [c, d]]), (0, 1)))


@pytest.mark.parametrize("numbers", [np.zeros((3, 3)), np.ones((3, 3)), np.full((3, 3), np.nan)])
def test_a_matrix_that_is_none_turns_nothing(numbers):
    assert Turn.of(numbers) == Turn()


def joined(folder, sizes, aspects=(None, None)):
    """A bare stream of 12 frames of each (height, width)."""
    parts = [
        write_media(folder / f"{i}.h264", [quarters(*size)] * 12, aspect=aspect)
        for i, (size, aspect) in enumerate(zip(sizes, aspects, strict=True))
    ]
    (folder / "both.h264").write_bytes(b"".join(part.read_bytes() for part in parts))
    return folder / "both.h264"


@pytest.mark.parametrize("later", [(192, 256), (48, 64), (144, 192)])
def test_another_size_of_the_same_shape_keeps_places(tmp_path, later):
    frames, report = read(joined(tmp_path, [(96, 128), later]), fps=1000.0)
    assert (report.height, report.width) == (96, 128)
    assert [frame.image.shape[:2] for frame in frames] == [(96, 128)] * 12 + [later] * 12
    assert [frame.scale for frame in frames] == [1.0] * 12 + [later[0] / 96] * 12
    assert all(corners(frame.image) == [250, 170, 90, 10] for frame in frames)


@pytest.mark.parametrize(
    ("later", "shape", "held"),
    [
        ((96, 96), (96, 128), (96, 96)),
        ((64, 128), (96, 128), (64, 128)),
        ((128, 96), (128, 171), (128, 96)),  # a telephone that is turned
        ((720, 480), (720, 960), (720, 480)),
    ],
)
def test_another_shape_is_laid_into_the_first_with_bars(tmp_path, later, shape, held):
    frames, report = read(joined(tmp_path, [(96, 128), later]), fps=1000.0)
    assert (report.height, report.width) == (96, 128)
    image, scale = frames[-1].image, frames[-1].scale
    assert image.shape[:2] == shape
    assert scale == pytest.approx(shape[0] / 96, rel=0.01)
    top, left = (shape[0] - held[0]) // 2, (shape[1] - held[1]) // 2
    assert corners(image[top : top + held[0], left : left + held[1]]) == [250, 170, 90, 10]
    assert image.sum() == image[top : top + held[0], left : left + held[1]].sum()


def test_a_small_beginning_does_not_make_the_rest_small(tmp_path):
    frames, _ = read(joined(tmp_path, [(48, 64), (480, 640)]), fps=1000.0, max_height=240)
    assert frames[0].image.shape == (48, 64, 3)
    assert frames[-1].image.shape == (240, 320, 3)
    assert frames[-1].scale == 5.0
    frames, _ = read(joined(tmp_path, [(480, 640), (48, 64)]), fps=1000.0, max_height=240)
    assert [frames[0].scale, frames[-1].scale] == [0.5, 0.1]


def test_pixels_that_change_their_shape_midway_are_square(tmp_path):
    frames, report = read(joined(tmp_path, [(96, 128), (96, 64)], (Fraction(1, 1), Fraction(2, 1))), fps=1000.0)
    assert (report.height, report.width) == (96, 128)
    assert {frame.image.shape for frame in frames} == {(96, 128, 3)}
    assert {frame.scale for frame in frames} == {1.0}
