"""ResNet-10 for small faces: a residual block a stage, a 3 x 3 stem of stride 2. It trains on two cores."""

from __future__ import annotations

import torch
from torch import nn

STAGES = 4


class Block(nn.Module):
    """Two 3 x 3 convolutions and a way around them (He et al. 2016)."""

    def __init__(self, inside: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inside, width, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        changes = stride != 1 or inside != width
        around = [nn.Conv2d(inside, width, 1, stride, bias=False), nn.BatchNorm2d(width)] if changes else []
        self.around = nn.Sequential(*around)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """(N, inside, H, W) to (N, width, H / stride, W / stride)."""
        inner = torch.relu(self.norm1(self.conv1(maps)))
        return torch.relu(self.norm2(self.conv2(inner)) + self.around(maps))


class ResNet10(nn.Module):
    """Pictures (N, channels, S, S) in [0, 1] to (N, 8 width)."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        stem = [nn.Conv2d(channels, width, 3, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
        widths = [width * 2**stage for stage in range(STAGES)]
        blocks = [Block(widths[max(0, n - 1)], wide, 1 if n == 0 else 2) for n, wide in enumerate(widths)]
        self.layers = nn.Sequential(*stem, *blocks)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return (N, 8 width)."""
        return self.layers(2 * images - 1).mean((2, 3))


def build(channels: int, width: int) -> tuple[nn.Module, int]:
    """Return the module and the length of its vectors."""
    return ResNet10(channels, width).to(memory_format=torch.channels_last), 8 * width
