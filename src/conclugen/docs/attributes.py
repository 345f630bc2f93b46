"""What the docstring of a class says: of the class, and under `Attributes` of each of its fields."""

from __future__ import annotations

import inspect
import re

HEAD = "Attributes:"
ENTRY = re.compile(r" {4}([a-z]\w*(?:, [a-z]\w*)*): (.*)")


def summary(kind: type) -> str:
    """Return what the docstring of a class says before its fields, in one line."""
    return " ".join(inspect.cleandoc(kind.__doc__ or "").partition(HEAD)[0].split())


def meanings(kind: type) -> dict[str, str]:
    """Return by field what the docstrings of a class and of those it is made from say of it; its own come first."""
    by_field: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        by_field |= attributes(vars(base).get("__doc__") or "")
    return by_field


def attributes(docstring: str) -> dict[str, str]:
    """Return by field what a docstring says under `Attributes`, each in one line.

    An entry is indented by four, its further lines by more; `a, b: …` is said of both.
    """
    lines = inspect.cleandoc(docstring).splitlines()
    by_field: dict[str, str] = {}
    names: list[str] = []
    for line in lines[lines.index(HEAD) + 1 :] if HEAD in lines else ():
        if entry := ENTRY.fullmatch(line):
            names = entry[1].split(", ")
            by_field |= dict.fromkeys(names, entry[2])
        elif names and line.startswith(" " * 5):
            by_field |= {name: f"{by_field[name]} {line.strip()}" for name in names}
        else:
            break
    return by_field
