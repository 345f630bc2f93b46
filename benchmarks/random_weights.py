"""Weight files of the paper's four networks with random numbers in them: speed does not depend on what they hold."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch
import torchvision
from safetensors.torch import save_file
from torch import nn
from transformers import DistilBertConfig, DistilBertForSequenceClassification

from conclugen.features.backbones import minilm
from conclugen.features.backbones.davenet import Davenet
from conclugen.features.backbones.r3d101 import R3D101
from conclugen.store.weights import file_sha256

NETWORKS = {"frames2d": "resnet152", "frames3d": "r3d101", "audio": "davenet", "text": "distilbert_sst2"}
SETTINGS = {"frames2d": {"size": 180}, "frames3d": {"size": 180}, "audio": {}, "text": {}}  # of configs/paper.yaml
VOCABULARY = 30_522


def features(folder: Path) -> dict[str, dict[str, Any]]:
    """Write the files and return the `features` of a configuration that uses them."""
    torch.manual_seed(0)
    written = {
        "frames2d": _save(torchvision.models.resnet152(), folder / "resnet152.pth"),
        "frames3d": _save(R3D101(), folder / "r3d101.pth"),
        "audio": _save(Davenet(), folder / "davenet.pth"),
        "text": _distilbert(folder / "distilbert"),
    }
    return {
        stream: {"backbone": NETWORKS[stream], "weights": {"path": str(path), "sha256": file_sha256(path)}, **more}
        for (stream, path), more in zip(written.items(), SETTINGS.values(), strict=True)
    }


def _save(network: nn.Module, path: Path) -> Path:
    torch.save(network.state_dict(), path)
    return path


def _distilbert(folder: Path) -> Path:
    """The published layout, with the words of the embedded network of texts, which are the same."""
    model = DistilBertForSequenceClassification(DistilBertConfig(vocab_size=VOCABULARY))
    model.config.save_pretrained(folder)
    shutil.copy(minilm.WEIGHTS.locate().parent / "vocab.txt", folder)
    about = {"tokenizer_class": "DistilBertTokenizer", "do_lower_case": True, "model_max_length": 512}
    (folder / "tokenizer_config.json").write_text(json.dumps(about))
    save_file(model.state_dict(), folder / "model.safetensors")
    return folder / "model.safetensors"
