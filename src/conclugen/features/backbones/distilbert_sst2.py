"""DistilBERT (Sanh et al. 2019) fine-tuned for the sentiment of film reviews: text to 768 numbers.

The paper's backbone of text. The folder of the weight file also holds the model's config.json and tokenizer files.
"""

from __future__ import annotations

from pathlib import Path

from torch import nn
from transformers import AutoConfig, DistilBertForSequenceClassification

from conclugen.features.backbone import Backbone, WeightFile, staged
from conclugen.features.sentences import encoder_of_classifier
from conclugen.store.weights import WeightsError

SOURCE = (
    "the model distilbert-base-uncased-finetuned-sst-2-english: model.safetensors, with config.json, vocab.txt and "
    "tokenizer_config.json in the same folder"
)
MAX_TOKENS = 512


def construct(path: Path) -> nn.Module:
    """Build from the published files; the classifier is loaded, checked and left out."""
    for name in ("config.json", "tokenizer_config.json"):
        if not (path.parent / name).is_file():
            raise WeightsError(f"{path.parent / name}: missing beside the weights; get it from {SOURCE}")
    config = AutoConfig.from_pretrained(path.parent, local_files_only=True)
    model = DistilBertForSequenceClassification(config)
    return encoder_of_classifier(path, model, MAX_TOKENS)


def build(weights: WeightFile | None = None) -> Backbone:
    """Return the backbone. Raises WeightsError when no file is named."""
    return Backbone(
        name="distilbert_sst2",
        weights=staged("distilbert_sst2", weights, SOURCE, "minilm", folder=True),
        construct=construct,
        preprocessing=f"lower-case word pieces, at most {MAX_TOKENS}, mean of the last hidden state over tokens",
        dim=768,
        licence="Apache-2.0",
    )
