"""ResNet-152 (He et al. 2016) trained on ImageNet: images to 2048 numbers. The paper's backbone of frames2d."""

from __future__ import annotations

from pathlib import Path

import torch
import torchvision
from torch import nn

from conclugen.features.backbone import Backbone, WeightFile, load_strictly, staged
from conclugen.features.pixels import ImageNetNormalise
from conclugen.store.weights import load_state

SOURCE = "torchvision: resnet152-394f9c45.pth (IMAGENET1K_V1) or resnet152-f82ba261.pth (IMAGENET1K_V2)"


class ResNet152(nn.Module):
    """Images (N, 3, S, S), RGB in [0, 1], to the mean of the last feature map (N, 2048)."""

    def __init__(self, network: torchvision.models.ResNet) -> None:
        super().__init__()
        self.normalise = ImageNetNormalise()
        self.network = network
        self.network.fc = nn.Identity()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return (N, 2048)."""
        return self.network(self.normalise(images))


def construct(path: Path) -> nn.Module:
    """Build from torchvision's own file."""
    with torch.device("meta"):
        network = torchvision.models.resnet152(weights=None)
    network = network.to_empty(device="cpu")
    load_strictly(network, load_state(path), str(path))
    return ResNet152(network).to(memory_format=torch.channels_last)


def build(weights: WeightFile | None = None) -> Backbone:
    """Return the backbone. Raises WeightsError when no file is named."""
    return Backbone(
        name="resnet152",
        weights=staged("resnet152", weights, SOURCE, "mobilenet_v2"),
        construct=construct,
        preprocessing="RGB, ImageNet mean and std, spatial mean of the last map",
        dim=2048,
        licence="BSD-3-Clause (torchvision); ImageNet terms for the data",
        size=224,
    )
