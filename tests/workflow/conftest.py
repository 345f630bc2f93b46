"""The tiny project, run once from end to end, and copies of it to edit."""

from __future__ import annotations

import fcntl
import os
import shutil

import pytest
from tiny_project import Project


@pytest.fixture(scope="session")
def ran(tmp_path_factory) -> Project:
    """The tiny project after its run; shared, so not to be edited. Several test processes share one, too."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, done = base / "ran", base / "ran.done"
    with open(base / "ran.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # whoever comes second waits for the first
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            Project.create(folder).snakemake("--", "results/tables/mosei.csv")
            done.touch()
    return Project(folder)


@pytest.fixture
def project(ran, tmp_path) -> Project:
    """A copy of the tiny project after its run, to edit."""
    return ran.clone(tmp_path / "project")
