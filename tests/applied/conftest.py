"""Fixtures of the tests of exported models."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from small_results import PROTOCOLS, Results, make, write_row

sys.path.insert(0, str(Path(__file__).parents[1] / "media"))


@pytest.fixture(scope="session", params=["single", "multi"])
def planted(request, tmp_path_factory) -> Results:
    """Drawn features of 36 utterances, whose labels are one of three classes, or any of them."""
    ids = [f"u{i:02d}" for i in range(36)]
    made = make(tmp_path_factory.mktemp("planted") / "results", request.param, ids, ["some words"] * len(ids))
    for name in PROTOCOLS:
        made.evaluate(name)
    made.evaluate("linear", "sentiment")
    write_row(made, "untrained", "linear")
    return made
