"""Tables in Markdown, and pages of which a program writes the parts between marks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import yaml

MARKED = re.compile(r"<!-- ([\w-]+) -->\n.*?<!-- /\1 -->", re.DOTALL)


def grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table."""
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows))


def flow(value: Any) -> str:
    """Return a value as it may stand in the configuration: YAML, on one line."""
    text = yaml.safe_dump(value, default_flow_style=True, width=float("inf"), sort_keys=False, allow_unicode=True)
    return text.removesuffix("...\n").strip()


class MarkError(ValueError):
    """A page without the marks of a part, or with marks of none."""


def require_marks(page: str, text: str, names: Iterable[str]) -> None:
    """Raise MarkError where the pairs of marks in a page are others than those of these parts, once each."""
    present, wanted = sorted(mark[1] for mark in MARKED.finditer(text)), sorted(names)
    if present != wanted:
        listed, needed = ", ".join(present) or "nothing", ", ".join(wanted)
        raise MarkError(f"{page}: has <!-- NAME --> … <!-- /NAME --> for {listed}, but needs them for {needed}")


def filled(text: str, parts: Mapping[str, Callable[[], str]]) -> str:
    """Return a page with what stands between `<!-- NAME -->` and `<!-- /NAME -->` written anew, the rest as it is.

    Raises KeyError for a name without a part.
    """
    return MARKED.sub(lambda mark: f"<!-- {mark[1]} -->\n\n{parts[mark[1]]()}\n\n<!-- /{mark[1]} -->", text)
