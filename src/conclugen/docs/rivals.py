"""The table of what other work cannot be run again on pooled vectors, from the names and reasons that tables use."""

from __future__ import annotations

from conclugen.docs.markdown import grid
from conclugen.pretrain.rivals import NOT_RERUN


def not_rerun() -> str:
    """Return a row for each."""
    return grid(("name", "why"), [[*row] for row in NOT_RERUN.items()])
