"""MobileNetV2 (Sandler et al. 2018) trained on ImageNet, embedded: images to 1280 numbers."""

from __future__ import annotations

from pathlib import Path

import torch
import torchvision
from torch import nn

from conclugen.features.backbone import Backbone, WeightFile, embedded, load_strictly
from conclugen.features.pixels import ImageNetNormalise
from conclugen.store.packaged import packaged
from conclugen.store.weights import load_state

WEIGHTS = packaged("mobilenet_v2")


class MobileNetV2(nn.Module):
    """Images (N, 3, S, S), RGB in [0, 1], to the mean of the last feature map (N, 1280)."""

    def __init__(self, network: torchvision.models.MobileNetV2) -> None:
        super().__init__()
        self.normalise = ImageNetNormalise()
        self.features = network.features

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return (N, 1280)."""
        return self.features(self.normalise(images)).float().mean((2, 3))


def construct(path: Path) -> nn.Module:
    """Build from torchvision's own ImageNet file."""
    network = torchvision.models.mobilenet_v2(weights=None)
    load_strictly(network, load_state(path), str(path))
    return MobileNetV2(network).to(memory_format=torch.channels_last)


def build(weights: WeightFile | None = None) -> Backbone:
    """Return the backbone."""
    embedded("mobilenet_v2", weights)
    return Backbone(
        name="mobilenet_v2",
        weights=WEIGHTS,
        construct=construct,
        preprocessing="RGB, ImageNet mean and std, spatial mean of the last map",
        dim=1280,
        licence="BSD-3-Clause (torchvision); ImageNet terms for the data",
        size=224,
    )
