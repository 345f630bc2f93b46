import hashlib
import types

import pytest
import torch

from conclugen.features import audio, frames2d, frames3d, text
from conclugen.features.backbone import StagedWeights, WeightFile, chosen, embedded, load_strictly, staged
from conclugen.store.fingerprint import fingerprint
from conclugen.store.listing import WeightsError, listing_text

STREAMS = (frames2d, frames3d, audio, text)
EMBEDDED = {"frames2d": "mobilenet_v2", "frames3d": "i3d", "audio": "resemblyzer", "text": "minilm"}


def test_staged_weights_accept_a_prefix_of_the_hash_and_nothing_else(tmp_path):
    path = tmp_path / "net.pth"
    path.write_bytes(b"weights")
    sha256 = hashlib.sha256(b"weights").hexdigest()
    assert StagedWeights(WeightFile(str(path), sha256), "there", "x").locate() == path
    assert StagedWeights(WeightFile(str(path), sha256[:8].upper()), "there", "x").locate() == path
    with pytest.raises(WeightsError, match="replaced or cut short"):
        StagedWeights(WeightFile(str(path), "0" * 64), "there", "x").locate()
    with pytest.raises(WeightsError, match="at least 8 digits"):
        StagedWeights(WeightFile(str(path), sha256[:3]), "there", "x").locate()


def test_what_was_staged_beside_the_weights_is_verified_with_them(tmp_path):
    path, sha256 = tmp_path / "net.pth", hashlib.sha256(b"weights").hexdigest()
    path.write_bytes(b"weights")
    (tmp_path / "config.json").write_text("{}")
    files = {"net.pth": sha256, "config.json": hashlib.sha256(b"{}").hexdigest()}
    (tmp_path / "SHA256SUMS").write_text(listing_text(files))
    assert StagedWeights(WeightFile(str(path), sha256), "there", "x").locate() == path
    (tmp_path / "config.json").write_text("{ }")
    with pytest.raises(WeightsError, match=r"config\.json: sha256 is"):
        StagedWeights(WeightFile(str(path), sha256), "there", "x").locate()
    (tmp_path / "SHA256SUMS").write_text("not a listing\n")
    with pytest.raises(WeightsError, match="no line of a listing"):
        StagedWeights(WeightFile(str(path), sha256), "there", "x").locate()


def test_a_family_needs_a_model():
    settings = types.SimpleNamespace(backbone="timm", model=None, weights=None, size=None)
    with pytest.raises(ValueError, match="timm is a family"):
        chosen(settings)


def test_a_missing_file_says_which_from_where_and_how_to_go_on(tmp_path):
    weights = staged("resnet152", WeightFile(str(tmp_path / "resnet152.pth"), "0" * 64), "torchvision", "mobilenet_v2")
    with pytest.raises(WeightsError) as caught:
        weights.locate()
    for words in ("resnet152.pth", "torchvision", "set backbone to mobilenet_v2"):
        assert words in str(caught.value)
    with pytest.raises(WeightsError, match=r"needs a weight file.*mobilenet_v2"):
        staged("resnet152", None, "torchvision", "mobilenet_v2")


def test_an_embedded_backbone_takes_no_file():
    embedded("i3d", None)
    with pytest.raises(ValueError, match="brings its own weights"):
        embedded("i3d", WeightFile("a.pth", "00"))


def test_a_backbone_that_is_no_module_is_named():
    with pytest.raises(ValueError, match=r"backbone is 'vgg'; there is no module conclugen\.features\.backbones\.vgg"):
        chosen(types.SimpleNamespace(backbone="vgg"))


def test_a_backbone_is_given_the_settings_it_asks_for():
    found = chosen(
        types.SimpleNamespace(backbone="torchvision", model="resnet18", weights=WeightFile("x", "0" * 64), size=None)
    )
    assert (found.name, found.size) == ("torchvision: resnet18", 224)


def test_strict_load_names_the_file():
    with pytest.raises(WeightsError, match=r"net\.pth: not the weights"):
        load_strictly(torch.nn.Linear(2, 2), {"weight": torch.zeros(2, 2)}, "net.pth")


@pytest.mark.parametrize("stream", STREAMS)
def test_the_code_of_a_stream_is_that_of_its_chosen_backbone(stream):
    name = stream.__name__
    own = EMBEDDED[stream.STREAM]
    everything = "\n".join(fingerprint(name, plus=[f"conclugen.features.backbones.{own}"]))
    assert f"backbones/{own}.py" in everything
    assert everything.count("features/backbones/") <= 2  # the package and the one that was chosen
    assert "conclugen/config/" not in everything
    assert "manifest" not in everything
