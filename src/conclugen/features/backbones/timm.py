"""Any image network of the timm library (Wightman 2019), by name: images to its pooled features before the classifier.

DINOv2, CLIP's vision towers, ConvNeXt, EfficientNet and some 1,300 others. Mean, deviation and size are those of timm's
own data configuration of the name. A file of your own for one of these architectures (a network trained on faces, say)
may have any number of classes; its classifier is loaded, checked and left out.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import timm
import torch
from torch import nn

from conclugen.features.backbone import Backbone, WeightFile, required, staged
from conclugen.features.pixels import Normalise
from conclugen.store.weights import WeightsError, load_state


class TimmImages(nn.Module):
    """Images (N, 3, S, S), RGB in [0, 1], to the network's own pooled features (N, dim)."""

    def __init__(self, network: nn.Module, size: int) -> None:
        super().__init__()
        data = timm.data.resolve_model_data_config(network)
        self.normalise = Normalise(data["mean"], data["std"])
        network.reset_classifier(0)
        self.network = network.eval()
        with torch.inference_mode():
            self.dim = self(torch.zeros(1, 3, size, size)).shape[1]

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return (N, dim)."""
        return self.network(self.normalise(images)).float()


def construct(path: Path, model: str, size: int) -> nn.Module:
    """Build the network `model` from a state dict. Raises WeightsError where a parameter is missing or has no place."""
    state = load_state(path)
    state = state.get("state_dict", state)
    if not state or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise WeightsError(f"{path}: expected a state dict of tensors")
    config = configuration(model)
    reasons = []
    for classes in _classes(config, state):
        try:
            network = _create(model, config, state, classes, size)
        except RuntimeError as error:
            reasons.append(" ".join(str(error).split())[:500])
            continue
        return TimmImages(network, size).to(memory_format=torch.channels_last)
    raise WeightsError(f"{path}: not the weights of {model}. {reasons[0]}")


def configuration(model: str) -> Any:
    """Return timm's configuration of a name, with or without its tag. Raises ValueError for an unknown name."""
    config = timm.get_pretrained_cfg(model, allow_unregistered=False) if timm.is_model(model) else None
    if config is None:
        raise ValueError(f"model {model!r} is unknown to timm {timm.__version__}")
    return config


def _classes(config: Any, state: dict[str, torch.Tensor]) -> list[int]:
    """How many classes the file may have: what its classifier says, else what the name's own file has, or none."""
    names = (config.classifier,) if isinstance(config.classifier, str) else tuple(config.classifier or ())
    counts = {len(state[f"{name}.weight"]) for name in names if f"{name}.weight" in state}
    return sorted(counts) if len(counts) == 1 else list(dict.fromkeys((config.num_classes, 0)))


def _create(model: str, config: Any, state: dict[str, torch.Tensor], classes: int, size: int) -> nn.Module:
    # A network for images of one size is told another, and its position embedding is resampled.
    other = {"img_size": size} if config.fixed_input_size and size != config.input_size[-1] else {}
    given = {"state_dict": dict(state), "num_classes": classes, "custom_load": False}
    try:
        return timm.create_model(model, pretrained=True, pretrained_cfg_overlay=given, num_classes=classes, **other)
    except TypeError as error:
        if not other:
            raise
        raise ValueError(f"{model} takes images of {config.input_size[-1]} pixels only: set size to null") from error


def build(weights: WeightFile | None, model: str | None, size: int | None) -> Backbone:
    """Return the backbone. Raises WeightsError when no file is named and ValueError for an unknown model."""
    model = required("timm", model)
    config = configuration(model)
    size = size or config.input_size[-1]
    return Backbone(
        name=f"timm: {model}",
        weights=staged("timm", weights, f"timm: {model} (snakemake weights)", "mobilenet_v2"),
        construct=functools.partial(construct, model=model, size=size),
        preprocessing="RGB, mean and std of timm's data configuration, its own pooling before the classifier",
        dim=None,
        licence=config.license or f"that of {model}",
        size=size,
    )
