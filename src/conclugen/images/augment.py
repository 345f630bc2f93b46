"""Random changes of pictures, a whole batch at once and on its device; each picture draws its own.

torchvision's v2 draws one set of parameters for a batch of tensors, and a loop over pictures leaves a GPU waiting. So
its changes are done here with parameters (B,): crop with scale and mirror as one resampling, colour, blur, grey, and
SSL-FER's mask over an eye or the mouth. Draws come from a generator on the CPU: the same on every device.
"""

from __future__ import annotations

import math

import torch
from torch.nn import functional

from conclugen.images import regions
from conclugen.images.settings import Changes

KEPT_RED, KEPT_GREEN, KEPT_BLUE = 0.299, 0.587, 0.114
BLUR_DEVIATION = (0.1, 2.0)
MASK_MARGIN = 10 / 224  # of the side: the authors' 10 pixels of 224
PARTS = (regions.MOUTH, regions.LEFT_EYE, regions.RIGHT_EYE)


def augment(
    images: torch.Tensor, points: torch.Tensor, changes: Changes, size: int, generator: torch.Generator
) -> torch.Tensor:
    """Return changed pictures (B, C, size, size) of pictures (B, C, H, W), both in [0, 1].

    `points` (B, 68, 2), pixels, is where landmarks lie.
    """
    images = masked(images, points, _chosen(len(images), changes.mask, generator), generator)
    images = cropped(images, changes.crop, changes.mirror, size, generator)
    images = recoloured(images, changes, generator)
    images = softened(images, _chosen(len(images), changes.blur, generator), generator)
    if images.shape[1] == 1:
        return images
    return _where(_chosen(len(images), changes.grey, generator), grey(images).expand_as(images), images)


def masked(
    images: torch.Tensor, points: torch.Tensor, chosen: torch.Tensor, generator: torch.Generator
) -> torch.Tensor:
    """Return pictures in which, of the chosen ones (B,), mouth or one eye is an ellipse of the mean colour."""
    part, rows = torch.randint(len(PARTS), (len(images),), generator=generator), torch.nonzero(chosen)[:, 0]
    if not len(rows):
        return images
    part, rows = part[rows].to(points.device), rows.to(images.device)
    pictures, points = images[rows], points[rows]
    every = torch.stack([regions.boxes(points, region, MASK_MARGIN * images.shape[-1]) for region in PARTS])
    box = every[part, torch.arange(len(rows), device=points.device)]
    middle, half = (box[:, :2] + box[:, 2:]) / 2, ((box[:, 2:] - box[:, :2]) / 2).clamp_min(1e-3)
    across, down = (torch.arange(images.shape[d], device=images.device) + 0.5 for d in (-1, -2))
    x = ((across[None] - middle[:, :1]) / half[:, :1]).square()
    y = ((down[None] - middle[:, 1:]) / half[:, 1:]).square()
    covered = (y[:, :, None] + x[:, None] <= 1)[:, None]
    return images.index_copy(0, rows, torch.where(covered, pictures.mean((2, 3), keepdim=True), pictures))


def cropped(
    images: torch.Tensor, share: tuple[float, float], mirror: float, size: int, generator: torch.Generator
) -> torch.Tensor:
    """Return (B, C, size, size): a random square of each picture, mirrored at random."""
    count, (least, most) = len(images), share
    area = least + (most - least) * torch.rand(count, generator=generator)
    side = area.sqrt()
    shift = (2 * torch.rand((count, 2), generator=generator) - 1) * (1 - side)[:, None]
    flip = torch.where(torch.rand(count, generator=generator) < mirror, -1.0, 1.0)
    steps = (2 * torch.arange(size) + 1) / size - 1  # the middles of pixels, as `grid_sample` counts
    x, y = (side * flip)[:, None] * steps + shift[:, :1], side[:, None] * steps + shift[:, 1:]
    grid = images.new_empty((count, size, size, 2))
    grid[..., 0], grid[..., 1] = x.to(images)[:, None], y.to(images)[:, :, None]
    return functional.grid_sample(images, grid, padding_mode="border", align_corners=False)


