"""Every addition that docs/extend.md shows is put into a copy of the code, where its own test passes."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "extend.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+)\n((?:(?!^## ).*\n?)*)", PAGE, re.MULTILINE))
SHOWN = re.compile(r"^`([^`\n]+)`:\n\n```(python|diff)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def parts(section):
    """(path, python or diff, text) of each file that a section shows."""
    return SHOWN.findall(SECTIONS[section])


def put(section, folder):
    """Copy what a section needs to `folder` and add to it what it shows; return the files of its tests."""
    for part in ("src", "tests"):  # with what is compiled of them: times are kept
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns(".*", "*.egg-info"))
    shutil.copytree(ROOT / "docs", folder / "docs")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for path, kind, text in parts(section):
        if kind == "python":
            assert not (folder / path).exists(), f"{path} is there already"
            (folder / path).write_text(text, encoding="utf-8")
        else:
            done = subprocess.run(["git", "apply", "-"], input=text, text=True, cwd=folder, capture_output=True)
            assert done.returncode == 0, f"{path}: {done.stderr}"
    return [path for path, _, _ in parts(section) if path.startswith("tests/")]


def test_the_page_has_the_five_choices_and_each_is_one_or_two_files_beside_its_test():
    assert list(SECTIONS) == ["A loss", "A protocol", "A backbone", "A data set", "A metric"]
    for section in SECTIONS:
        code = [path for path, _, _ in parts(section) if path.startswith("src/")]
        assert 1 <= len(code) <= 2
        assert len(code) + 1 <= len(parts(section))


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("section", SECTIONS)
def test_an_addition_works_as_it_is_shown(section, tmp_path):
    tests = put(section, tmp_path)
    assert tests
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "src"), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    where = "import conclugen; print(conclugen.__file__)"
    used = subprocess.run([sys.executable, "-c", where], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert used.stdout.startswith(str(tmp_path))  # the copy's code, not the installed one
