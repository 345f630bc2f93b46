"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# A run of all tests starts hundreds of processes: what one has compiled, the others need not.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real clips, labels and features beside the checkout; tests skip without it."""
    folder = Path(os.environ.get("CONCLUGEN_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set CONCLUGEN_REAL_DATA to run this test")
    return folder


@pytest.fixture(autouse=True)
def _figures_are_closed() -> Iterator[None]:
    """A test that leaves a figure of pyplot open fails itself, not whichever comes after it in the same process."""
    yield
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        left = pyplot.get_fignums()
        pyplot.close("all")
        assert not left, f"figures left open: {left}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with whole runs, whose files take minutes: at the end one process would wait for the other."""
    items.sort(key=lambda item: "workflow" not in item.path.parts)
