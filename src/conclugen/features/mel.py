"""Mel spectra of waves."""

from __future__ import annotations

import torch
import torchaudio
from torch import nn


class MelPower(nn.Module):
    """Waves (N, T) to power in mel bands (N, 1 + T // hop, bands), frames centred.

    Args:
        rate: samples per second.
        fft: samples in a transform and its window.
        hop: samples from one frame to the next.
        bands: number of mel bands up to half the rate.
        low: lower edge of the first band, Hz.
        window: shape (fft,) of the window; None: a periodic Hann window.
        scale: `slaney` is Slaney's scale with area normalisation, `htk` is HTK's without.
        edges: `constant` pads the ends with zeros, `reflect` mirrors the sound there.
    """

    def __init__(
        self,
        rate: int,
        fft: int,
        hop: int,
        bands: int,
        low: float = 0.0,
        window: torch.Tensor | None = None,
        edges: str = "constant",
        scale: str = "slaney",
    ) -> None:
        super().__init__()
        self.fft, self.hop, self.edges = fft, hop, edges
        filters = torchaudio.functional.melscale_fbanks(
            fft // 2 + 1, low, rate / 2, bands, rate, norm="slaney" if scale == "slaney" else None, mel_scale=scale
        )
        self.register_buffer("window", torch.hann_window(fft) if window is None else window, persistent=False)
        self.register_buffer("filters", filters, persistent=False)

    def forward(self, waves: torch.Tensor) -> torch.Tensor:
        """Return (N, 1 + T // hop, bands)."""
        spectrum = torch.stft(
            waves, self.fft, self.hop, window=self.window, center=True, pad_mode=self.edges, return_complex=True
        )
        return spectrum.abs().square().transpose(1, 2) @ self.filters
