"""Frames as they are meant to be seen: turned and mirrored by their display matrix, of square pixels, in one geometry.

A video may change its size midway, as browsers record calls. Its later frames are laid into the shape of the first,
with bars where they are narrower or flatter, so that a place is the same place throughout.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import av.error
import numpy as np
from av.sidedata.sidedata import Type
from av.video.reformatter import Interpolation, VideoReformatter

from conclugen.media.errors import MediaError
from conclugen.store.ledger import Status

WIDEST = 4  # frames are kept this much wider than `max_height` at most, whatever a damaged header claims
ASPECTS = (0.25, 4.0)  # of a pixel, that are believed


@dataclasses.dataclass(frozen=True)
class Turn:
    """One of the eight ways to lay a picture: rows and columns change places first, then are mirrored."""

    swap: bool = False
    mirror_x: bool = False
    mirror_y: bool = False

    @classmethod
    def of(cls, matrix: np.ndarray) -> Turn:
        """Return the way that is nearest to a display matrix (3, 3).

        The matrix takes a point (x, y, 1), a row, to where it is shown (ISO/IEC 14496-12, 6.2.2). One that is flat or
        not finite says nothing.
        """
        (a, b), (c, d) = np.asarray(matrix, np.float64)[:2, :2]
        if not abs(a * d - b * c) > 0:
            return cls()
        if abs(a) + abs(d) >= abs(b) + abs(c):
            return cls(False, bool(a < 0), bool(d < 0))
        return cls(True, bool(c < 0), bool(b < 0))

    def apply(self, image: np.ndarray) -> np.ndarray:
        """Return an image (H, W, C) laid so."""
        image = image.transpose(1, 0, 2) if self.swap else image
        image = image[:, ::-1] if self.mirror_x else image
        return np.ascontiguousarray(image[::-1] if self.mirror_y else image)


def turn_of(frame: Any) -> Turn:
    """Return how a frame is to be laid; a frame without a display matrix as it is."""
    matrix = frame.side_data.get(Type.DISPLAYMATRIX)
    if matrix is None:
        return Turn()
    numbers = np.frombuffer(bytes(matrix), "=i4")
    return Turn.of(numbers[:9].reshape(3, 3)) if len(numbers) >= 9 else Turn()


class Canvas:
    """Lays the frames of one stream upright.

    Attributes:
        width, height: of the first frame, upright, in square pixels; 0 before it.

    Args:
        stream: the video stream.
        max_height: taller frames are scaled down to this height, those wider than `WIDEST` times it to that width.
    """

    def __init__(self, stream: Any, max_height: int) -> None:
        self._stream, self._max_height = stream, max_height
        self._first = (0, 0)
        # kept from frame to frame: setting one up, with its threads, takes longer than a small frame
        self._converter = VideoReformatter()
        self.width = self.height = 0

    def lay(self, frame: Any) -> tuple[np.ndarray, float]:
        """Return a frame as RGB (H, W, 3) uint8, and H over the height of the canvas.

        Raises MediaError CORRUPT where it cannot be converted.
        """
        turn, width, height = turn_of(frame), frame.width, frame.height
        if not self.height:
            self._first = (width, height)
        width = max(1, round(width * self._aspect(frame)))
        upright = (height, width) if turn.swap else (width, height)
        if not self.height:
            self.width, self.height = upright
        larger = max(upright[0] / self.width, upright[1] / self.height)  # than the first frame
        most = self._max_height
        scale = min(1.0, most / (self.height * larger), WIDEST * most / (self.width * larger))
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        try:
            image = self._rgb(frame, *size)
        except (av.error.FFmpegError, ValueError) as error:
            raise MediaError(Status.CORRUPT, f"a frame cannot be converted: {error}") from error
        image = image if turn == Turn() else turn.apply(image)
        whole = [max(1, round(side * larger * scale)) for side in (self.height, self.width)]
        return _padded(image, *whole), scale * larger

    def _aspect(self, frame: Any) -> float:
        """Width of a pixel over its height: the container's word for frames of the first size, else the codec's."""
        said = self._stream.sample_aspect_ratio
        if (frame.width, frame.height) != self._first:
            said = self._stream.codec_context.sample_aspect_ratio or said
        aspect = float(said or 1)
        return aspect if ASPECTS[0] <= aspect <= ASPECTS[1] else 1.0

    def _rgb(self, frame: Any, width: int, height: int) -> np.ndarray:
        """Convert and scale a frame in one pass; return its pixels (height, width, 3) where the converter put them."""
        converted = self._converter.reformat(frame, width, height, "rgb24", interpolation=Interpolation.AREA, threads=1)
        return converted.to_ndarray()


def _padded(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return an image (h, w, 3) in the middle of a black one (height, width, 3)."""
    height, width = max(height, image.shape[0]), max(width, image.shape[1])
    if image.shape[:2] == (height, width):
        return image
    whole = np.zeros((height, width, 3), np.uint8)
    top, left = (height - image.shape[0]) // 2, (width - image.shape[1]) // 2
    whole[top : top + image.shape[0], left : left + image.shape[1]] = image
    return whole
