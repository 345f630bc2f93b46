"""The version has one home, whose copies agree; and the recipe of the image names what is there."""

import importlib.metadata
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

import conclugen

ROOT = Path(__file__).resolve().parents[1]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
RECIPE = (ROOT / "envs/conclugen.def").read_text("utf-8")


def sections(text):
    """Header and sections of a recipe, each as its lines; fails where one comes twice."""
    parts = re.split(r"^%(\w+)[ \t]*\n", text, flags=re.MULTILINE)
    names = parts[1::2]
    assert len(set(names)) == len(names)
    return parts[0], dict(zip(names, (part.splitlines() for part in parts[2::2]), strict=True))


HEADER, SECTIONS = sections(RECIPE)


def test_version_citation_and_changes_agree():
    assert re.fullmatch(r"\d+\.\d+\.\d+", VERSION)
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))["version"] == VERSION
    heads = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert next(head for head in heads if head != "Unreleased") == VERSION
    written = [path for path in (ROOT / "src").rglob("*.py") if re.search(r"__version__ *=", path.read_text("utf-8"))]
    assert written == []


def test_the_package_says_the_version_that_is_installed():
    assert conclugen.__version__ == importlib.metadata.version("conclugen")


def test_the_recipe_starts_from_an_image_that_does_not_move():
    kept = dict(line.split(": ", 1) for line in HEADER.splitlines() if line and not line.startswith("#"))
    assert kept.keys() == {"Bootstrap", "From"}
    assert kept["Bootstrap"] == "docker"
    name, _, digest = kept["From"].partition("@")
    assert re.fullmatch(r"python:3\.11\.\d+-slim-\w+", name)
    assert re.fullmatch(r"(sha256:[0-9a-f]{64})?", digest)


def test_the_recipe_has_the_sections_that_it_needs_and_no_other():
    assert {"files", "post", "environment", "runscript", "test"} <= SECTIONS.keys()
    assert SECTIONS.keys() <= {"files", "post", "environment", "runscript", "test", "labels", "help"}
    for lines in SECTIONS.values():
        assert all(line.startswith("    ") or not line for line in lines)


def test_files_of_the_recipe_are_there_and_what_it_installs_is_among_them():
    copied = dict(line.split() for line in SECTIONS["files"] if line)
    for source, target in copied.items():
        assert (ROOT / source).exists(), source
        assert target == f"/opt/conclugen/{source}"
    for name in re.findall(r"requirements/\S+\.txt", "\n".join(SECTIONS["post"])):
        assert (ROOT / name).is_file(), name
    post = "\n".join(SECTIONS["post"])
    assert "--require-hashes" in post
    assert set(re.findall(r"requirements/\S+\.txt", post)) == {
        f"requirements/{name}.txt" for name in ("uv", "linux-x86_64", "weights")
    }


@pytest.mark.parametrize("name", ["post", "environment", "runscript", "test"])
def test_scripts_of_the_recipe_are_shell(name):
    done = subprocess.run(["sh", "-n"], input="\n".join(SECTIONS[name]) + "\n", text=True, capture_output=True)
    assert done.returncode == 0, done.stderr


def test_the_image_runs_in_a_checkout_alone(tmp_path):
    script = "\n".join(SECTIONS["runscript"])
    call = ["sh", "-c", script, "sh", "sh", "-c", "echo $PYTHONPATH"]
    refused = subprocess.run(call, cwd=tmp_path, text=True, capture_output=True)
    assert (refused.returncode, refused.stderr.split(":")[0]) == (2, f"{tmp_path} holds no Snakefile")
    (tmp_path / "Snakefile").touch()
    done = subprocess.run(call, cwd=tmp_path, text=True, capture_output=True)
    assert done.stdout.strip() == f"{tmp_path}/src"
