"""Networks of the transformers library, from a folder with a weight file and its config.json. Nothing is downloaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import AutoConfig, AutoModel, PreTrainedConfig

from conclugen.features.backbone import StagedWeights, WeightFile, load_strictly
from conclugen.store.weights import WeightsError, load_state

# How older files name what the library now names otherwise.
RENAMED = {
    "LayerNorm.gamma": "LayerNorm.weight",
    "LayerNorm.beta": "LayerNorm.bias",
    ".weight_g": ".parametrizations.weight.original0",
    ".weight_v": ".parametrizations.weight.original1",
    "attention.q_bias": "attention.query.bias",
    "attention.v_bias": "attention.value.bias",
}
UNUSED = (
    "pooler.",
    "embeddings.position_ids",
)  # a head over the first token; 0, 1, 2 …
ONLY_TRAINING = ("masked_spec_embed",)  # stands for masked sound; some fine-tuned files lack it


def files_of(name: str, model: str | None, file: WeightFile | None, instead: str) -> StagedWeights:
    """Return the weights of a backbone by name; raises WeightsError when no file is named."""
    what = model or "the model"
    source = f"the model hub: {what}, its weights with config.json and what else lies in its folder"
    if file is None:
        raise WeightsError(
            f"{name} needs a weight file: stage {what} (snakemake weights) or set weights to its path and sha256, "
            f"or go on with the embedded backbone: {instead}."
        )
    return StagedWeights(file, source, instead, folder=True)


def title(name: str, model: str | None, file: WeightFile | None) -> str:
    """Return what a shard calls the backbone: its family, and its model or else the folder of its file."""
    return f"{name}: {model or (Path(file.path).parent.name if file else '')}"


def read_json(path: Path, name: str) -> dict[str, Any]:
    """Return the JSON file `name` beside the weights. Raises WeightsError where it is missing or no object."""
    beside = path.parent / name
    if not beside.is_file():
        raise WeightsError(f"{beside}: missing beside the weights; it belongs to the model's folder")
    try:
        values = json.loads(beside.read_text(encoding="utf-8"))
    except ValueError as error:
        raise WeightsError(f"{beside}: not JSON ({error})") from error
    if not isinstance(values, dict):
        raise WeightsError(f"{beside}: expected an object")
    return values


def read_config(path: Path, kinds: tuple[str, ...]) -> PreTrainedConfig:
    """Return the configuration beside the weights. Raises WeightsError for a model that is not one of `kinds`."""
    kind = read_json(path, "config.json").get("model_type")
    if kinds and kind not in kinds:
        raise WeightsError(f"{path.parent}: a model of type {kind!r}; this backbone takes {', '.join(kinds)}")
    try:
        return AutoConfig.from_pretrained(path.parent, local_files_only=True)
    except (ValueError, OSError, KeyError) as error:
        raise WeightsError(f"{path.parent / 'config.json'}: cannot be used ({error})") from error


def load_model(path: Path, config: PreTrainedConfig) -> nn.Module:
    """Return the bare network, without task heads, with every parameter from the file.

    Parameters of heads that the file holds beside the network are left out. Raises WeightsError where one of the
    network's own is missing, has another shape, or the file holds one that the network has no place for.
    """
    model = AutoModel.from_config(config, dtype=torch.float32)
    if getattr(model, "pooler", None) is not None:
        model.pooler = None
    state = {_renamed(name): value for name, value in load_state(path).items()}
    prefix = f"{model.base_model_prefix}."
    if any(name.startswith(prefix) for name in state):
        state = {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
    state = {name: value for name, value in state.items() if not name.startswith(UNUSED)}
    for name in ONLY_TRAINING:
        if (part := getattr(model, name, None)) is not None:
            state.setdefault(name, part.detach())
    return load_strictly(model, state, str(path))


def _renamed(name: str) -> str:
    for old, new in RENAMED.items():
        if name.endswith(old):
            return name.removesuffix(old) + new
    return name
