"""The workflow's view of label files stays light."""

import subprocess
import sys
from pathlib import Path

import pytest

from conclugen.data import sources

SOURCE = Path(__file__).resolve().parents[2] / "src"


def test_imports_the_standard_library_only():
    code = "import sys; before = set(sys.modules); import conclugen.data.sources; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], cwd=SOURCE, capture_output=True, text=True, check=True)
    roots = {name.split(".")[0] for name in done.stdout.split()}
    assert roots <= {*sys.stdlib_module_names, "conclugen"}, roots - set(sys.stdlib_module_names)


@pytest.mark.parametrize("adapter", sorted(sources.SOURCES))
def test_a_root_that_is_not_there_has_no_sources(adapter, tmp_path):
    assert sources.SOURCES[adapter](tmp_path / "nowhere", {}) == []
    assert sources.SOURCES[adapter](tmp_path, {}) == []


def test_every_adapter_has_its_module():
    for adapter in sources.SOURCES:
        assert (SOURCE / "conclugen" / "data" / f"{adapter}.py").is_file()


def test_settings_name_files_and_the_rest_is_found(tmp_path):
    for name in ("Raw/standard_folds.json", "mine.csv", "CMU_MOSEI_Labels.csd"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    given = {"labels": "mine.csv", "transcripts": "gone.csv"}
    found = [path.relative_to(tmp_path).as_posix() for path in sources.mosei(tmp_path, given)]
    assert found == ["mine.csv", "Raw/standard_folds.json"]
