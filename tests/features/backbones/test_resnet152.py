import pytest
import torch
import torchvision

from conclugen.features.backbone import WeightFile
from conclugen.features.backbones import resnet152
from conclugen.store.weights import WeightsError


@pytest.mark.slow
def test_same_as_torchvision_and_strict(monkeypatch):
    torch.manual_seed(0)
    original = torchvision.models.resnet152()
    state = original.state_dict()
    monkeypatch.setattr(resnet152, "load_state", lambda path: state)
    network = resnet152.construct("resnet152.pth").eval()
    original.fc = torch.nn.Identity()
    images = torch.rand(2, 3, 64, 64)
    normal = torchvision.transforms.functional.normalize(images, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    with torch.inference_mode():
        found, expected = network(images), original.eval()(normal)
    assert found.shape == (2, 2048)
    assert (found - expected).norm() < 1e-4 * expected.norm()
    del state["layer3.35.conv2.weight"]
    with pytest.raises(WeightsError, match=r"resnet152\.pth: not the weights.*layer3\.35\.conv2"):
        resnet152.construct("resnet152.pth")


def test_a_missing_file_says_how_to_go_on(tmp_path):
    with pytest.raises(WeightsError, match="mobilenet_v2"):
        resnet152.build(None)
    backbone = resnet152.build(WeightFile(str(tmp_path / "resnet152-394f9c45.pth"), "394f9c45"))
    with pytest.raises(WeightsError, match=r"394f9c45\.pth: no such weight file.*torchvision.*set backbone to"):
        backbone.load(torch.device("cpu"))
