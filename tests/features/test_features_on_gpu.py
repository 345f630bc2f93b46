"""On a GPU: a network's vectors are those of the CPU."""

from __future__ import annotations

import pytest
import torch
import torchvision

from conclugen.features import common
from conclugen.features.backbones.davenet import Davenet
from conclugen.features.backbones.r3d101 import R3D101
from conclugen.features.backbones.resnet152 import ResNet152

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")


def images(*shape):
    return [torch.rand(*shape, generator=torch.Generator().manual_seed(i)) for i in range(4)]


@pytest.mark.parametrize(
    ("make", "inputs"),
    [
        (lambda: ResNet152(torchvision.models.resnet152()), lambda: torch.stack(images(3, 112, 112))),
        (R3D101, lambda: torch.stack(images(3, 16, 112, 112))),
        (Davenet, lambda: [torch.randn(16000 * (i + 1)) for i in range(3)]),
    ],
    ids=["resnet152", "r3d101", "davenet"],
)
def test_vectors_are_those_of_the_cpu(make, inputs):
    torch.manual_seed(0)
    network, batch = make().eval().requires_grad_(False), inputs()
    there = common.embed(network, batch, torch.device("cpu"))
    moved = batch.cuda() if isinstance(batch, torch.Tensor) else [wave.cuda() for wave in batch]
    here = common.embed(network.cuda(), moved, torch.device("cuda")).cpu()
    assert torch.nn.functional.cosine_similarity(here, there).min() > 0.999
