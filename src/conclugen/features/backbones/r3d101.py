"""3D ResNet-101 (Hara et al. 2018) trained on Kinetics-400: clips to 2048 numbers. The paper's backbone of frames3d."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from conclugen.features.backbone import Backbone, WeightFile, load_strictly, published_state, staged
from conclugen.features.pixels import IMAGENET_MEAN, IMAGENET_STD
from conclugen.store.weights import load_state

SOURCE = "the pretorched-x project: resnet3d101_kinetics-8d4c9d63.pth"
BLOCKS = (3, 4, 23, 3)
EXPANSION = 4
CLASSIFIERS = ("fc", "last_linear")


class Bottleneck(nn.Module):
    """1x1x1, 3x3x3 (with the stride) and 1x1x1 convolutions around a shortcut; names as in the published file."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        outputs = width * EXPANSION
        self.conv1, self.bn1 = nn.Conv3d(inputs, width, 1, bias=False), nn.BatchNorm3d(width)
        self.conv2 = nn.Conv3d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm3d(width)
        self.conv3, self.bn3 = nn.Conv3d(width, outputs, 1, bias=False), nn.BatchNorm3d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv3d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm3d(outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (N, 4 width, T', H', W')."""
        shortcut = x if self.downsample is None else self.downsample(x)
        x = F.relu_(self.bn1(self.conv1(x)))
        x = F.relu_(self.bn2(self.conv2(x)))
        return F.relu_(self.bn3(self.conv3(x)) + shortcut)


class R3D101(nn.Module):
    """Clips (N, 3, T, S, S), RGB in [0, 1], to the mean of the last feature map (N, 2048)."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_STD).view(1, 3, 1, 1, 1), persistent=False)
        self.conv1 = nn.Conv3d(3, 64, 7, (1, 2, 2), padding=3, bias=False)
        self.bn1 = nn.BatchNorm3d(64)
        self.maxpool = nn.MaxPool3d(3, 2, padding=1)
        inputs = 64
        for number, count in enumerate(BLOCKS, start=1):
            width, stride = 32 << number, 1 if number == 1 else 2
            layer = [Bottleneck(inputs, width, stride)]
            inputs = width * EXPANSION
            layer += [Bottleneck(inputs, width, 1) for _ in range(1, count)]
            setattr(self, f"layer{number}", nn.Sequential(*layer))

    def forward(self, clips: torch.Tensor) -> torch.Tensor:
        """Return (N, 2048)."""
        x = ((clips - self.mean) / self.std).contiguous(memory_format=torch.channels_last_3d)
        x = self.maxpool(F.relu_(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return x.float().mean((2, 3, 4))


def construct(path: Path) -> nn.Module:
    """Build from the published file; its classifier is left out."""
    network = R3D101()
    load_strictly(network, published_state(load_state(path), CLASSIFIERS), str(path))
    return network.to(memory_format=torch.channels_last_3d)


def build(weights: WeightFile | None = None) -> Backbone:
    """Return the backbone. Raises WeightsError when no file is named."""
    return Backbone(
        name="r3d101",
        weights=staged("r3d101", weights, SOURCE, "i3d"),
        construct=construct,
        preprocessing="RGB, ImageNet mean and std, mean of the last map over time and space",
        dim=2048,
        licence="not stated with the file",
        size=112,
    )
