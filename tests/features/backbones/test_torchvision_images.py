import pytest
import torch
import torchvision

from conclugen.features.backbone import WeightFile
from conclugen.features.backbones import mobilenet_v2
from conclugen.features.backbones import torchvision as backbone
from conclugen.store.listing import WeightsError
from conclugen.store.provenance import file_sha256

CPU = torch.device("cpu")


def saved(folder, model, **options):
    torch.manual_seed(0)
    network = torchvision.models.get_model(model, weights=None, **options).eval()
    torch.save(network.state_dict(), folder / "net.pth")
    return WeightFile(str(folder / "net.pth"), file_sha256(folder / "net.pth")), network


def test_a_residual_network_gives_what_its_classifier_sees(tmp_path):
    file, network = saved(tmp_path, "resnet18")
    module, _ = backbone.build(file, "resnet18", 64).load(CPU)
    images = torch.rand(2, 3, 64, 64)
    mean, std = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1), torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    with torch.inference_mode():
        found = module(images)
        torch.testing.assert_close(network.fc(found), network((images - mean) / std), atol=1e-4, rtol=1e-4)
    assert found.shape == (2, 512) == (2, module.dim)


@pytest.mark.parametrize(
    ("model", "dim"), [("mobilenet_v3_small", 1024), ("squeezenet1_1", 512), ("shufflenet_v2_x0_5", 1024)]
)
def test_other_classifiers_are_found_and_may_have_other_classes(tmp_path, model, dim):
    file, _ = saved(tmp_path, model, num_classes=7)
    assert backbone.build(file, model, 64).load(CPU)[0].dim == dim


def test_every_classifier_of_torchvision_is_found():
    names = ("swin_t", "vit_b_32", "vgg11", "densenet121")
    with torch.device("meta"):
        heads = {name: backbone.last_layer(torchvision.models.get_model(name, weights=None)) for name in names}
    assert heads == {"swin_t": "head", "vit_b_32": "heads.head", "vgg11": "classifier.6", "densenet121": "classifier"}


def test_networks_that_rescale_do(tmp_path):
    file, _ = saved(tmp_path, "googlenet", init_weights=False)
    assert backbone.build(file, "googlenet", 64).load(CPU)[0].network.transform_input


@pytest.mark.parametrize("fault", ["missing", "extra", "other"])
def test_anything_but_the_weights_of_the_network_is_refused(tmp_path, fault):
    _, network = saved(tmp_path, "squeezenet1_1")
    state = network.state_dict()
    if fault == "missing":
        del state["features.0.weight"]
    elif fault == "extra":
        state["features.99.weight"] = torch.zeros(1)
    model = "resnet18" if fault == "other" else "squeezenet1_1"
    torch.save(state, tmp_path / "net.pth")
    file = WeightFile(str(tmp_path / "net.pth"), file_sha256(tmp_path / "net.pth"))
    with pytest.raises(WeightsError, match="not the weights"):
        backbone.build(file, model, 64).load(CPU)


def test_names_and_sizes_that_cannot_be_are_refused():
    file = WeightFile("x", "0" * 64)
    assert backbone.build(file, "vit_b_16.IMAGENET1K_SWAG_E2E_V1", None).size == 384
    with pytest.raises(ValueError, match="images of 224 pixels only"):
        backbone.build(file, "vit_b_16", 112)
    for name in ("resnet999", "resnet50.IMAGENET1K_V9"):
        with pytest.raises(ValueError, match="is unknown to torchvision"):
            backbone.build(file, name, None)


def test_real_weights_by_name_give_what_their_own_backbone_gives():
    path = mobilenet_v2.WEIGHTS.locate()
    module, _ = backbone.build(WeightFile(str(path), mobilenet_v2.WEIGHTS.sha256), "mobilenet_v2", 96).load(CPU)
    own, _ = mobilenet_v2.build().load(CPU)
    images = torch.rand(2, 3, 96, 96)
    with torch.inference_mode():
        torch.testing.assert_close(module(images), own(images), atol=1e-4, rtol=1e-4)
