"""ResDAVEnet (Harwath, Hsu and Glass 2020) without a front end, spectra to maps; and the backbone that has one."""

from __future__ import annotations

import functools
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from conclugen.features.backbone import Backbone, WeightFile, load_strictly, published_state, staged
from conclugen.store.weights import load_state

SOURCE = "the ResDAVEnet-VQ project: RDVQ_00000/models/best_audio_model.pth, the model without quantisers"
RATE = 16_000
BANDS = 40
WIDTHS = (128, 256, 256, 512, 1024)
UNUSED = ("batchnorm1",)  # in the file, but no part of the network's forward pass


class Block(nn.Module):
    """Two convolutions of width 9 over time around a shortcut; names as in the published file."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, (1, 9), stride, padding=(0, 4), bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, (1, 9), padding=(0, 4), bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (N, outputs, 1, T')."""
        shortcut = x if self.downsample is None else self.downsample(x)
        x = F.relu_(self.bn1(self.conv1(x)))
        return F.relu_(self.bn2(self.conv2(x)) + shortcut)


class ResDavenet(nn.Module):
    """Spectra (N, 40 + k, T) to maps (N, 1024, H, T / 16): H is 1 for the 40 bands that it was trained on."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, WIDTHS[0], (BANDS, 1), bias=False)
        self.bn1 = nn.BatchNorm2d(WIDTHS[0])
        for number in range(1, 5):
            inputs, outputs = WIDTHS[number - 1], WIDTHS[number]
            setattr(self, f"layer{number}", nn.Sequential(Block(inputs, outputs, 2), Block(outputs, outputs, 1)))

    def maps(self, spectrum: torch.Tensor) -> torch.Tensor:
        """Return the last layer (1, 1024, H, T / 16) of a spectrum (bands, T)."""
        x = F.relu_(self.bn1(self.conv1(spectrum[None, None])))
        return self.layer4(self.layer3(self.layer2(self.layer1(x))))


def construct(network: type[ResDavenet], path: Path) -> nn.Module:
    """Build a network with its front end from the published file."""
    return load_strictly(network(), published_state(load_state(path), UNUSED), str(path))


def backbone(name: str, network: type[ResDavenet], preprocessing: str, file: WeightFile | None) -> Backbone:
    """Return the backbone with a front end. Raises WeightsError when no file is named."""
    return Backbone(
        name=name,
        weights=staged(name, file, SOURCE, "resemblyzer"),
        construct=functools.partial(construct, network),
        preprocessing=preprocessing,
        dim=1024,  # WIDTHS[-1]
        licence="BSD-3-Clause",
        rate=RATE,
    )
