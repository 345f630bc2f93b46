import pytest
import torch
import torchvision

from conclugen.features.backbones import r3d101
from conclugen.store.weights import WeightsError


@pytest.fixture(scope="module")
def flat():
    """torchvision's 2D network of the same depth, with batch norms that are not trivial."""
    torch.manual_seed(0)
    network = torchvision.models.resnet101()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2)
            module.weight.data.uniform_(0.5, 1)
            module.bias.data.normal_(0, 0.1)
    return network.eval()


def inflate(state):
    """A published-style state whose kernels act on the middle frame only: the names and shapes of the 3D network."""
    inflated = {}
    for name, value in state.items():
        if value.ndim == 4:
            depth = value.shape[-1]
            volume = torch.zeros(*value.shape[:2], depth, *value.shape[2:])
            volume[:, :, depth // 2] = value
            inflated[f"module.{name}"] = volume
        else:
            inflated[f"module.{name}"] = value
    inflated["module.fc.weight"], inflated["module.fc.bias"] = torch.zeros(400, 2048), torch.zeros(400)
    return inflated


@pytest.mark.slow
def test_a_still_clip_through_flat_kernels_is_the_2d_network(monkeypatch, flat):
    monkeypatch.setattr(r3d101, "load_state", lambda path: inflate(flat.state_dict()))
    network = r3d101.construct("r3d101.pth").eval()
    image = torch.rand(1, 3, 64, 64)
    normal = torchvision.transforms.functional.normalize(image, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    flat.fc = torch.nn.Identity()
    with torch.inference_mode():
        found, expected = network(image[:, :, None].expand(1, 3, 16, 64, 64)), flat(normal)
    assert found.shape == (1, 2048)
    assert (found - expected).norm() < 1e-4 * expected.norm()


def test_names_and_shapes_are_the_published_ones():
    with torch.device("meta"):
        shapes = {name: tuple(value.shape) for name, value in r3d101.R3D101().state_dict().items()}
    assert shapes["conv1.weight"] == (64, 3, 7, 7, 7)
    assert shapes["layer1.0.downsample.0.weight"] == (256, 64, 1, 1, 1)
    assert shapes["layer3.22.conv2.weight"] == (256, 256, 3, 3, 3)
    assert shapes["layer4.2.bn3.running_var"] == (2048,)
    assert sum(name.endswith(("conv1.weight", "conv2.weight", "conv3.weight")) for name in shapes) == 100
    assert sum("downsample.0" in name for name in shapes) == 4


def test_time_is_halved_by_the_pooling_and_three_layers():
    network = r3d101.R3D101().eval()
    seen = []
    network.layer4.register_forward_hook(lambda module, inputs, output: seen.append(output.shape))
    with torch.inference_mode():
        network(torch.rand(1, 3, 16, 32, 32))
    assert seen == [(1, 2048, 1, 1, 1)]
    assert network.conv1.stride == (1, 2, 2)


def test_a_layer_too_few_is_refused(monkeypatch):
    monkeypatch.setattr(r3d101, "load_state", lambda path: {"fc.weight": torch.zeros(400, 2048)})
    with pytest.raises(WeightsError, match=r"r3d101\.pth: not the weights"):
        r3d101.construct("r3d101.pth")
