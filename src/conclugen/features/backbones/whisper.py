"""The encoder of Whisper (Radford et al. 2022), by name: sound to the mean over time of its last hidden state.

Whisper hears 30 seconds at a time, no more and no less. Longer sound is cut into pieces of that length; the rest is
filled with silence, as in training, and the states of what was filled are left out of the mean. The folder of the
weight file also holds the model's config.json and preprocessor_config.json.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn
from transformers import WhisperFeatureExtractor

from conclugen.features.backbone import Backbone, WeightFile
from conclugen.features.pretrained import files_of, load_model, read_config, read_json, title
from conclugen.store.weights import WeightsError

RATE = 16_000
PIECES = 8  # in a forward pass; bounds memory, since every piece is filled up


class WhisperEncoder(nn.Module):
    """Waves, a list of (T,) at 16 kHz, to the mean of the encoder's states over the sound (N, dim)."""

    def __init__(self, encoder: nn.Module, spectra: WhisperFeatureExtractor) -> None:
        super().__init__()
        self.encoder, self.spectra = encoder, spectra
        self.dim = encoder.config.d_model
        self.step = spectra.n_samples // encoder.config.max_source_positions  # samples per state

    def forward(self, waves: list[torch.Tensor]) -> torch.Tensor:
        """Return (N, dim). No wave depends on its neighbours."""
        pieces = [(row, piece) for row, wave in enumerate(waves) for piece in wave.split(self.spectra.n_samples)]
        sums = torch.zeros(len(waves), self.dim, device=waves[0].device)
        counts = torch.zeros(len(waves), 1, device=waves[0].device)
        for begin in range(0, len(pieces), PIECES):
            batch = pieces[begin : begin + PIECES]
            states = self.states([piece for _, piece in batch])
            for (row, piece), state in zip(batch, states, strict=True):
                heard = state[: -(-len(piece) // self.step)]
                sums[row] += heard.sum(0)
                counts[row] += len(heard)
        return sums / counts.clamp_min(1)

    def states(self, pieces: list[torch.Tensor]) -> torch.Tensor:
        """Return the states (P, positions, dim) of pieces of at most 30 seconds."""
        sound = [piece.cpu().numpy() for piece in pieces]
        spectra = self.spectra(sound, sampling_rate=RATE, return_tensors="pt", device=str(pieces[0].device))
        return self.encoder(spectra["input_features"].to(pieces[0].device)).last_hidden_state.float()


def construct(path: Path) -> nn.Module:
    """Build from the model's folder; the decoder is loaded, checked and left out."""
    config = read_config(path, ("whisper",))
    read_json(path, "preprocessor_config.json")
    spectra = WhisperFeatureExtractor.from_pretrained(path.parent, local_files_only=True)
    if spectra.sampling_rate != RATE or spectra.n_samples != 2 * spectra.hop_length * config.max_source_positions:
        raise WeightsError(
            f"{path.parent}: {spectra.n_samples} samples at {spectra.sampling_rate} per second do not make the "
            f"{config.max_source_positions} positions of the encoder"
        )
    return WhisperEncoder(load_model(path, config).encoder, spectra)


def build(weights: WeightFile | None = None, model: str | None = None) -> Backbone:
    """Return the backbone. Raises WeightsError when no file is named."""
    return Backbone(
        name=title("whisper", model, weights),
        weights=files_of("whisper", model, weights, "resemblyzer"),
        construct=construct,
        preprocessing="16 kHz, pieces of 30 s, log-mel spectra, mean of the encoder's states over the sound alone",
        dim=None,
        licence=f"that of {model or 'the file given'}",
        rate=RATE,
    )
