"""MobileNetV2 that starts from its ImageNet weights, as packaged; `width` does not change it."""

from __future__ import annotations

import torch
from torch import nn

from conclugen.features.backbones import mobilenet_v2

DIM = 1280


class MobileNetV2(nn.Module):
    """Pictures (N, 1 or 3, S, S) in [0, 1] to (N, 1280)."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = mobilenet_v2.construct(mobilenet_v2.WEIGHTS.locate())

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return (N, 1280)."""
        return self.layers(images.expand(-1, 3, -1, -1))


def build(channels: int, width: int) -> tuple[nn.Module, int]:
    """Return the module and the length of its vectors. Raises WeightsError where the package is not installed."""
    return MobileNetV2(), DIM
