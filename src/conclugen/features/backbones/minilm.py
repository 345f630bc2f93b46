"""MiniLM-L6 trained on sentence pairs (all-MiniLM-L6-v2), embedded: text to 384 numbers."""

from __future__ import annotations

from pathlib import Path

from torch import nn
from transformers import AutoConfig, AutoModel

from conclugen.features.backbone import Backbone, WeightFile, embedded, load_strictly
from conclugen.features.sentences import SentenceEncoder
from conclugen.store.packaged import packaged
from conclugen.store.weights import load_state

WEIGHTS = packaged("minilm")
MAX_TOKENS = 256


def construct(path: Path) -> nn.Module:
    """Build from the weights and the configuration and tokenizer beside them."""
    model = AutoModel.from_config(AutoConfig.from_pretrained(path.parent, local_files_only=True))
    state = load_state(path)
    state.pop("embeddings.position_ids", None)  # 0, 1, 2 …: older files keep it, the network counts by itself
    load_strictly(model, state, str(path))
    return SentenceEncoder(path.parent, model, MAX_TOKENS)


def build(weights: WeightFile | None = None) -> Backbone:
    """Return the backbone."""
    embedded("minilm", weights)
    return Backbone(
        name="minilm",
        weights=WEIGHTS,
        construct=construct,
        preprocessing=f"lower-case word pieces, at most {MAX_TOKENS}, mean of the last hidden state over tokens",
        dim=384,
        licence="Apache-2.0",
    )
