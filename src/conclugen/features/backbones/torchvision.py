"""Any image classifier of torchvision, by name: images to what its classifier sees.

A name is an architecture (`resnet50`: its best published weights) or one of its published weights
(`resnet50.IMAGENET1K_V1`), whose mean, deviation and size are used. A file of your own for one of these architectures
may have any number of classes; its classifier is loaded, checked and left out.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import torch
import torchvision
from torch import nn

from conclugen.features.backbone import Backbone, WeightFile, load_strictly, required, staged
from conclugen.features.pixels import Normalise
from conclugen.store.weights import WeightsError, load_state

HEADS = ("fc", "classifier", "head", "heads")  # whatever the architecture calls its classifier
ONE_SIZE = ("vit_", "maxvit")  # these are built for one size of image
# Published with Inception's own scaling, which these two do by themselves when told to.
RESCALE = ("googlenet", "inception_v3")


class TorchvisionImages(nn.Module):
    """Images (N, 3, S, S), RGB in [0, 1], to the input of the network's last classifier (N, dim)."""

    def __init__(self, network: nn.Module, about: Any, size: int) -> None:
        super().__init__()
        self.normalise = Normalise(about.mean, about.std)
        self.network = network.eval()
        with torch.inference_mode():
            self.dim = self(torch.zeros(1, 3, size, size)).shape[1]

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return (N, dim)."""
        return self.network(self.normalise(images)).float().flatten(1)


def construct(path: Path, model: str, size: int) -> nn.Module:
    """Build the network `model` from a state dict. Raises WeightsError where a parameter is missing or has no place."""
    state, weights = load_state(path), published(model)
    architecture = model.partition(".")[0]
    with torch.device("meta"):
        last = last_layer(torchvision.models.get_model(architecture, weights=None))
    classes = state.get(f"{last}.weight")
    if not isinstance(classes, torch.Tensor):
        raise WeightsError(f"{path}: not the weights of {architecture}: {last}.weight is missing")
    options = {"image_size": weights.transforms().crop_size[0]} if architecture.startswith("vit_") else {}
    options |= {"init_weights": False} if architecture in RESCALE else {}
    network = torchvision.models.get_model(architecture, weights=None, num_classes=len(classes), **options)
    if architecture in RESCALE:
        network.transform_input = True
    load_strictly(network, state, str(path))
    parent, _, name = last.rpartition(".")
    setattr(network.get_submodule(parent), name, nn.Identity())
    return TorchvisionImages(network, weights.transforms(), size).to(memory_format=torch.channels_last)


def last_layer(network: nn.Module) -> str:
    """Return the name of the last layer of the classifier."""
    for head in HEADS:
        if (part := getattr(network, head, None)) is not None:
            layers = [n for n, m in part.named_modules(prefix=head) if isinstance(m, nn.Linear | nn.Conv2d)]
            return layers[-1]
    raise ValueError(f"{type(network).__name__} has no classifier that is known")


def published(model: str) -> Any:
    """Return torchvision's entry of a name's weights. Raises ValueError for a name that it does not have."""
    architecture, _, which = model.partition(".")
    try:
        entries = torchvision.models.get_model_weights(architecture)
        return entries[which] if which else entries.DEFAULT
    except (ValueError, KeyError) as error:
        raise ValueError(f"model {model!r} is unknown to torchvision {torchvision.__version__}") from error


def build(weights: WeightFile | None, model: str | None, size: int | None) -> Backbone:
    """Return the backbone. Raises WeightsError when no file is named and ValueError for a model or size it has not."""
    model = required("torchvision", model)
    published_size = published(model).transforms().crop_size[0]
    if model.startswith(ONE_SIZE) and size not in (None, published_size):
        raise ValueError(f"{model} takes images of {published_size} pixels only: set size to null")
    size = size or published_size
    return Backbone(
        name=f"torchvision: {model}",
        weights=staged("torchvision", weights, published(model).url, "mobilenet_v2"),
        construct=functools.partial(construct, model=model, size=size),
        preprocessing="RGB, mean and std of the published weights, the input of the last classifier",
        dim=None,
        licence="BSD-3-Clause (torchvision); ImageNet terms for the data",
        size=size,
    )
