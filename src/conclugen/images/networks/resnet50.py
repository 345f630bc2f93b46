"""ResNet-50 from scratch with its 7 x 7 stem, the network of SSL-FER; `width` does not change it."""

from __future__ import annotations

import torch
import torchvision
from torch import nn

from conclugen.features.pixels import ImageNetNormalise

DIM = 2048


class ResNet50(nn.Module):
    """Pictures (N, 1 or 3, S, S) in [0, 1] to (N, 2048)."""

    def __init__(self) -> None:
        super().__init__()
        self.normalise = ImageNetNormalise()
        self.layers = torchvision.models.resnet50(weights=None)
        self.layers.fc = nn.Identity()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return (N, 2048)."""
        return self.layers(self.normalise(images.expand(-1, 3, -1, -1)))


def build(channels: int, width: int) -> tuple[nn.Module, int]:
    """Return the module and the length of its vectors."""
    return ResNet50().to(memory_format=torch.channels_last), DIM