def recoloured(images: torch.Tensor, changes: Changes, generator: torch.Generator) -> torch.Tensor:
    """Return pictures in [0, 1], some with another brightness, contrast and, of colours, saturation and hue."""
    count, most = len(images), (changes.brightness, changes.contrast, changes.saturation)
    factors = [1 + strength * (2 * torch.rand(count, generator=generator) - 1) for strength in most]
    angle = 2 * math.pi * changes.hue * (2 * torch.rand(count, generator=generator) - 1)
    chosen = _chosen(count, changes.colour, generator)  # the others have factors of 1, which cost no pass of their own
    bright, contrast, saturation = (
        torch.where(chosen, factor, 1.0).to(images)[:, None, None, None] for factor in factors
    )
    mean = grey(images).mean((2, 3), keepdim=True)
    images = (images * (bright * contrast)).add_(mean * bright * (1 - contrast)).clamp_(0, 1)
    if images.shape[1] == 1:
        return images
    plain = grey(images)
    return turned(plain + (images - plain) * saturation, torch.where(chosen, angle, 0.0).to(images)).clamp_(0, 1)


def turned(images: torch.Tensor, angle: torch.Tensor) -> torch.Tensor:
    """Return RGB pictures (B, 3, H, W) with colours turned by an angle (B,) about the grey axis."""
    cos, sin, third = angle.cos(), angle.sin(), 1 / 3
    same, ahead = cos + (1 - cos) * third, (1 - cos) * third + sin * math.sqrt(third)
    behind = (1 - cos) * third - sin * math.sqrt(third)
    matrix = torch.stack([same, behind, ahead, ahead, same, behind, behind, ahead, same], 1).view(-1, 3, 3)
    return torch.einsum("bij,bjhw->bihw", matrix, images)


def grey(images: torch.Tensor) -> torch.Tensor:
    """Return the brightness (B, 1, H, W) of pictures."""
    if images.shape[1] == 1:
        return images
    weights = torch.tensor([KEPT_RED, KEPT_GREEN, KEPT_BLUE]).to(images)
    return torch.einsum("c,bchw->bhw", weights, images)[:, None]


def softened(images: torch.Tensor, chosen: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Put the chosen ones (B,) of pictures under a 3 x 3 Gaussian, each of its own deviation, in place; return them."""
    low, high = BLUR_DEVIATION
    deviation, rows = low + (high - low) * torch.rand(len(images), generator=generator), torch.nonzero(chosen)[:, 0]
    side = torch.exp(-1 / (2 * deviation[rows].square()))
    weights = (1 / (1 + 2 * side), side / (1 + 2 * side))
    middle, side = (weight.to(images)[:, None, None, None] for weight in weights)
    rows = rows.to(images.device)
    pictures = images[rows]
    for axis in (2, 3):
        padded = functional.pad(pictures, (0, 0, 1, 1) if axis == 2 else (1, 1, 0, 0), mode="replicate")
        count = pictures.shape[axis]
        pictures = (padded.narrow(axis, 0, count) + padded.narrow(axis, 2, count)).mul_(side).add_(pictures * middle)
    return images.index_copy_(0, rows, pictures)


def _chosen(count: int, probability: float, generator: torch.Generator) -> torch.Tensor:
    return torch.rand(count, generator=generator) < probability


def _where(chosen: torch.Tensor, images: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    return torch.where(chosen.to(images.device)[:, None, None, None], images, other)


def plain(images: torch.Tensor, share: float, size: int) -> torch.Tensor:
    """Return the middle of pictures (B, C, size, size), whose side is the root of `share`, as evaluation sees them."""
    turn = math.sqrt(share) * torch.eye(2, 3)
    grid = functional.affine_grid(
        turn.to(images).expand(len(images), 2, 3), [len(images), images.shape[1], size, size], align_corners=False
    )
    return functional.grid_sample(images, grid, align_corners=False)


def channelled(images: torch.Tensor, channels: int) -> torch.Tensor:
    """Return pictures (B, 1 or 3, H, W) with so many channels, as a network takes them: grey ones three times over."""
    if images.shape[1] == channels:
        return images
    return grey(images) if channels == 1 else images.expand(-1, channels, -1, -1)
