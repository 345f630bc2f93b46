"""Sentences: from strings to the mean of a transformer's last hidden states."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn
from transformers import AutoTokenizer


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


def mean_over_tokens(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return the mean (N, D) of states (N, T, D) where mask (N, T) is 1."""
    weights = mask.unsqueeze(-1).to(states.dtype)
    return (states * weights).sum(1) / weights.sum(1).clamp_min(1.0)
