"""ResDAVEnet fed as the authors' code of ConCluGen feeds it: sound to 1024 numbers.

That code gives the network, which was trained on 40 mel bands in decibels, 128 bands of plain power (transforms of 2048
samples, the HTK scale without area normalisation), scaled to [0, 1] by the smallest and largest value of the utterance.
The 40-band filters of the first layer then slide over the bands, and the mean is over bands and time alike. It is here
to reproduce that code; `davenet` is the network as it was trained.
"""

from __future__ import annotations

import torch
from torch import nn

from conclugen.features.backbone import Backbone, WeightFile
from conclugen.features.mel import MelPower
from conclugen.features.resdavenet import RATE, ResDavenet, backbone

BANDS = 128
FFT = 2048
SHORTEST = FFT // 2 + 1  # samples that can be mirrored at the ends
EPSILON = 1e-8
PREPROCESSING = "16 kHz, power in 128 mel bands (HTK) scaled to [0, 1] by utterance, mean over bands and time"


class OfficialDavenet(ResDavenet):
    """Waves, a list of (T,) at 16 kHz, to the mean of the last layer over bands and time (N, 1024)."""

    def __init__(self) -> None:
        super().__init__()
        self.mel = MelPower(RATE, fft=FFT, hop=160, bands=BANDS, edges="reflect", scale="htk")

    def forward(self, waves: list[torch.Tensor]) -> torch.Tensor:
        """Return (N, 1024). Waves go one by one: padding to a common length would reach into their last frames."""
        return torch.cat([self.maps(self.scaled(wave)).mean((2, 3)) for wave in waves])

    def scaled(self, wave: torch.Tensor) -> torch.Tensor:
        """Return the power (128, 1 + T // 160) of a wave (T,) in [0, 1]."""
        wave = nn.functional.pad(wave, (0, max(0, SHORTEST - len(wave))))
        power = self.mel(wave[None])[0].T
        return (power - power.min()) / (power.max() - power.min() + EPSILON)


def build(weights: WeightFile | None = None) -> Backbone:
    """Return the backbone. Raises WeightsError when no file is named."""
    return backbone("davenet_official", OfficialDavenet, PREPROCESSING, weights)
