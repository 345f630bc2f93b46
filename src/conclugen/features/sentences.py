"""Sentences: from strings to the mean of a transformer's last hidden states."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn
from transformers import AutoTokenizer, PreTrainedModel

from conclugen.features.backbone import load_strictly
from conclugen.store.weights import load_state


class SentenceEncoder(nn.Module):
    """Strings, a list of N, to the mean over tokens of the last hidden state (N, D), padding left out."""

    def __init__(self, folder: Path, model: nn.Module, max_tokens: int) -> None:
        """`folder` holds the tokenizer; longer texts are cut to `max_tokens`. Nothing is downloaded."""
        super().__init__()
        self.tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self.model, self.max_tokens = model, max_tokens

    def forward(self, texts: list[str]) -> torch.Tensor:
        """Return (N, D)."""
        where = next(self.model.parameters()).device
        tokens = self.tokenizer(
            texts, padding=True, truncation=True, max_length=self.max_tokens, return_tensors="pt"
        ).to(where)
        mask = tokens["attention_mask"]
        states = self.model(input_ids=tokens["input_ids"], attention_mask=mask).last_hidden_state.float()
        return mean_over_tokens(states, mask)


def encoder_of_classifier(path: Path, model: PreTrainedModel, max_tokens: int) -> SentenceEncoder:
    """Load the published file of a classifier of texts strictly into `model`, and leave its classifier out."""
    state = load_state(path)
    # 0, 1, 2 …: the network counts by itself
    state.pop(f"{model.base_model_prefix}.embeddings.position_ids", None)
    load_strictly(model, state, str(path))
    return SentenceEncoder(path.parent, model.base_model, max_tokens)


def mean_over_tokens(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return the mean (N, D) of states (N, T, D) where mask (N, T) is 1."""
    weights = mask.unsqueeze(-1).to(states.dtype)
    return (states * weights).sum(1) / weights.sum(1).clamp_min(1.0)
