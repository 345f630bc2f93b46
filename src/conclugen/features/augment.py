"""Augmented copies of a clip: what is drawn is drawn once per copy and done to every frame alike.

The five augmentations are those of SimCLR (Chen et al. 2020, appendix A), held constant along time as in CVRL (Qian et
al. 2021, section 3.2): a crop of random place, size and shape, a horizontal flip, colour jitter, grayscale, blur.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
import random

import torch
from torchvision.transforms.v2 import functional as F

from conclugen.features.settings import Views

JITTERS = ("brightness", "contrast", "saturation", "hue")


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """What is done to all frames of a copy.

    Attributes:
        top, left, height, width: the crop, in shares of the frame's height and width.
        flip: left and right are exchanged.
        jitter: (name, factor) in the order of application; empty for none. Hue's factor is a turn, -0.5 to 0.5.
        grayscale: colours are dropped.
        sigma: of the blur, pixels of the result; None for no blur.
    """

    top: float
    left: float
    height: float
    width: float
    flip: bool
    jitter: tuple[tuple[str, float], ...]
    grayscale: bool
    sigma: float | None


def draw(settings: Views, utterance_id: str, copy: int) -> Augmentation:
    """Return the augmentation of one copy; it depends on the seed, the utterance and the copy, and on no other draw.

    Everything is drawn whether used or not, so a changed probability leaves the other choices as they were.
    """
    key = hashlib.sha256(f"{settings.seed}\0{utterance_id}\0{copy}".encode()).digest()
    chance = random.Random(int.from_bytes(key, "big"))
    area = chance.uniform(*settings.crop_scale)
    # These bounds keep both sides of the crop within the frame, so that no draw has to be thrown away.
    ratio = math.exp(
        chance.uniform(
            max(math.log(settings.crop_ratio[0]), math.log(area)),
            min(math.log(settings.crop_ratio[1]), -math.log(area)),
        )
    )
    height, width = min(1.0, math.sqrt(area / ratio)), min(1.0, math.sqrt(area * ratio))
    top, left = chance.random() * (1 - height), chance.random() * (1 - width)
    flip, jitter, grayscale, blur = (
        chance.random() < p for p in (settings.flip, settings.jitter, settings.grayscale, settings.blur)
    )
    factors = [(name, _factor(chance, name, getattr(settings, name))) for name in JITTERS]
    factors.sort(key=lambda _: chance.random())
    sigma = chance.uniform(*settings.blur_sigma)
    return Augmentation(
        top, left, height, width, flip, tuple(factors) if jitter else (), grayscale, sigma if blur else None
    )


def augment(frames: torch.Tensor, augmentation: Augmentation, size: int) -> torch.Tensor:
    """Do an augmentation to a clip: RGB bytes (T, H, W, 3) to RGB bytes (T, size, size, 3), on the same device.

    The crop is resized once, from the frame to `size`, bilinear with antialiasing.
    """
    rows, columns = frames.shape[1:3]
    height, width = max(1, round(augmentation.height * rows)), max(1, round(augmentation.width * columns))
    top, left = (
        min(round(augmentation.top * rows), rows - height),
        min(round(augmentation.left * columns), columns - width),
    )
    images = F.resized_crop(frames.permute(0, 3, 1, 2), top, left, height, width, [size, size], antialias=True)
    if augmentation.flip:
        images = F.horizontal_flip(images)
    images = images.float().div_(255.0)
    for name, factor in augmentation.jitter:
        images = _jittered(images, name, factor)
    if augmentation.grayscale:
        images = F.rgb_to_grayscale(images, num_output_channels=3)
    if augmentation.sigma is not None:
        images = _blurred(images, kernel_size(size), augmentation.sigma)
    return images.mul(255.0).round_().clamp_(0, 255).to(torch.uint8).permute(0, 2, 3, 1)


def kernel_size(size: int) -> int:
    """Return the width of the blur's kernel: a tenth of the image's side as in SimCLR, odd, at least 3."""
    return max(3, size // 10 | 1)


def _factor(chance: random.Random, name: str, strength: float) -> float:
    return (
        chance.uniform(-strength, strength) if name == "hue" else chance.uniform(max(0.0, 1 - strength), 1 + strength)
    )


def _blurred(images: torch.Tensor, width: int, sigma: float) -> torch.Tensor:
    """Blur along rows, then along columns: the same as at once, and several times faster in this memory format."""
    images = images.contiguous(memory_format=torch.channels_last)
    return F.gaussian_blur(F.gaussian_blur(images, [width, 1], sigma), [1, width], sigma)


def _jittered(images: torch.Tensor, name: str, factor: float) -> torch.Tensor:
    """Jitter one property of a clip (T, 3, H, W) in [0, 1]."""
    if name == "brightness":
        return F.adjust_brightness(images, factor)
    if name == "saturation":
        return F.adjust_saturation(images, factor)
    if name == "hue":
        return F.adjust_hue(images, factor)
    # The library's contrast turns about each frame's own mean, which moves along time; this one about the clip's.
    mean = F.rgb_to_grayscale(images).mean()
    return torch.lerp(mean, images, factor).clamp_(0.0, 1.0)
