"""ResDAVEnet (Harwath, Hsu and Glass 2020), the audio network trained on spoken captions of Places pictures.

Sound to 1024 numbers, the paper's backbone of audio. The front end is the one the network was trained with: 40 mel
bands in decibels below the loudest, of sound without its mean and with pre-emphasis.
"""

from __future__ import annotations

import torch

from conclugen.features.backbone import Backbone, WeightFile
from conclugen.features.mel import MelPower
from conclugen.features.resdavenet import BANDS, RATE, ResDavenet, backbone

EMPHASIS = 0.97
RANGE_DB = 80.0
FLOOR = 1e-10
PREPROCESSING = "16 kHz, pre-emphasis .97, 40 mel bands in decibels below the loudest, mean over time"


class Davenet(ResDavenet):
    """Waves, a list of (T,) at 16 kHz, to the mean of the last layer over time (N, 1024)."""

    def __init__(self) -> None:
        super().__init__()
        window = torch.hamming_window(400, periodic=False)
        self.mel = MelPower(RATE, fft=400, hop=160, bands=BANDS, low=20.0, window=window, edges="reflect")

    def forward(self, waves: list[torch.Tensor]) -> torch.Tensor:
        """Return (N, 1024). Waves go one by one: padding to a common length would reach into their last frames."""
        return torch.cat([self.maps(self.decibels(wave)).mean((2, 3)) for wave in waves])

    def decibels(self, wave: torch.Tensor) -> torch.Tensor:
        """Return the spectrum (BANDS, 1 + T // 160) of a wave (T,), in decibels, 0 at its loudest, not below -80."""
        wave = wave - wave.mean()
        wave = torch.cat((wave[:1], wave[1:] - EMPHASIS * wave[:-1]))
        level = 10.0 * self.mel(wave[None])[0].clamp_min(FLOOR).log10()
        return (level - level.max()).clamp_min(-RANGE_DB).T


def build(weights: WeightFile | None = None) -> Backbone:
    """Return the backbone. Raises WeightsError when no file is named."""
    return backbone("davenet", Davenet, PREPROCESSING, weights)
