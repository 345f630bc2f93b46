"""The three networks of MTCNN, with the weights that ship in facenet-pytorch.

Zhang, Zhang, Li, Qiao: Joint face detection and alignment using multitask cascaded convolutional networks (2016),
figure 2. The networks are written out here since importing the package costs several seconds in every process and its
batched detector fails on frames without a face.
"""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import Tensor, nn

from conclugen.store.packaged import PACKAGED
from conclugen.store.weights import load_state

Net = TypeVar("Net", bound=nn.Module)


class ProposalNet(nn.Module):
    """P-Net: scores every 12 x 12 window of an image (N, 3, H, W), at stride 2."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.prelu1 = nn.Conv2d(3, 10, 3), nn.PReLU(10)
        self.pool1 = nn.MaxPool2d(2, 2, ceil_mode=True)
        self.conv2, self.prelu2 = nn.Conv2d(10, 16, 3), nn.PReLU(16)
        self.conv3, self.prelu3 = nn.Conv2d(16, 32, 3), nn.PReLU(32)
        self.conv4_1, self.conv4_2 = nn.Conv2d(32, 2, 1), nn.Conv2d(32, 4, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return face probability (N, h, w) and box corrections (N, 4, h, w)."""
        x = self.pool1(self.prelu1(self.conv1(x)))
        x = self.prelu3(self.conv3(self.prelu2(self.conv2(x))))
        return self.conv4_1(x).softmax(1)[:, 1], self.conv4_2(x)


class RefinementNet(nn.Module):
    """R-Net: looks again at 24 x 24 candidates."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.prelu1 = nn.Conv2d(3, 28, 3), nn.PReLU(28)
        self.conv2, self.prelu2 = nn.Conv2d(28, 48, 3), nn.PReLU(48)
        self.conv3, self.prelu3 = nn.Conv2d(48, 64, 2), nn.PReLU(64)
        self.pool = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.dense4, self.prelu4 = nn.Linear(576, 128), nn.PReLU(128)
        self.dense5_1, self.dense5_2 = nn.Linear(128, 2), nn.Linear(128, 4)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return face probability (N,) and box corrections (N, 4)."""
        x = self.pool(self.prelu1(self.conv1(x)))
        x = self.pool(self.prelu2(self.conv2(x)))
        x = self.prelu4(self.dense4(_columns(self.prelu3(self.conv3(x)))))
        return self.dense5_1(x).softmax(1)[:, 1], self.dense5_2(x)


class OutputNet(nn.Module):
    """O-Net: decides on 48 x 48 candidates and places five landmarks."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.prelu1 = nn.Conv2d(3, 32, 3), nn.PReLU(32)
        self.conv2, self.prelu2 = nn.Conv2d(32, 64, 3), nn.PReLU(64)
        self.conv3, self.prelu3 = nn.Conv2d(64, 64, 3), nn.PReLU(64)
        self.conv4, self.prelu4 = nn.Conv2d(64, 128, 2), nn.PReLU(128)
        self.wide, self.narrow = nn.MaxPool2d(3, 2, ceil_mode=True), nn.MaxPool2d(2, 2, ceil_mode=True)
        self.dense5, self.prelu5 = nn.Linear(1152, 256), nn.PReLU(256)
        self.dense6_1, self.dense6_2, self.dense6_3 = nn.Linear(256, 2), nn.Linear(256, 4), nn.Linear(256, 10)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return face probability (N,), box corrections (N, 4) and landmarks (N, 2, 5) as shares of the box."""
        x = self.wide(self.prelu1(self.conv1(x)))
        x = self.wide(self.prelu2(self.conv2(x)))
        x = self.narrow(self.prelu3(self.conv3(x)))
        x = self.prelu5(self.dense5(_columns(self.prelu4(self.conv4(x)))))
        return self.dense6_1(x).softmax(1)[:, 1], self.dense6_2(x), self.dense6_3(x).view(-1, 2, 5)


def load_networks() -> tuple[ProposalNet, RefinementNet, OutputNet]:
    """Return the three networks in evaluation mode. Raises WeightsError where a file is missing or altered."""
    return _load(ProposalNet(), "pnet"), _load(RefinementNet(), "rnet"), _load(OutputNet(), "onet")


def _load(network: Net, name: str) -> Net:
    network.load_state_dict(load_state(PACKAGED["mtcnn"][name].locate()), strict=True)
    return network.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def _columns(x: Tensor) -> Tensor:
    """Flatten (N, C, H, W) in the order of the original Caffe models: width, height, channel."""
    return x.permute(0, 3, 2, 1).flatten(1)


def preprocess(images: Tensor) -> Tensor:
    """Turn RGB uint8 (N, H, W, 3) into what the networks read: (N, 3, H, W) in memory order N, H, W, 3; about -1..1."""
    return (images.permute(0, 3, 1, 2).float() - 127.5) / 128
