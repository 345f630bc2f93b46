"""The tiny project, run once from end to end, and copies of it to edit."""

from __future__ import annotations

import pytest
from tiny_project import Project


@pytest.fixture(scope="session")
def ran(tmp_path_factory) -> Project:
    """The tiny project after its run; shared, so not to be edited."""
    project = Project.create(tmp_path_factory.mktemp("ran"))
    project.snakemake("--", "results/tables/mosei.csv")
    return project


@pytest.fixture
def project(ran, tmp_path) -> Project:
    """A copy of the tiny project after its run, to edit."""
    return ran.clone(tmp_path / "project")
