"""A voice encoder (GE2E, Wan et al. 2018; three LSTM layers), embedded: sound to 1024 numbers.

It was trained to tell speakers apart. Its last layer throws away what does not identify them; the mean and standard
deviation over time of the upper two layers keep how something is said: see docs/audio-backbone.md.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pad_sequence

from conclugen.features.backbone import Backbone, WeightFile, embedded, load_strictly
from conclugen.features.mel import MelPower
from conclugen.store.packaged import packaged
from conclugen.store.weights import load_state

WEIGHTS = packaged("resemblyzer")
RATE = 16_000
HOP = 160
BANDS = 40
UNITS = 256
LAYERS = 3
WINDOW, STRIDE = 160, 80  # frames of 10 ms: the length it was trained on, half overlapping
LOUDNESS_DBFS = -30.0
UNUSED = ("linear.weight", "linear.bias", "similarity_weight", "similarity_bias")


class VoiceEncoder(nn.Module):
    """Waves, a list of (T,) at 16 kHz, to statistics of the upper two LSTM layers (N, 1024)."""

    def __init__(self) -> None:
        super().__init__()
        self.mel = MelPower(RATE, fft=400, hop=HOP, bands=BANDS)
        sizes = [BANDS] + [UNITS] * LAYERS
        self.layers = nn.ModuleList(nn.LSTM(a, b, batch_first=True) for a, b in itertools.pairwise(sizes))

    def forward(self, waves: list[torch.Tensor]) -> torch.Tensor:
        """Return (N, 1024): means of layers 2 and 3, then their standard deviations."""
        counts = [1 + len(wave) // HOP for wave in waves]
        spectra = self.mel(pad_sequence([louder(wave) for wave in waves], batch_first=True))
        index = [torch.as_tensor(starts(count)) for count in counts]
        pieces = [
            F.pad(spectrum, (0, 0, 0, WINDOW))[begin[:, None] + torch.arange(WINDOW)]
            for spectrum, begin in zip(spectra, index, strict=True)
        ]
        hidden = torch.cat(pieces)
        kept = []
        for layer in self.layers:
            hidden, _ = layer(hidden)
            kept.append(hidden)
        upper = torch.cat(kept[1:], -1).split([len(begin) for begin in index])
        return torch.stack([statistics(h, begin, n) for h, begin, n in zip(upper, index, counts, strict=True)])


def louder(wave: torch.Tensor) -> torch.Tensor:
    """Raise a wave (T,) to a root mean square of -30 dBFS if it is below, as the network's training data were."""
    rms = wave.square().mean().sqrt()
    target = 10.0 ** (LOUDNESS_DBFS / 20.0)
    return wave * (target / rms.clamp_min(1e-9)).clamp_min(1.0)


def starts(frames: int) -> list[int]:
    """Return where the windows of a spectrum begin; the last one ends with the sound."""
    last = max(frames - WINDOW, 0)
    return sorted({*range(0, last, STRIDE), last})


def statistics(hidden: torch.Tensor, begin: torch.Tensor, frames: int) -> torch.Tensor:
    """Return mean and standard deviation (2 C,) of states (W, WINDOW, C), without those past the end of the sound.

    The network runs forward in time, so padding behind the end changes no state before it.
    """
    inside = (begin[:, None] + torch.arange(WINDOW) < frames).to(hidden.device)
    states = hidden[inside]
    return torch.cat((states.mean(0), states.std(0, correction=0)))


def construct(path: Path) -> nn.Module:
    """Build from the published checkpoint."""
    state = dict(load_state(path)["model_state"])
    for name in UNUSED:
        state.pop(name)
    return load_strictly(VoiceEncoder(), {_renamed(name): value for name, value in state.items()}, str(path))


def _renamed(name: str) -> str:
    """`lstm.weight_ih_l2` is `layers.2.weight_ih_l0` here; the rest keeps its name (and fails the strict load)."""
    parameter, _, layer = name.removeprefix("lstm.").rpartition("_l")
    return f"layers.{layer}.{parameter}_l0" if name.startswith("lstm.") else name


def build(weights: WeightFile | None = None) -> Backbone:
    """Return the backbone."""
    embedded("resemblyzer", weights)
    return Backbone(
        name="resemblyzer",
        weights=WEIGHTS,
        construct=construct,
        preprocessing="16 kHz, at least -30 dBFS, 40 mel bands, windows of 1.6 s, mean and deviation of layers 2, 3",
        dim=1024,  # four statistics of UNITS
        licence="Apache-2.0",
        rate=RATE,
    )
