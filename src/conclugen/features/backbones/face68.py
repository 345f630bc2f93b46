"""FaceLandmark68Net of face-api.js: faces to 68 landmarks in the order of iBUG 300-W.

Sixteen convolutions in four blocks; in a block the outputs of all convolutions so far are added up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from conclugen.features.backbone import Backbone, WeightFile, load_strictly, staged
from conclugen.features.face_shape import POINTS, SHAPE
from conclugen.features.landmarks import SUMMARY
from conclugen.store.packaged import verify
from conclugen.store.provenance import file_sha256
from conclugen.store.tfjs import manifest_of, read_tfjs

SOURCE = "npm: @vladmandic/face-api@1.7.15"
SHA256 = "4611ef65c87d836d03d684b30eec4d195d8b219fa1dd58fc58945831c6b9299b"
MANIFEST_SHA256 = "ca4886639f86e99b39fed0c155f81b63317225773bd9616716e887b0153389c9"
SIZE = 112
MEAN = (122.782 / 255, 117.001 / 255, 104.298 / 255)
WIDTHS = (3, 32, 64, 128, 256)

AXES = {  # of a kernel, from TensorFlow's order to torch's
    "filters": (3, 2, 0, 1),
    "depthwise_filter": (2, 3, 0, 1),
    "pointwise_filter": (3, 2, 0, 1),
    "weights": (1, 0),
}
NAMES = {"filters": "weight", "depthwise_filter": "depthwise.weight", "pointwise_filter": "pointwise.weight"}


def same(maps: torch.Tensor, stride: int) -> torch.Tensor:
    """Pad maps (N, C, H, W), H and W even or stride 1, for a 3x3 kernel as TensorFlow's 'SAME' does."""
    return F.pad(maps, (0, 1, 0, 1) if stride == 2 else (1, 1, 1, 1))


class Plain(nn.Conv2d):
    """A 3x3 convolution, padded as TensorFlow does."""

    def __init__(self, width: int, channels: int, stride: int) -> None:
        super().__init__(width, channels, 3, stride)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Return (N, channels, H / stride, W / stride)."""
        return super().forward(same(maps, self.stride[0]))


class Separable(nn.Module):
    """A 3x3 convolution of each channel, then one of all channels at each place, with the bias after both."""

    def __init__(self, width: int, channels: int, stride: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(width, width, 3, stride, groups=width, bias=False)
        self.pointwise = nn.Conv2d(width, channels, 1, bias=False)
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Return (N, channels, H / stride, W / stride)."""
        return self.pointwise(self.depthwise(same(maps, self.depthwise.stride[0]))) + self.bias[:, None, None]


class Block(nn.Module):
    """Four convolutions, the first with stride 2; each of the others sees the rectified sum of all before it."""

    def __init__(self, width: int, channels: int, first: type[nn.Module]) -> None:
        super().__init__()
        self.conv0 = first(width, channels, 2)
        self.conv1, self.conv2, self.conv3 = (Separable(channels, channels, 1) for _ in range(3))

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Return (N, channels, H / 2, W / 2)."""
        maps = total = F.relu(self.conv0(maps))
        for layer in (self.conv1, self.conv2, self.conv3):
            total = total + layer(maps)
            maps = F.relu(total)
        return maps


class FaceLandmark68Net(nn.Module):
    """Faces (N, 3, 112, 112), RGB in [0, 1], to landmarks (N, 68, 2): x and y as shares of the picture's side.

    The points are the jaw (0-16, from the left of the picture), brows (17-21, 22-26), nose (27-35), eyes (36-41, 42-47)
    and mouth (48-59 outside, 60-67 inside).
    """

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(MEAN).view(3, 1, 1), persistent=False)
        kinds = (Plain, Separable, Separable, Separable)
        for i, kind in enumerate(kinds):
            self.add_module(f"dense{i}", Block(WIDTHS[i], WIDTHS[i + 1], kind))
        self.fc = nn.Linear(WIDTHS[-1], 2 * POINTS)

    def forward(self, faces: torch.Tensor) -> torch.Tensor:
        """Return (N, 68, 2)."""
        maps = faces - self.mean
        for block in (self.dense0, self.dense1, self.dense2, self.dense3):
            maps = block(maps)
        return self.fc(maps.mean((2, 3))).view(-1, POINTS, 2)


def state(arrays: Mapping[str, np.ndarray]) -> Iterator[tuple[str, torch.Tensor]]:
    """Yield the parameters of `FaceLandmark68Net` out of arrays by their published names, such as dense0/conv0/bias."""
    for name, array in arrays.items():
        path, _, leaf = name.rpartition("/")
        axes = AXES.get(leaf)
        if axes is not None and array.ndim == len(axes):
            array = np.ascontiguousarray(array.transpose(axes))
        ours = NAMES.get(leaf, "weight" if name == "fc/weights" else leaf)
        yield f"{path.replace('/', '.')}.{ours}", torch.from_numpy(array)


def construct(path: Path) -> nn.Module:
    """Build from a file and the manifest beside it, which for the published file must be the published one."""
    if file_sha256(path) == SHA256:
        verify(manifest_of(path), MANIFEST_SHA256)
    return load_strictly(FaceLandmark68Net(), dict(state(read_tfjs(path))), str(path))


def build(weights: WeightFile | None = None) -> Backbone:
    """Return the backbone; its module gives landmarks, of which `face_points` makes the vector."""
    return Backbone(
        name="face68",
        weights=staged("face68", weights, SOURCE, "mtcnn", folder=True),
        construct=construct,
        preprocessing=(
            "faces turned upright by the detector's eyes, its square without margin, 112 x 112, mean RGB subtracted; "
            f"shape: 68 points in a frame with its origin between the eyes, and {SHAPE - 2 * POINTS} lengths; {SUMMARY}"
        ),
        dim=612,  # summary_dim(SHAPE)
        licence="MIT",
        size=SIZE,
    )
