"""A network that was pretrained on faces here (SSL-FER, docs/images.md): images to its representation.

Its file says how it is built and what part of a picture it sees; the head that contrast needed is left out.
`images/backbone.py` builds it, found by its name, as backbones are: streams import nothing of what stands on them.
"""

from __future__ import annotations

import importlib
from pathlib import Path

from torch import nn

from conclugen.features.backbone import Backbone, WeightFile, staged

SOURCE = "a run of your own: results/images/NAME/networks/PRESET/METHOD/seedN/model.safetensors"


def construct(path: Path) -> nn.Module:
    """Build from a file. Raises WeightsError where it tells no network, or others than its weights are."""
    return importlib.import_module("conclugen.images.backbone").Representation(path)


def build(weights: WeightFile | None) -> Backbone:
    """Return the backbone. Raises WeightsError when no file is named."""
    return Backbone(
        name="image_network",
        weights=staged("image_network", weights, SOURCE, "mobilenet_v2"),
        construct=construct,
        preprocessing="RGB or grey in [0, 1], the middle as the network saw it, its representation before the head",
        dim=None,
        licence="that of the pictures it learned from",
        size=112,
    )
