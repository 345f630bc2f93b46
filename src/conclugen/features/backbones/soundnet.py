"""SoundNet (Aytar, Vondrick and Torralba 2016), the eight-layer network, embedded: sound to 1024 numbers (conv7).

It learned from two million videos to predict, from the sound, what image networks see.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from conclugen.features.backbone import Backbone, WeightFile, embedded, load_strictly
from conclugen.store.listing import WeightsError
from conclugen.store.packaged import packaged
from conclugen.store.weights import load_numpy_pickle

WEIGHTS = packaged("soundnet")
RATE = 22_050
SCALE = 256.0  # the network was trained on samples in -256..256
STEP = 8192  # samples from one output of the dense network to the next
# Channels, kernel, stride, padding, dilation, pooling. The last two convolutions had stride 2: here they go densely
# over time (the seventh dilated in turn), the same filters at four times the rate, since an utterance is short.
LAYERS = (
    (16, 64, 2, 32, 1, 8),
    (32, 32, 2, 16, 1, 8),
    (64, 16, 2, 8, 1, 1),
    (128, 8, 2, 4, 1, 1),
    (256, 4, 2, 2, 1, 4),
    (512, 4, 1, 2, 1, 1),
    (1024, 4, 1, 4, 2, 1),
)


class SoundNet(nn.Module):
    """Waves, a list of (T,) at 22,050 Hz, to the mean of conv7 over time (N, 1024)."""

    def __init__(self) -> None:
        super().__init__()
        layers, width = [], 1
        for channels, kernel, stride, padding, dilation, pooling in LAYERS:
            layers += [nn.Conv1d(width, channels, kernel, stride, padding, dilation), nn.BatchNorm1d(channels)]
            layers += [nn.ReLU(inplace=True), nn.MaxPool1d(pooling) if pooling > 1 else nn.Identity()]
            width = channels
        self.layers = nn.Sequential(*layers)

    def forward(self, waves: list[torch.Tensor]) -> torch.Tensor:
        """Return (N, 1024). Waves of one padded length go together, so no wave depends on its neighbours."""
        steps = [-(-len(wave) // STEP) for wave in waves]
        vectors: dict[int, torch.Tensor] = {}
        for count in sorted(set(steps)):
            rows = [row for row, step in enumerate(steps) if step == count]
            batch = torch.stack([F.pad(waves[row], (0, count * STEP - len(waves[row]))) for row in rows])
            vectors.update(zip(rows, self.layers(batch[:, None] * SCALE).mean(2), strict=True))
        return torch.stack([vectors[row] for row in range(len(waves))])


def construct(path: Path) -> nn.Module:
    """Build from the published arrays, read by an unpickler that admits nothing else."""
    return load_strictly(SoundNet(), dict(state(arrays(path.read_bytes()))), str(path))


def arrays(data: bytes) -> dict[str, dict[str, np.ndarray]]:
    """Return the layers in an .npy file that holds one pickled dict of arrays. Raises WeightsError otherwise."""
    file = io.BytesIO(data)
    version = np.lib.format.read_magic(file)
    shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    if version != (1, 0) or shape != () or not dtype.hasobject:
        raise WeightsError(f"an array of {dtype} {shape}, version {version}, where one pickled dict was expected")
    return load_numpy_pickle(data[file.tell() :]).item()


def state(layers: dict[str, Any]) -> Iterator[tuple[str, torch.Tensor]]:
    """Yield the parameters of `SoundNet`; the two classifiers (conv8) are left out."""
    for index in range(len(LAYERS)):
        layer, conv, norm = layers[f"conv{index + 1}"], f"layers.{4 * index}", f"layers.{4 * index + 1}"
        yield f"{conv}.weight", torch.from_numpy(np.ascontiguousarray(layer["weights"][:, 0].transpose(2, 1, 0)))
        yield f"{conv}.bias", torch.from_numpy(layer["biases"])
        for ours, theirs in (("weight", "gamma"), ("bias", "beta"), ("running_mean", "mean"), ("running_var", "var")):
            yield f"{norm}.{ours}", torch.from_numpy(layer[theirs])
        yield f"{norm}.num_batches_tracked", torch.tensor(0)


def build(weights: WeightFile | None = None) -> Backbone:
    """Return the backbone."""
    embedded("soundnet", weights)
    return Backbone(
        name="soundnet",
        weights=WEIGHTS,
        construct=construct,
        preprocessing="22,050 Hz, times 256, mean of conv7 (dense) over time",
        dim=1024,
        licence="MIT",
        rate=RATE,
    )
