"""FaceSwap: the inner face of an image on another person's head; and CutMix, its plain rival.

The donor gives head and identity, the image its expression. A similarity fitted on brows, eyes, nose and mouth
carries the inner face to the donor's place, and colours are drawn to the donor's skin. All of a batch at once, on its
device.
"""

from __future__ import annotations

import functools

import torch
from torch.nn import functional

from conclugen.images import regions

BLUR = 0.6  # of the distance between the eyes: the width of the kernel that colours are compared over
DARK = 1 / 255  # below, a blurred brightness is no divisor
EYES = (regions.LEFT_EYE, regions.RIGHT_EYE)


def similarity(source: torch.Tensor, target: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the rotation with scale and the shift, complex (B,) each, that carry points to others with least squares.

    Points are (B, P, 2). As numbers x + iy, target ≈ a · source + b has a = Σ conj(s) t / Σ |s|² about the means.
    """
    s, t = (torch.view_as_complex(points.float().contiguous()) for points in (source, target))
    s_mean, t_mean = s.mean(1, keepdim=True), t.mean(1, keepdim=True)
    a = ((s - s_mean).conj() * (t - t_mean)).sum(1) / (s - s_mean).abs().square().sum(1).clamp_min(1e-6)
    return a, t_mean[:, 0] - a * s_mean[:, 0]


def carry(values: torch.Tensor, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Return pictures (B, C, H, W) as the similarity z → a z + b, in pixels, moves them; outside is black."""
    height, width = values.shape[-2:]
    across, down = (torch.arange(size, device=values.device) + 0.5 for size in (width, height))
    back = (1 / a)[:, None]  # the origin of a place z is (z - b) / a, of which x and y tell a part each
    of_x, of_y = back * across, back * (1j * down - b[:, None])
    grid = of_x.real.new_empty((len(values), height, width, 2))
    for axis, size, part in ((0, width, torch.real), (1, height, torch.imag)):  # as `grid_sample` counts, -1 to 1
        columns, rows = 2 / size * part(of_x), 2 / size * part(of_y) - 1
        torch.add(columns[:, None], rows[:, :, None], out=grid[..., axis])
    return functional.grid_sample(values, grid.to(values.dtype), padding_mode="zeros", align_corners=False)


def inner_face(points: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Return (B, height, width) bool: the hull of eyes and brows and that of nose and mouth."""
    upper, lower = (points[:, list(part)] for part in (regions.UPPER, regions.LOWER))
    return regions.hull(upper, height, width) | regions.hull(lower, height, width)


def blurred(images: torch.Tensor, width: int) -> torch.Tensor:
    """Return images (B, C, H, W) under a Gaussian of an odd kernel `width`, whose deviation is as OpenCV takes it."""
    for axis in (-1, -2):  # as products of matrices: many times as fast on a CPU as convolutions of so few channels
        mixed = _blur(images.shape[axis], width).to(images)
        images = images @ mixed.T if axis == -1 else mixed @ images
    return images


@functools.cache
def _blur(size: int, width: int) -> torch.Tensor:
    """The matrix (size, size) that blurs a line of pixels; those at its ends stand for what lies beyond."""
    deviation = 0.3 * ((width - 1) * 0.5 - 1) + 0.8
    steps = torch.arange(width) - width // 2
    kernel = torch.exp(-steps.square() / (2 * deviation**2))
    places = torch.arange(size)[:, None]
    seen = (places + steps).clamp(0, size - 1)
    return torch.zeros(size, size).index_put((places, seen), kernel / kernel.sum(), accumulate=True)


def face_swap(
    images: torch.Tensor, donors: torch.Tensor, points: torch.Tensor, donor_points: torch.Tensor
) -> torch.Tensor:
    """Return `donors` with the inner faces of `images`, (B, C, H, W) each, in [0, 1].

    `points` and `donor_points` are (B, 68, 2), pixels. The region is the union of the donor's own and the carried one,
    with a hard edge.
    """
    height, width = images.shape[-2:]
    fit = list(regions.FIT)
    a, b = similarity(points[:, fit], donor_points[:, fit])
    carried = carry(torch.cat([images, torch.ones_like(images[:, :1])], 1), a, b)
    moved, covered = carried[:, :-1], carried[:, -1] > 0.5
    source = torch.view_as_complex(points.float().contiguous()) * a[:, None] + b[:, None]
    both = torch.cat([torch.view_as_real(source), donor_points])
    face, donor_face = inner_face(both, height, width).chunk(2)
    between = (donor_points[:, EYES[0]].mean(1) - donor_points[:, EYES[1]].mean(1)).norm(dim=1).median()
    kernel = min(int(BLUR * float(between)) // 2 * 2 + 1, min(height, width) // 2 * 2 - 1)
    if kernel > 1:
        under, blurred_donors = blurred(moved, kernel), blurred(donors, kernel)
        moved = (moved * blurred_donors / (under + 0.5 * (under <= DARK))).clamp_(0, 1)
    mask = ((face | donor_face) & covered)[:, None]
    return torch.lerp(donors, moved, mask.to(donors))  # weights of 0 and 1 take either as it is, faster than `where`


def cut_mix(images: torch.Tensor, donors: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    """Return `donors` with the rectangle around the inner faces of `images` pasted where it was, (B, C, H, W) each."""
    height, width = images.shape[-2:]
    inner = torch.cat([points[:, list(part)] for part in (regions.UPPER, regions.LOWER)], 1)
    left, top, right, bottom = regions.boxes(inner, slice(None), 0.0).unbind(1)
    across, down = (torch.arange(size, device=images.device) + 0.5 for size in (width, height))
    columns = (across[None] >= left[:, None]) & (across[None] <= right[:, None])
    rows = (down[None] >= top[:, None]) & (down[None] <= bottom[:, None])
    return torch.where((rows[:, :, None] & columns[:, None])[:, None], images, donors)
