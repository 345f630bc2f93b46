"""DistilRoBERTa fine-tuned for seven emotions (Hartmann 2022): text to 768 numbers.

The backbone of text in the authors' code. Six data sets with labels of emotion went into it, MELD among them: a score
on MELD that uses it is contaminated. The folder of the weight file also holds config.json and the tokenizer's files.
"""

from __future__ import annotations

from pathlib import Path

from torch import nn
from transformers import RobertaForSequenceClassification

from conclugen.features.backbone import Backbone, WeightFile, staged
from conclugen.features.pretrained import read_config, read_json
from conclugen.features.sentences import encoder_of_classifier

SOURCE = (
    "the model j-hartmann/emotion-english-distilroberta-base: pytorch_model.bin, with config.json, vocab.json, "
    "merges.txt and tokenizer_config.json in the same folder"
)
MAX_TOKENS = 512


def construct(path: Path) -> nn.Module:
    """Build from the published files; the classifier is loaded, checked and left out."""
    read_json(path, "tokenizer_config.json")
    model = RobertaForSequenceClassification(read_config(path, ("roberta",)))
    return encoder_of_classifier(path, model, min(MAX_TOKENS, model.config.max_position_embeddings - 2))


def build(weights: WeightFile | None = None) -> Backbone:
    """Return the backbone. Raises WeightsError when no file is named."""
    return Backbone(
        name="distilroberta_emotion",
        weights=staged("distilroberta_emotion", weights, SOURCE, "minilm", folder=True),
        construct=construct,
        preprocessing=f"byte pairs, at most {MAX_TOKENS}, mean of the last hidden state over tokens",
        dim=768,
        licence="not stated with the files",
    )
