"""Regions of a face by its 68 landmarks (iBUG 300-W), and where these lie in a registered still without any."""

from __future__ import annotations

import functools
import math

import torch

BROWS, NOSE = slice(17, 27), slice(27, 36)
LEFT_EYE, RIGHT_EYE, MOUTH = slice(36, 42), slice(42, 48), slice(48, 68)  # left and right in the picture
EYES = slice(36, 48)
FIT = (*range(17, 35), *range(36, 61))  # what a face is fitted to another by: no jaw, which is identity
UPPER, LOWER = (*range(17, 27), *range(36, 48)), (*range(27, 35), *range(48, 61))  # the two hulls of a swapped face
DIRECTIONS = 32  # sides of the polygon around a hull, a multiple of 4


@functools.cache
def registered() -> torch.Tensor:
    """Return (68, 2): where landmarks lie in a still that was cut by a face detector, as shares of its side, x and y.

    Eyes, nose and mouth stand where the mean of FER2013's training images has them, the rest in proportion.
    """
    jaw = [(0.5 - 0.42 * math.cos(t), 0.42 + 0.53 * math.sin(t)) for t in _steps(0.0, math.pi, 17)]
    brows = [(x + 0.11 * t, 0.29 - 0.03 * (1 - t * t)) for x in (0.31, 0.69) for t in _steps(-1.0, 1.0, 5)]
    nose = [(0.5, y) for y in _steps(0.38, 0.57, 4)] + [(0.5 + 0.07 * t, 0.62) for t in _steps(-1.0, 1.0, 5)]
    eyes = [point for x in (0.31, 0.69) for point in _ring(x, 0.375, 0.075, 0.03, 6)]
    mouth = [*_ring(0.5, 0.79, 0.16, 0.065, 12), *_ring(0.5, 0.79, 0.12, 0.02, 8)]
    return torch.tensor([*jaw, *brows, *nose, *eyes, *mouth])


def _steps(first: float, last: float, count: int) -> list[float]:
    return [first + (last - first) * n / (count - 1) for n in range(count)]


def _ring(x: float, y: float, width: float, height: float, count: int) -> list[tuple[float, float]]:
    """Points of an ellipse from its left corner on, over the top."""
    turns = [math.pi + 2 * math.pi * n / count for n in range(count)]
    return [(x + width * math.cos(t), y + height * math.sin(t)) for t in turns]


def boxes(points: torch.Tensor, part: slice, margin: float) -> torch.Tensor:
    """Return (B, 4): left, top, right, bottom of a part of landmarks (B, 68, 2), grown by `margin` on each side."""
    landmarks = points[:, part]
    return torch.cat([landmarks.amin(1) - margin, landmarks.amax(1) + margin], dim=1)


def hull(points: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Return (B, height, width) bool: the pixels whose centres lie in the convex hull of points (B, P, 2), pixels.

    A place is in a hull where in no direction it lies beyond all points; of directions so many are asked that only a
    sliver at the corners is too much.
    """
    turns = (torch.arange(DIRECTIONS, device=points.device) / DIRECTIONS - 0.25) * (2 * math.pi)
    ways = torch.stack([turns.cos(), turns.sin()]).to(points)  # (2, K): up, half to the right, down, half to the left
    down = torch.arange(height, device=points.device).to(points) + 0.5
    # Within a row of pixels each direction bounds x from one side, so its ends are found, not each pixel asked.
    rest = ((points @ ways).amax(1) + 1e-4)[:, :, None] - ways[1, :, None] * down  # (B, K, height): x cos <= rest
    ends, half = rest / ways[0, :, None], DIRECTIONS // 2
    within = (rest[:, 0] >= 0) & (rest[:, half] >= 0)
    right = ends[:, 1:half].amin(1).where(within, -torch.inf)
    begin = (ends[:, half + 1 :].amax(1) - 0.5).ceil().clamp(0, width).long()  # the first pixel within
    stop = torch.maximum(((right - 0.5).floor() + 1).clamp(0, width).long(), begin)
    from_on = torch.ones((width + 1, width), dtype=torch.bool, device=points.device).triu()  # row n: pixels from n on
    return from_on[begin] ^ from_on[stop]
