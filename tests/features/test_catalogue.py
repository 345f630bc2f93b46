import json
import subprocess
import sys
import types

import pytest
import timm
import torchvision

from conclugen.features import catalogue, said
from conclugen.features.backbone import WeightFile, chosen
from conclugen.features.backbones import face68
from conclugen.features.backbones.face68 import SHAPE
from conclugen.features.landmarks import FIVE_SHAPE, summary_dim


def test_every_name_of_the_libraries_is_accepted():
    mistakes = [
        name
        for name in (*timm.list_models(), *timm.list_pretrained())
        if catalogue.model_mistake("frames2d", "timm", name, False)
    ]
    assert mistakes == []
    assert set(catalogue.timm_names()) == set(timm.list_models())
    assert set(catalogue.torchvision_names()) == set(torchvision.models.list_models(module=torchvision.models))
    for name, tags in catalogue.torchvision_names().items():
        assert tags == {entry.name for entry in torchvision.models.get_model_weights(name)}, name


def test_checking_names_imports_no_library():
    script = (
        "import sys; from conclugen.features import catalogue as c, staged; "
        "print(c.model_mistake('frames2d', 'timm', 'resnet999', False), 'torch' in sys.modules, 'timm' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "did you mean 'resnet" in done.stdout
    assert done.stdout.endswith("False False\n")


@pytest.mark.parametrize("stream", catalogue.CATALOGUE)
def test_what_is_read_of_the_source_of_a_backbone_is_what_it_says_of_itself(stream):
    for name, entry in catalogue.CATALOGUE[stream].items():
        if entry.family or entry.own:
            continue
        file = None if entry.address is None else WeightFile("x", "0" * 64)
        found = chosen(types.SimpleNamespace(backbone=name, weights=file, model=None, size=None, window=16))
        assert found.dim == said.dim(name), name
        assert found.licence == said.licence(name)


def test_the_width_that_is_said_of_landmarks_is_that_of_their_summary():
    assert (said.dim("mtcnn"), said.dim("face68")) == (summary_dim(FIVE_SHAPE), summary_dim(SHAPE))


def test_a_family_has_the_licence_of_the_model_unless_its_module_says_one():
    assert said.licence("timm") == said.licence("speech_encoder") == "the model's own"
    assert said.licence("torchvision").startswith("BSD-3-Clause")
    assert said.said("timm", "MAX_TOKENS") == ""


def test_the_published_hash_of_a_file_is_that_in_its_name():
    address = catalogue.published("https://example.org/models/net-0676ba61.pth")
    assert (address.kind, address.file, address.sha256) == ("url", "net-0676ba61.pth", "0676ba61")
    assert catalogue.FACE68.sha256 == face68.SHA256


def test_an_embedded_backbone_needs_no_address_and_every_other_has_one():
    for stream, entries in catalogue.CATALOGUE.items():
        assert entries[catalogue.EMBEDDED[stream]].address is None
        assert all(entry.address is not None for entry in entries.values() if entry.family)
    assert "MELD" in catalogue.CATALOGUE["text"]["distilroberta_emotion"].seen
    assert json.dumps(catalogue.staging_name("timm", "a/b")) == '"timm--a--b"'
