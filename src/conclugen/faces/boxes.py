"""Faces and their boxes: x0, y0, x1, y1 in pixels, pixel (0, 0) covering 0..1."""

from __future__ import annotations

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Faces:
    """Faces of one frame, most probable first: box (n, 4) x0 y0 x1 y1, landmarks (n, 5, 2), probability (n,)."""

    box: np.ndarray
    landmarks: np.ndarray
    probability: np.ndarray

    def __len__(self) -> int:
        return len(self.probability)


def overlap(a: np.ndarray, b: np.ndarray, by_smaller: bool = False) -> np.ndarray:
    """Return the overlap (n, m) of boxes a (n, 4) and b (m, 4), 0 to 1.

    It is intersection over union or, `by_smaller`, over the smaller area.
    """
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=2)
    area_a, area_b = area(a)[:, None], area(b)[None]
    whole = np.minimum(area_a, area_b) if by_smaller else area_a + area_b - shared
    return shared / np.maximum(whole, 1e-9)


def area(box: np.ndarray) -> np.ndarray:
    """Return the areas (n,) of boxes (n, 4)."""
    return np.prod(np.maximum(box[:, 2:] - box[:, :2], 0), axis=1)


def squares(box: np.ndarray, margin: float) -> np.ndarray:
    """Return the squares (n, 4) about the centres of boxes (n, 4), of their longer side times 1 + `margin`."""
    centre, side = (box[:, :2] + box[:, 2:]) / 2, (box[:, 2:] - box[:, :2]).max(1, keepdims=True) * (1 + margin)
    return np.concatenate([centre - side / 2, centre + side / 2], 1)
