"""Descriptors of eyes and mouth by a frozen ImageNet network, as a feature shard: what MaskFN compares.

Entry module. The authors take ResNet-18; here it is the packaged MobileNetV2. Crops are those of the plain picture,
padded to a square with black, 64 x 64.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch
from torch.nn import functional

from conclugen.images import features, regions, shard
from conclugen.images.network import drawn
from conclugen.store.devices import device, set_threads

SIZE, OF = 64, 112  # pixels of a crop, of pictures of so many pixels or more
EYES_MARGIN = 10 / 224  # of the side, above and below the eyes


def crop(images: torch.Tensor, box: tuple[float, float, float, float]) -> torch.Tensor:
    """Return (B, C, `side_of`, `side_of`): a box (left, top, right, bottom), pixels, amid a black square."""
    height, width = images.shape[-2:]
    left, top = max(0, int(box[0])), max(0, int(box[1]))
    right, bottom = min(width, round(box[2])), min(height, round(box[3]))
    part = images[..., top : max(bottom, top + 1), left : max(right, left + 1)]
    rows, columns = part.shape[-2:]
    side = max(rows, columns)
    above, before = (side - rows) // 2, (side - columns) // 2
    squared = functional.pad(part, (before, side - columns - before, above, side - rows - above))
    return functional.interpolate(squared, (side_of(width), side_of(width)), mode="bilinear", antialias=True)


def side_of(width: int) -> int:
    """Return the pixels of a crop: in small pictures eyes are a few pixels high, and half as many hold them."""
    return SIZE if width >= OF else SIZE // 2


def boxes(side: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the boxes of eyes and mouth in a registered still of so many pixels."""
    points = regions.registered()[None] * side
    eyes = regions.boxes(points, regions.EYES, 0.0)[0].tolist()
    mouth = regions.boxes(points, regions.MOUTH, 0.0)[0].tolist()
    margin = EYES_MARGIN * side
    return (eyes[0], eyes[1] - margin, eyes[2], eyes[3] + margin), tuple(mouth)


def main(argv: Sequence[str] | None = None) -> None:
    """Write the shard: eyes, then mouth."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, required=True, help="image shard")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True)
    given = parser.parse_args(argv)
    set_threads(given.threads)
    where, images = device(), shard.read(given.images)
    network = drawn("mobilenet_v2", images.pixels.shape[3], 1, 0).to(where).eval()
    parts = boxes(images.pixels.shape[1])

    def make(some: torch.Tensor) -> torch.Tensor:
        return torch.cat([network.represent(crop(some, box)) for box in parts], dim=1)

    features.write(given.output, images, features.of_images(images, make, where), {"method": "eyes and mouth"})


if __name__ == "__main__":
    main()
