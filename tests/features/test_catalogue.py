import json
import subprocess
import sys
import types
from pathlib import Path

import pytest
import timm
import torchvision

from conclugen.features import catalogue
from conclugen.features.backbone import WeightFile, chosen


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
def test_named_backbones_say_the_same_of_themselves(stream):
    for name, entry in catalogue.CATALOGUE[stream].items():
        if entry.family:
            continue
        file = None if entry.address is None else WeightFile("x", "0" * 64)
        found = chosen(types.SimpleNamespace(backbone=name, weights=file, model=None, size=None, window=16))
        assert str(found.dim) == entry.dim, name
        assert (
            found.licence.split()[0].strip(";,") == entry.licence.split()[0].strip(";,") or "audEERING" in found.licence
        )


def test_an_embedded_backbone_needs_no_address_and_every_other_has_one():
    for stream, entries in catalogue.CATALOGUE.items():
        assert entries[catalogue.EMBEDDED[stream]].address is None
        assert all(entry.address is not None for entry in entries.values() if entry.family)
    assert "MELD" in catalogue.CATALOGUE["text"]["distilroberta_emotion"].seen
    assert json.dumps(catalogue.staging_name("timm", "a/b")) == '"timm--a--b"'


def test_the_documentation_has_a_line_for_every_backbone_with_its_facts():
    lines = (Path(__file__).resolve().parents[2] / "docs/backbones.md").read_text().splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    for entries in catalogue.CATALOGUE.values():
        for name, entry in entries.items():
            [row] = [row for row in rows if row[1].replace("*", "").partition(":")[0].partition(" ")[0] == name]
            sampling, licence = (row[3], row[4])
            assert (row[2], sampling, licence) == (entry.dim, entry.sampling, entry.licence)
            told = {"by model"} if entry.seen is None else set(entry.seen) or {"none"}
            assert {one.strip("* ") for one in row[5].split(", ")} == told
