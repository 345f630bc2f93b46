"""What the tests of tables and figures have in common."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib.pyplot as plt
import pytest


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """No figure is left open for the tests that follow."""
    yield
    plt.close("all")
