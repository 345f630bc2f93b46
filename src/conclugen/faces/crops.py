"""Square crops, as pixels and as JPEG."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

CROP_LINES = 720  # taller frames are scaled down to this before faces are cut


def cut(image: np.ndarray, square: np.ndarray, size: int, quality: int) -> bytes:
    """Return `crop` as a JPEG."""
    data = io.BytesIO()
    _picture(image, square, size).save(data, "JPEG", quality=quality)
    return data.getvalue()


def crop(image: np.ndarray, square: np.ndarray, size: int) -> np.ndarray:
    """Cut a square x0 y0 x1 y1 (fractions of pixels allowed) out of RGB (H, W, 3) uint8; return (size, size, 3) uint8.

    What lies outside the image repeats its edge.
    """
    return np.asarray(_picture(image, square, size))


def _picture(image: np.ndarray, square: np.ndarray, size: int) -> Image.Image:
    height, width = image.shape[:2]
    x0, y0 = (int(v) for v in np.floor(square[:2]))
    x1, y1 = (max(low + 1, int(v)) for low, v in zip((x0, y0), np.ceil(square[2:]), strict=True))
    if min(x0, y0) >= 0 and x1 <= width and y1 <= height:
        region = image[y0:y1, x0:x1]
    else:
        columns, rows = np.clip(np.arange(x0, x1), 0, width - 1), np.clip(np.arange(y0, y1), 0, height - 1)
        region = image[rows[:, None], columns[None]]
    low, high = square[:2] - (x0, y0), np.minimum(square[2:] - (x0, y0), (x1 - x0, y1 - y0))
    picture = Image.fromarray(np.ascontiguousarray(region))
    return picture.resize((size, size), Image.Resampling.BILINEAR, box=(*low, *np.maximum(high, low + 1e-3)))


def centre_square(width: float, height: float) -> np.ndarray:
    """Return the largest square x0 y0 x1 y1 about the centre of a picture."""
    side = min(width, height)
    return np.array([width - side, height - side, width + side, height + side]) / 2
