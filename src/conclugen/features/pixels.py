"""Pixels: from stored RGB bytes to the input of a network."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


def unit_images(frames: torch.Tensor, size: int) -> torch.Tensor:
    """Turn RGB bytes (N, H, W, 3) into float images (N, 3, size, size) in [0, 1].

    Resizing is bilinear with antialiasing, to whole levels of brightness; on a CPU in bytes, which takes a tenth of the
    time of floats. The shorter side is made `size` and the centre is kept, so a face is never squashed.
    """
    images = frames.permute(0, 3, 1, 2)
    height, width = images.shape[-2:]
    if (height, width) != (size, size):
        scale = size / min(height, width)
        target = (max(size, round(height * scale)), max(size, round(width * scale)))
        top, left = (target[0] - size) // 2, (target[1] - size) // 2
        images = _resized(images, target)[..., top : top + size, left : left + size]
    return images.to(torch.float32).div_(255.0)


def _resized(images: torch.Tensor, target: tuple[int, int]) -> torch.Tensor:
    """Resize bytes (N, 3, H, W) to (N, 3, *target); GPUs know the operation for floats alone."""
    if images.device.type == "cpu":
        return F.interpolate(images, target, mode="bilinear", antialias=True, align_corners=False)
    resized = F.interpolate(images.float(), target, mode="bilinear", antialias=True, align_corners=False)
    return resized.round_().clamp_(0.0, 255.0)


class Normalise(nn.Module):
    """(x - mean) / std per channel, RGB, for images (N, 3, H, W) in [0, 1]."""

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(3, 1, 1), persistent=False)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return the normalised images, same shape."""
        return (images - self.mean) / self.std


class ImageNetNormalise(Normalise):
    """The same with the mean and deviation of ImageNet."""

    def __init__(self) -> None:
        super().__init__(IMAGENET_MEAN, IMAGENET_STD)
