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
    left, top = min(width - 1, max(0, int(box[0]))), min(height - 1, max(0, int(box[1])))
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


def boxes(points: torch.Tensor, side: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the boxes (B, 4) of eyes and of mouth, by landmarks (B, 68, 2) in pictures of so many pixels."""
    margin = EYES_MARGIN * side
    eyes = regions.boxes(points, regions.EYES, 0.0) + torch.tensor([0.0, -margin, 0.0, margin])
    return eyes, regions.boxes(points, regions.MOUTH, 0.0)


def crops(images: torch.Tensor, boxes: torch.Tensor) -> torch.Tensor:
    """Return (B, C, `side_of`, `side_of`): of each picture (B, C, H, W) its box (B, 4)."""
    return torch.cat([crop(images[n : n + 1], tuple(box)) for n, box in enumerate(boxes.tolist())])


def main(argv: Sequence[str] | None = None) -> None:
    """Write the shard: eyes, then mouth."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, required=True, help="image shard")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args(argv)
    set_threads(args.threads)
    where, images = device(), shard.read(args.images)
    network = drawn("mobilenet_v2", images.pixels.shape[3], 1, 0).to(where).eval()

    def make(rows: torch.Tensor) -> torch.Tensor:
        batch = images.shown(rows, where)
        parts = boxes(images.landmarks(rows, torch.device("cpu")), images.pixels.shape[1])
        return torch.cat([network.represent(crops(batch, part)) for part in parts], dim=1)

    features.write(args.output, images, features.of_rows(images, make), {"method": "eyes and mouth"})


if __name__ == "__main__":
    main()
