"""BERT, RoBERTa, MPNet and other encoders, by name: text to the mean over tokens of the last hidden state.

The folder of the weight file also holds the model's config.json and its tokenizer.
"""

from __future__ import annotations

from pathlib import Path

from torch import nn

from conclugen.features.backbone import Backbone, WeightFile
from conclugen.features.pretrained import files_of, load_model, read_config, title
from conclugen.features.sentences import SentenceEncoder
from conclugen.store.weights import WeightsError

MAX_TOKENS = 512
RESERVED = 2  # positions that RoBERTa and its kin do not give to tokens


def construct(path: Path) -> nn.Module:
    """Build from the model's folder. Raises WeightsError for a model that also has a decoder, or without tokenizer."""
    config = read_config(path, ())
    if config.is_encoder_decoder or not getattr(config, "hidden_size", None):
        raise WeightsError(
            f"{path.parent}: a model of type {config.model_type!r}; this backbone takes encoders of text"
        )
    model = load_model(path, config)
    positions = getattr(config, "max_position_embeddings", None) or MAX_TOKENS
    padded = getattr(getattr(model, "embeddings", None), "padding_idx", None)
    tokens = min(MAX_TOKENS, positions - (RESERVED if padded else 0))
    try:
        encoder = SentenceEncoder(path.parent, model, tokens)
    except (OSError, ValueError, KeyError) as error:
        raise WeightsError(f"{path.parent}: its tokenizer cannot be used ({error})") from error
    encoder.max_tokens = min(tokens, encoder.tokenizer.model_max_length)
    encoder.dim = config.hidden_size
    return encoder


def build(weights: WeightFile | None = None, model: str | None = None) -> Backbone:
    """Return the backbone. Raises WeightsError when no file is named."""
    return Backbone(
        name=title("text_encoder", model, weights),
        weights=files_of("text_encoder", model, weights, "minilm"),
        construct=construct,
        preprocessing=f"its own tokens, at most {MAX_TOKENS}, mean of the last hidden state over tokens",
        dim=None,
        licence=f"that of {model or 'the file given'}",
    )
