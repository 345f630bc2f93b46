"""ResDAVEnet (Harwath, Hsu and Glass 2020), the audio network trained on spoken captions of Places pictures.

Sound to 1024 numbers, the paper's backbone of audio. The front end is the one the network was trained with: 40 mel
bands in decibels below the loudest, of sound without its mean and with pre-emphasis.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from conclugen.features.backbone import Backbone, WeightFile, load_strictly, published_state, staged
from conclugen.features.mel import MelPower
from conclugen.store.weights import load_state

SOURCE = "the ResDAVEnet-VQ project: RDVQ_00000/models/best_audio_model.pth, the model without quantisers"
RATE = 16_000
BANDS = 40
EMPHASIS = 0.97
RANGE_DB = 80.0
FLOOR = 1e-10
WIDTHS = (128, 128, 256, 512, 1024)
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
    """Waves, a list of (T,) at 16 kHz, to the mean of the last layer over time (N, 1024)."""

    def __init__(self) -> None:
        super().__init__()
        window = torch.hamming_window(400, periodic=False)
        self.mel = MelPower(RATE, fft=400, hop=160, bands=BANDS, low=20.0, window=window, edges="reflect")
        self.conv1 = nn.Conv2d(1, WIDTHS[0], (BANDS, 1), bias=False)
        self.bn1 = nn.BatchNorm2d(WIDTHS[0])
        for number in range(1, 5):
            inputs, outputs = WIDTHS[number - 1], WIDTHS[number]
            setattr(self, f"layer{number}", nn.Sequential(Block(inputs, outputs, 2), Block(outputs, outputs, 1)))

    def forward(self, waves: list[torch.Tensor]) -> torch.Tensor:
        """Return (N, 1024). Waves go one by one: padding to a common length would reach into their last frames."""
        return torch.cat([self.maps(self.decibels(wave)).mean((2, 3)) for wave in waves])

    def maps(self, spectrum: torch.Tensor) -> torch.Tensor:
        """Return the last layer (1, 1024, 1, T / 16) of a spectrum (BANDS, T)."""
        x = F.relu_(self.bn1(self.conv1(spectrum[None, None])))
        return self.layer4(self.layer3(self.layer2(self.layer1(x))))

    def decibels(self, wave: torch.Tensor) -> torch.Tensor:
        """Return the spectrum (BANDS, 1 + T // 160) of a wave (T,), in decibels, 0 at its loudest, not below -80."""
        wave = wave - wave.mean()
        wave = torch.cat((wave[:1], wave[1:] - EMPHASIS * wave[:-1]))
        level = 10.0 * self.mel(wave[None])[0].clamp_min(FLOOR).log10()
        return (level - level.max()).clamp_min(-RANGE_DB).T


def construct(path: Path) -> nn.Module:
    """Build from the published file."""
    return load_strictly(ResDavenet(), published_state(load_state(path), UNUSED), str(path))


def build(file: WeightFile | None = None) -> Backbone:
    """Return the backbone. Raises WeightsError when no file is named."""
    return Backbone(
        name="davenet",
        weights=staged("davenet", file, SOURCE, "resemblyzer"),
        construct=construct,
        preprocessing="16 kHz, pre-emphasis .97, 40 mel bands in decibels below the loudest, mean over time",
        dim=WIDTHS[-1],
        licence="BSD-3-Clause",
        rate=RATE,
    )
