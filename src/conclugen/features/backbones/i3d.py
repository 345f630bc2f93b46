"""I3D (Carreira and Zisserman 2017), RGB, trained on Kinetics-400, embedded: clips to 1024 numbers.

The published weights are those of a TensorFlow network, so padding is TensorFlow's SAME (more at the end than at the
beginning where it is odd), and batch normalisation has no scale and an epsilon of 1e-3; it is folded into the
convolutions when the file is read.
"""

from __future__ import annotations

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

WEIGHTS = packaged("i3d")
EPSILON = 1e-3
HEAD = "Logits/Conv3d_0c_1x1"
# Channels of branch 0, branch 1 (1x1, 3x3), branch 2 (1x1, 3x3) and branch 3 of each Inception block.
BLOCKS = {
    "Mixed_3b": (64, 96, 128, 16, 32, 32),
    "Mixed_3c": (128, 128, 192, 32, 96, 64),
    "Mixed_4b": (192, 96, 208, 16, 48, 64),
    "Mixed_4c": (160, 112, 224, 24, 64, 64),
    "Mixed_4d": (128, 128, 256, 24, 64, 64),
    "Mixed_4e": (112, 144, 288, 32, 64, 64),
    "Mixed_4f": (256, 160, 320, 32, 128, 128),
    "Mixed_5b": (256, 160, 320, 32, 128, 128),
    "Mixed_5c": (384, 192, 384, 48, 128, 128),
}


