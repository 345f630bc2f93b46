"""Exported models for the tests of the command."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parents[1] / name) for name in ("applied", "media")]

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def results(tmp_path_factory):
    """Results of a run on drawn features, and its table (see tests/applied)."""
    from small_results import make, write_row

    ids = [f"u{i:02d}" for i in range(36)]
    made = make(tmp_path_factory.mktemp("cli") / "results", "single", ids, ["some words"] * len(ids))
    made.evaluate("linear")
    write_row(made, "untrained", "linear")
    return made


@pytest.fixture
def checkout(monkeypatch) -> Path:
    """The folder of the checkout, as the current one."""
    monkeypatch.chdir(ROOT)
    return ROOT
