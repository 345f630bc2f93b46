"""What the module of a backbone says of itself, read from its source: importing it would import PyTorch."""

from __future__ import annotations

import ast
import functools
from pathlib import Path

FEATURES = Path(__file__).parent
ELSEWHERE = {"davenet": "resdavenet", "davenet_official": "resdavenet"}
BY_MODEL = "the model's own"


def licence(backbone: str) -> str:
    """Return the licence of a backbone's weights."""
    return said(backbone, "licence") or BY_MODEL


def dim(backbone: str) -> int | None:
    """Return the length of a backbone's vectors; None where it is the model's."""
    number = said(backbone, "dim")
    return int(number) if number.isdigit() else None


@functools.cache
def said(backbone: str, name: str) -> str:
    """Return the constant that a backbone's module gives the variable, field or argument `name`; empty for none."""
    path = FEATURES / f"{ELSEWHERE.get(backbone, f'backbones/{backbone}')}.py"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case (
                ast.Assign(targets=[ast.Name(found)], value=ast.Constant(value))
                | ast.AnnAssign(target=ast.Name(found), value=ast.Constant(value))
                | ast.keyword(arg=found, value=ast.Constant(value))
            ) if found == name:
                return str(value)
    return ""