def same_padding(length: int, kernel: int, stride: int) -> tuple[int, int]:
    """Return TensorFlow's SAME padding before and after an axis."""
    total = max((-(-length // stride) - 1) * stride + kernel - length, 0)
    return total // 2, total - total // 2


def pad_same(x: torch.Tensor, kernel: tuple[int, int, int], stride: tuple[int, int, int]) -> torch.Tensor:
    """Pad (N, C, T, H, W) with zeros for a SAME convolution (or pooling of what is not negative)."""
    pads: list[int] = []
    for axis in (2, 1, 0):
        pads += same_padding(x.shape[2 + axis], kernel[axis], stride[axis])
    return F.pad(x, pads) if any(pads) else x


class Unit(nn.Module):
    """SAME convolution with a folded batch norm, then ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.kernel, self.stride = (kernel,) * 3, (stride,) * 3
        # With stride 1 and an odd kernel SAME is symmetric, and the convolution pads by itself.
        self.conv = nn.Conv3d(inputs, outputs, kernel, stride, padding=kernel // 2 if stride == 1 else 0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (N, outputs, T', H', W')."""
        return F.relu_(self.conv(x if self.stride == (1, 1, 1) else pad_same(x, self.kernel, self.stride)))


class Inception(nn.Module):
    """Four parallel branches, concatenated over channels."""

    def __init__(self, inputs: int, channels: tuple[int, ...]) -> None:
        super().__init__()
        zero, one_in, one_out, two_in, two_out, three = channels
        self.branch0 = Unit(inputs, zero, 1)
        self.branch1 = nn.Sequential(Unit(inputs, one_in, 1), Unit(one_in, one_out, 3))
        self.branch2 = nn.Sequential(Unit(inputs, two_in, 1), Unit(two_in, two_out, 3))
        self.branch3 = Unit(inputs, three, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (N, sum of the branches, T, H, W)."""
        pooled = F.max_pool3d(x, 3, 1, padding=1)
        return torch.cat((self.branch0(x), self.branch1(x), self.branch2(x), self.branch3(pooled)), 1)


def pool(x: torch.Tensor, kernel: tuple[int, int, int], stride: tuple[int, int, int]) -> torch.Tensor:
    """SAME max pooling of activations that are not negative."""
    return F.max_pool3d(pad_same(x, kernel, stride), kernel, stride)


class I3D(nn.Module):
    """Clips (N, 3, T, H, W), RGB in [0, 1], to the mean of Mixed_5c (N, 1024)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1a = Unit(3, 64, 7, 2)
        self.conv2b = Unit(64, 64, 1)
        self.conv2c = Unit(64, 192, 3)
        blocks, width = {}, 192
        for name, channels in BLOCKS.items():
            blocks[name] = Inception(width, channels)
            width = channels[0] + channels[2] + channels[4] + channels[5]
        self.blocks = nn.ModuleDict(blocks)
        self.head = nn.Conv3d(width, 400, 1)

    def forward(self, clips: torch.Tensor) -> torch.Tensor:
        """Return (N, 1024)."""
        return self.maps(clips).float().mean((2, 3, 4))

    def logits(self, clips: torch.Tensor) -> torch.Tensor:
        """Return the logits of the 400 Kinetics classes (N, 400); for checking the port."""
        pooled = self.maps(clips).mean((2, 3, 4), keepdim=True)
        return self.head(pooled).flatten(1)

    def maps(self, clips: torch.Tensor) -> torch.Tensor:
        """Return Mixed_5c (N, 1024, T / 8, H / 32, W / 32)."""
        x = clips.mul(2.0).sub(1.0).contiguous(memory_format=torch.channels_last_3d)
        x = pool(self.conv1a(x), (1, 3, 3), (1, 2, 2))
        x = pool(self.conv2c(self.conv2b(x)), (1, 3, 3), (1, 2, 2))
        for name, block in self.blocks.items():
            if name == "Mixed_4b":
                x = pool(x, (3, 3, 3), (2, 2, 2))
            if name == "Mixed_5b":
                x = pool(x, (2, 2, 2), (2, 2, 2))
            x = block(x)
        return x


def construct(path: Path) -> nn.Module:
    """Build from the checkpoint of numpy arrays, read by an unpickler that admits nothing else."""
    network = I3D()
    load_strictly(network, dict(state(load_numpy_pickle(path.read_bytes()))), str(path))
    return network.to(memory_format=torch.channels_last_3d)


def state(checkpoint: dict[str, Any]) -> Iterator[tuple[str, torch.Tensor]]:
    """Yield the parameters of `I3D` from the nested arrays of the checkpoint, batch norms folded.

    Raises WeightsError when a layer is missing.
    """
    parameters, statistics = checkpoint["params"], checkpoint["batch_stats"]
    for ours, theirs in layers():
        try:
            kernel, bias = folded(_at(parameters, theirs), _at(statistics, theirs) if ours != "head" else None)
        except KeyError as error:
            raise WeightsError(f"the checkpoint has no {'/'.join(theirs)}: {error}") from error
        name = ours if ours == "head" else f"{ours}.conv"
        yield f"{name}.weight", kernel
        yield f"{name}.bias", bias


def layers() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each convolution's name here and its path in the checkpoint."""
    for ours, theirs in (("conv1a", "Conv3d_1a_7x7"), ("conv2b", "Conv3d_2b_1x1"), ("conv2c", "Conv3d_2c_3x3")):
        yield ours, (theirs,)
    branches = {
        "branch0": "Branch_0/Conv3d_0a_1x1",
        "branch1.0": "Branch_1/Conv3d_0a_1x1",
        "branch1.1": "Branch_1/Conv3d_0b_3x3",
        "branch2.0": "Branch_2/Conv3d_0a_1x1",
        "branch2.1": "Branch_2/Conv3d_0b_3x3",
        "branch3": "Branch_3/Conv3d_0b_1x1",
    }
    for block in BLOCKS:
        for ours, theirs in branches.items():
            yield f"blocks.{block}.{ours}", (block, theirs)
    yield "head", (HEAD,)


def folded(layer: dict[str, Any], statistics: dict[str, Any] | None) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the kernel (O, I, T, H, W) and bias (O,) of a convolution followed by its batch norm."""
    kernel = np.asarray(layer["Conv_0"]["kernel"], np.float64).transpose(4, 3, 0, 1, 2)
    if statistics is None:
        bias = np.asarray(layer["Conv_0"]["bias"], np.float64)
    else:
        norm = statistics["BatchNorm_0"]
        scale = 1.0 / np.sqrt(np.asarray(norm["var"], np.float64).ravel() + EPSILON)
        bias = np.asarray(layer["BatchNorm_0"]["bias"], np.float64) - np.asarray(norm["mean"]).ravel() * scale
        kernel = kernel * scale[:, None, None, None, None]
    return torch.from_numpy(kernel.astype(np.float32)), torch.from_numpy(bias.astype(np.float32))


def _at(tree: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    for name in path:
        tree = tree[name]
    return tree


def build(weights: WeightFile | None = None) -> Backbone:
    """Return the backbone."""
    embedded("i3d", weights)
    return Backbone(
        name="i3d",
        weights=WEIGHTS,
        construct=construct,
        preprocessing="RGB in [-1, 1], mean of Mixed_5c over time and space",
        dim=1024,
        licence="Apache-2.0 (DeepMind's I3D, RGB, Kinetics-400); package MIT",
        size=112,
    )
