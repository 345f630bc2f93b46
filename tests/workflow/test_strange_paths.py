"""Folders whose names a shell would stumble over, and a configuration that tries to run code."""

import pytest
import yaml
from tiny_project import TINY, Project

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
STRANGE = 'it\'s; a "q" {x} $(touch pwned) `touch pwned` & *'


@pytest.fixture
def strange(tmp_path):
    folder = tmp_path / STRANGE.replace("{x}", "")
    folder.mkdir()
    project = Project.create(folder)
    root = folder / "data" / STRANGE
    root.mkdir(parents=True)
    (root / "a b;c.mp4").touch()
    (root / "labels {1}.csv").write_text("file,label,split,text\na b;c.mp4,'=glad,train,$(touch pwned)\n")
    mine = {"adapter": "folder", "root": f"data/{STRANGE}", "table": "labels {1}.csv"}
    config = TINY | {"datasets": {"mine": mine}, "pretrain": {"dataset": "mine"}, "downstream": {"datasets": ["mine"]}}
    (folder / "tiny.yaml").write_text(yaml.safe_dump(config))
    return project


def test_a_folder_with_spaces_quotes_braces_and_commands_in_its_name(strange):
    targets = ("results/features/mine/text/0000.h5", "results/features/mine/audio/0000.ledger.csv")
    strange.snakemake("--", *targets)
    assert "corrupt" in strange.read(targets[1]).decode()  # the empty file was found, and is no film
    assert strange.planned(target=targets) == {}
    assert not list(strange.folder.parent.rglob("pwned"))


@pytest.mark.parametrize("text", ['!!python/object/apply:os.system ["touch pwned"]', "!!python/name:os.system"])
def test_a_configuration_cannot_run_code(strange, text):
    (strange.folder / "tiny.yaml").write_text(f"device: {text}\n")
    done = strange.snakemake("--dry-run", check=False)
    assert done.returncode != 0
    assert "Job stats" not in done.stdout
    assert not list(strange.folder.rglob("pwned"))


def test_a_project_folder_with_braces_is_refused_with_the_reason(tmp_path):
    (tmp_path / "{x}").mkdir()
    done = Project.create(tmp_path / "{x}").snakemake("--dry-run", check=False)
    assert done.returncode != 0
    assert "takes braces in the path of this folder for wildcards: rename it" in done.stdout + done.stderr
