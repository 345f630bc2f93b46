"""VideoMAE (Tong et al. 2022), by name: clips to the mean of its last hidden state over patches.

The folder of the weight file also holds the model's config.json and preprocessor_config.json. Its position embedding is
a fixed function, so another size than that of training is possible; another number of frames is not.
"""

from __future__ import annotations

import functools
from pathlib import Path

import torch
from torch import nn

from conclugen.features.backbone import Backbone, WeightFile
from conclugen.features.pixels import Normalise
from conclugen.features.pretrained import files_of, load_model, read_config, read_json, title
from conclugen.store.weights import WeightsError

SIZE = 224


class VideoMAE(nn.Module):
    """Clips (N, 3, T, S, S), RGB in [0, 1], to the mean of the last hidden state (N, dim)."""

    def __init__(self, model: nn.Module, mean: list[float], std: list[float]) -> None:
        super().__init__()
        self.model, self.dim = model, model.config.hidden_size
        self.normalise = Normalise(mean, std)

    def forward(self, clips: torch.Tensor) -> torch.Tensor:
        """Return (N, dim)."""
        return self.model(self.normalise(clips.transpose(1, 2))).last_hidden_state.float().mean(1)


def construct(path: Path, window: int, size: int | None) -> nn.Module:
    """Build from the model's folder. Raises WeightsError for a window or a size that the model cannot take."""
    config = read_config(path, ("videomae",))
    if config.num_frames != window:
        raise WeightsError(f"{path.parent}: it looks at {config.num_frames} frames; set window to that, not {window}")
    config.image_size = size or SIZE
    if config.image_size % config.patch_size:
        raise WeightsError(f"{path.parent}: size {config.image_size} is no multiple of its patch, {config.patch_size}")
    preprocessor = read_json(path, "preprocessor_config.json")
    return VideoMAE(load_model(path, config), preprocessor["image_mean"], preprocessor["image_std"])


def build(weights: WeightFile | None, model: str | None, window: int, size: int | None) -> Backbone:
    """Return the backbone for windows of that many frames. Raises WeightsError when no file is named."""
    return Backbone(
        name=title("videomae", model, weights),
        weights=files_of("videomae", model, weights, "i3d"),
        construct=functools.partial(construct, window=window, size=size),
        preprocessing="RGB, mean and std of its preprocessor, mean of the last hidden state over patches",
        dim=None,
        licence=f"that of {model or 'the file given'}",
        size=SIZE,
    )
