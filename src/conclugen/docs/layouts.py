"""The table of official layouts, from what each adapter says of itself."""

from __future__ import annotations

import ast
from pathlib import Path

from conclugen.docs.markdown import grid
from conclugen.survey.layouts import OFFICIAL

ADAPTERS = Path(__file__).parents[1] / "data"


def layouts() -> str:
    """Return a row per adapter of an official layout: what lies below `root`, and how much its owners give out."""
    return grid(("adapter", "below `root`", "utterances"), [_row(name, count) for name, count in OFFICIAL.items()])


def _row(name: str, count: int) -> tuple[str, str, str]:
    docstring = ast.get_docstring(ast.parse((ADAPTERS / f"{name}.py").read_text(encoding="utf-8"))) or ""
    return f"`{name}`", docstring.partition("\n\n")[0].replace("\n", " "), f"{count:,}"
