"""Processes of a run that was killed write nothing once another run has begun."""

import os
import subprocess
import sys

import numpy as np
import pytest

from conclugen.store import fence
from conclugen.store.atomic import write_if_changed, write_text
from conclugen.store.shards import write_shard


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv(fence.VARIABLE, "")


def left_behind(monkeypatch, folder):
    """This process, as a job of a run after which another one has begun."""
    fence.begin(folder)
    mine = os.environ[fence.VARIABLE]
    fence.begin(folder)
    monkeypatch.setenv(fence.VARIABLE, mine)


def test_jobs_of_the_last_run_and_processes_of_none_write(tmp_path):
    write_text(tmp_path / "a.csv", "by hand")
    fence.begin(tmp_path / "results")
    write_text(tmp_path / "a.csv", "by a job")
    fence.begin(tmp_path / "results")
    write_text(tmp_path / "a.csv", "by a later one")
    assert (tmp_path / "a.csv").read_text() == "by a later one"
    assert [path.name for path in (tmp_path / "results").iterdir()] == [fence.NAME]


@pytest.mark.parametrize(
    "write",
    [
        lambda path: write_text(path, "old"),
        lambda path: write_if_changed(path, "old"),
        lambda path: write_shard(path, ["a"], np.zeros((1, 2), np.float32), [True], {}),
    ],
)
def test_jobs_of_an_earlier_run_write_nothing(tmp_path, monkeypatch, write):
    write_text(tmp_path / "a.csv", "new")
    left_behind(monkeypatch, tmp_path)
    with pytest.raises(fence.SupersededError, match=r"a\.csv: not written, since another run has begun"):
        write(tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == "new"
    assert sorted(path.name for path in tmp_path.iterdir()) == [fence.NAME, "a.csv"]


def test_children_belong_to_the_run_and_a_folder_that_was_deleted_to_nobody(tmp_path, monkeypatch):
    left_behind(monkeypatch, tmp_path)
    code = "from conclugen.store.atomic import write_text; write_text('b.csv', '')"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert "SupersededError" in done.stderr
    (tmp_path / fence.NAME).unlink()
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    assert (tmp_path / "b.csv").exists()
