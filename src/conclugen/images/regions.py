"""Regions of a face by its 68 landmarks (iBUG 300-W), and where these lie in a registered still without any."""

from __future__ import annotations

import math

import torch

BROWS, NOSE = slice(17, 27), slice(27, 36)
LEFT_EYE, RIGHT_EYE, MOUTH = slice(36, 42), slice(42, 48), slice(48, 68)  # left and right in the picture
EYES = slice(36, 48)
FIT = (*range(17, 35), *range(36, 61))  # what a face is fitted to another by: no jaw, which is identity
UPPER, LOWER = (*range(17, 27), *range(36, 48)), (*range(27, 35), *range(48, 61))  # the two hulls of a swapped face
DIRECTIONS = 32  # sides of the polygon around a hull


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
    some = points[:, part]
    return torch.cat([some.amin(1) - margin, some.amax(1) + margin], dim=1)


def hull(points: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Return (B, height, width) bool: the pixels whose centres lie in the convex hull of points (B, P, 2), pixels.

    A place is in a hull where in no direction it lies beyond all points; of directions so many are asked that only a
    sliver at the corners is too much.
    """
    turns = torch.arange(DIRECTIONS, device=points.device) * (2 * math.pi / DIRECTIONS)
    ways = torch.stack([turns.cos(), turns.sin()]).to(points)  # (2, K)
    reach = (points @ ways).amax(1)  # (B, K)
    across = torch.arange(width, device=points.device).to(points) + 0.5
    down = torch.arange(height, device=points.device).to(points) + 0.5
    inside = torch.ones((len(points), height, width), dtype=torch.bool, device=points.device)
    for number in range(DIRECTIONS):  # one direction at a time: all at once would need K times the memory
        place = down[:, None] * ways[1, number] + across[None] * ways[0, number]
        inside &= place[None] <= reach[:, number, None, None] + 1e-4
    return inside
