"""wav2vec 2.0 (Baevski et al. 2020), HuBERT (Hsu et al. 2021), WavLM (Chen et al. 2022) and their kin, by name.

Sound to the mean over time of the last hidden state. The folder of the weight file also holds the model's config.json
and preprocessor_config.json.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pad_sequence

from conclugen.features.backbone import Backbone, WeightFile
from conclugen.features.pretrained import files_of, load_model, read_config, read_json, title
from conclugen.features.sentences import mean_over_tokens
from conclugen.store.weights import WeightsError

KINDS = ("wav2vec2", "hubert", "wavlm", "data2vec-audio", "unispeech", "unispeech-sat")
RATE = 16_000
SHORTEST = 400  # samples that make one frame
EPSILON = 1e-7  # under the root of the variance


class SpeechEncoder(nn.Module):
    """Waves, a list of (T,) at 16 kHz, to the mean of the last hidden state over time (N, dim)."""

    def __init__(self, model: nn.Module, normalise: bool) -> None:
        """`normalise`: every wave gets mean 0 and variance 1, as the model's preprocessor says."""
        super().__init__()
        self.model, self.normalise = model, normalise
        self.dim = model.config.hidden_size
        # Group normalisation runs over time and would see padding; such models take waves of one length.
        self.masked = getattr(model.config, "feat_extract_norm", "layer") == "layer"

    def forward(self, waves: list[torch.Tensor]) -> torch.Tensor:
        """Return (N, dim). No wave depends on its neighbours."""
        waves = [self.prepared(wave) for wave in waves]
        if self.masked:
            return self.together(waves)
        vectors: dict[int, torch.Tensor] = {}
        for length in sorted({len(wave) for wave in waves}):
            rows = [row for row, wave in enumerate(waves) if len(wave) == length]
            states = self.model(torch.stack([waves[row] for row in rows])).last_hidden_state
            vectors.update(zip(rows, states.float().mean(1), strict=True))
        return torch.stack([vectors[row] for row in range(len(waves))])

    def prepared(self, wave: torch.Tensor) -> torch.Tensor:
        """Return a wave normalised, then with zeros behind it if it is too short for a frame."""
        if self.normalise:
            wave = (wave - wave.mean()) / torch.sqrt(wave.var(correction=0) + EPSILON)
        return F.pad(wave, (0, max(0, SHORTEST - len(wave))))

    def together(self, waves: list[torch.Tensor]) -> torch.Tensor:
        """Return (N, dim) of waves that are padded to a common length, with a mask for attention and for the mean."""
        lengths = torch.tensor([len(wave) for wave in waves], device=waves[0].device)
        batch = pad_sequence(waves, batch_first=True)
        mask = torch.arange(batch.shape[1], device=batch.device) < lengths[:, None]
        states = self.model(batch, attention_mask=mask.long()).last_hidden_state.float()
        frames = torch.arange(states.shape[1], device=batch.device) < self.frames(lengths)[:, None]
        return mean_over_tokens(states, frames)

    def frames(self, lengths: torch.Tensor) -> torch.Tensor:
        """Return how many frames the convolutions make of that many samples."""
        for kernel, stride in zip(self.model.config.conv_kernel, self.model.config.conv_stride, strict=True):
            lengths = (lengths - kernel) // stride + 1
        return lengths


def construct(path: Path) -> nn.Module:
    """Build from the model's folder. Raises WeightsError for another kind of model, rate or set of parameters."""
    config = read_config(path, KINDS)
    if getattr(config, "add_adapter", False):
        raise WeightsError(f"{path.parent}: a model with an adapter on top; use the one without")
    preprocessor = read_json(path, "preprocessor_config.json")
    if (rate := preprocessor.get("sampling_rate", RATE)) != RATE:
        raise WeightsError(f"{path.parent}: made for {rate} samples per second; this backbone gives {RATE}")
    return SpeechEncoder(load_model(path, config), bool(preprocessor.get("do_normalize", True)))


def build(weights: WeightFile | None = None, model: str | None = None) -> Backbone:
    """Return the backbone. Raises WeightsError when no file is named."""
    return Backbone(
        name=title("speech_encoder", model, weights),
        weights=files_of("speech_encoder", model, weights, "resemblyzer"),
        construct=construct,
        preprocessing="16 kHz, normalised as its preprocessor says, mean of the last hidden state over time",
        dim=None,
        licence=f"that of {model or 'the file given'}",
        rate=RATE,
    )
