"""A pretrained network as the backbone of a stream, out of its file alone (`features/backbones/image_network.py`)."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from torch import nn

from conclugen.features.backbone import load_strictly
from conclugen.images import shape
from conclugen.images.augment import plain
from conclugen.images.network import drawn
from conclugen.store.weights import load_state


class Representation(nn.Module):
    """Images (N, 3, S, S), RGB in [0, 1], to the representation of their middle (N, dim)."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.told = shape.read(path)
        network = drawn(self.told.network, self.told.channels, self.told.width, 0)
        self.network = load_strictly(network, load_state(path), str(path))
        self.network.head = nn.Identity()
        self.dim = self.network.dim

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return (N, dim)."""
        whole = math.ceil(self.told.size / math.sqrt(self.told.share))
        small = nn.functional.interpolate(images, (whole, whole), mode="bilinear", antialias=True)
        return self.network.represent(plain(small, self.told.share, self.told.size))
