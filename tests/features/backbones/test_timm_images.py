import pytest
import timm
import torch
from safetensors.torch import save_file

from conclugen.features.backbone import WeightFile
from conclugen.features.backbones import timm as backbone
from conclugen.store.listing import WeightsError
from conclugen.store.provenance import file_sha256

CPU = torch.device("cpu")


def published(folder, model, **options):
    torch.manual_seed(0)
    state = timm.create_model(model, pretrained=False, **options).state_dict()
    save_file(state, folder / "model.safetensors")
    return folder / "model.safetensors", state


def given(path):
    return WeightFile(str(path), file_sha256(path))


def reference(path, model, images, **options):
    network = timm.create_model(model, pretrained=True, pretrained_cfg_overlay={"file": str(path)}, **options).eval()
    data = timm.data.resolve_model_data_config(network)
    mean, std = (torch.tensor(data[name]).view(3, 1, 1) for name in ("mean", "std"))
    with torch.inference_mode():
        return network.forward_head(network.forward_features((images - mean) / std), pre_logits=True)


@pytest.mark.parametrize(("model", "size"), [("test_resnet.r160_in1k", None), ("test_resnet", 64), ("test_vit", 96)])
def test_pooled_features_are_those_of_timm(tmp_path, model, size):
    path, _ = published(tmp_path, model)
    found = backbone.build(given(path), model, size)
    module, _ = found.load(CPU)
    assert found.size == (size or 160)
    images = torch.rand(2, 3, found.size, found.size)
    with torch.inference_mode():
        vectors = module(images)
        alone = module(images[1:])
    expected = reference(path, model, images, **({"img_size": size} if "vit" in model else {}))
    assert vectors.shape == (2, found.width(module)) == expected.shape
    torch.testing.assert_close(vectors, expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(vectors[1:], alone, atol=1e-5, rtol=1e-4)


def test_a_file_of_ones_own_may_have_its_own_classes(tmp_path):
    path, state = published(tmp_path, "test_efficientnet", num_classes=8)
    module, _ = backbone.build(given(path), "test_efficientnet", 64).load(CPU)
    torch.testing.assert_close(module.network.conv_stem.weight.contiguous(), state["conv_stem.weight"])
    with torch.inference_mode():
        assert module(torch.rand(1, 3, 64, 64)).shape == (1, module.dim)


@pytest.mark.parametrize("fault", ["missing", "extra", "shape", "other", "empty", "no tensors"])
def test_anything_but_the_weights_of_the_network_is_refused(tmp_path, fault):
    path, state = published(tmp_path, "test_resnet")
    if fault == "missing":
        del state["layer1.0.conv1.weight"]
    elif fault == "extra":
        state["layer9.0.conv1.weight"] = torch.zeros(1)
    elif fault == "shape":
        state["layer1.0.conv1.weight"] = torch.zeros(1, 1, 3, 3)
    elif fault == "other":
        state = timm.create_model("test_vit").state_dict()
    path = tmp_path / "net.pth"
    torch.save({"empty": {}, "no tensors": {"a": "b"}}.get(fault, state), path)
    with pytest.raises(WeightsError, match=r"not the weights of test_resnet|state dict of tensors"):
        backbone.build(given(path), "test_resnet", 64).load(CPU)


def test_unknown_names_and_wrong_hashes_are_refused(tmp_path):
    path, _ = published(tmp_path, "test_resnet")
    with pytest.raises(ValueError, match="'resnet999' is unknown to timm"):
        backbone.build(given(path), "resnet999", None)
    with pytest.raises(WeightsError, match="replaced or cut short"):
        backbone.build(WeightFile(str(path), "0" * 64), "test_resnet", None).load(CPU)
    with pytest.raises(WeightsError, match=r"timm needs a weight file.*mobilenet_v2"):
        backbone.build(None, "test_resnet", None)


def test_the_networks_of_the_documentation_have_the_facts_of_timm():
    dino = backbone.build(WeightFile("x", "0" * 64), "vit_small_patch14_dinov2.lvd142m", None)
    assert (dino.size, dino.licence) == (518, "apache-2.0")
    assert backbone.build(WeightFile("x", "0" * 64), "vit_base_patch16_clip_224.openai", None).size == 224
