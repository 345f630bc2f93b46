"""Mistakes in the configuration, told so that they can be mended: the key, what was given, what is allowed."""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Iterable, Iterator
from typing import Annotated, Any

from pydantic import BaseModel, ValidationError

MOST_HOMES = 3  # sections named for a key that stands in the wrong one


class ConfigError(ValueError):
    """A configuration that cannot be run, with one line per mistake."""


def explain(error: ValidationError, root: type[BaseModel]) -> list[str]:
    """Return one line per mistake that pydantic found in a configuration of type `root`."""
    return [line for item in error.errors() for line in _explain(item, root)]


def told(lines: Iterable[str]) -> str:
    """Return mistakes as one text."""
    return "the configuration has mistakes:\n" + "\n".join(f"  - {line}" for line in lines)


def allowed_names(name: str, allowed: Iterable[str]) -> str:
    """Return the closest of the allowed names, if one is close, and all of them."""
    names = sorted(allowed)
    close = difflib.get_close_matches(name, names, n=1)
    return (f"did you mean {close[0]!r}? " if close else "") + f"allowed: {', '.join(names)}"


def _explain(item: Any, root: type[BaseModel]) -> list[str]:
    place, fields = _follow(item["loc"], root)
    key = ".".join(place)
    if item["type"] == "value_error":  # its lines name whole keys or, after a dot, keys of this section
        lines = str(item["ctx"]["error"]).splitlines()
        return [f"{key}{line}".lstrip(".") if line.startswith(".") else line for line in lines]
    if item["type"] == "extra_forbidden":
        return [f"{key}: unknown key{_elsewhere(place[-1], root)}; {allowed_names(place[-1], fields)}"]
    if item["type"] == "missing":
        return [f"{key}: missing; it has no default"]
    if item["type"].startswith("union_tag"):
        adapter = item["input"].get("adapter") if isinstance(item["input"], dict) else item["input"]
        allowed = item["ctx"].get("expected_tags", "").replace("'", "").split(", ")
        return [f"{key}.adapter: {adapter!r} is unknown; {allowed_names(str(adapter), allowed)}"]
    message = item["msg"][0].lower() + item["msg"][1:]
    quoted = "; write it in quotes" if item["type"] == "string_type" and isinstance(item["input"], bool) else ""
    return [f"{key}: {message}, but {item['input']!r} ({type(item['input']).__name__}) was given{quoted}"]


def _elsewhere(key: str, root: type[BaseModel]) -> str:
    """Where a key that was put into the wrong section belongs: the outermost sections that have one of its name."""
    homes = sorted(dict.fromkeys(_homes(key, root, ())), key=len)
    outer = [".".join(home) for home in homes if len(home) == len(homes[0])][:MOST_HOMES]
    if not outer:
        return ""
    return f" here, {key} belongs " + (f"under {' or '.join(outer)}" if outer[0] else "outside all sections")


def _homes(key: str, kind: Any, place: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The sections below `kind` that have `key`; NAME stands for a name of one's own."""
    if _is_section(kind):
        if key in kind.model_fields:
            yield place
        for name, field in kind.model_fields.items():
            yield from _homes(key, _plain(field.annotation), (*place, name))
    elif _is_union(kind):
        for option in typing.get_args(kind):
            yield from _homes(key, _plain(option), place)
    elif typing.get_origin(kind) is dict:
        yield from _homes(key, _plain(typing.get_args(kind)[-1]), (*place, "NAME"))


def _follow(location: tuple[int | str, ...], root: type[BaseModel]) -> tuple[list[str], list[str]]:
    """Return the key as the user wrote it (without the tags of unions) and the keys allowed beside its last part."""
    kind: Any = root
    place, fields = [], list(root.model_fields)
    for part in location:
        options = {_tag(option): option for option in typing.get_args(kind)} if _is_union(kind) else {}
        if part in options:
            kind = options[part]
            continue
        place.append(str(part))
        fields = list(kind.model_fields) if _is_section(kind) else []
        if _is_section(kind):
            kind = _plain(kind.model_fields[part].annotation) if part in kind.model_fields else None
        else:
            kind = _plain(typing.get_args(kind)[-1]) if typing.get_args(kind) else None
    return place, fields


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _is_union(kind: Any) -> bool:
    return typing.get_origin(kind) in (typing.Union, types.UnionType)


def _tag(option: Any) -> Any:
    field = option.model_fields.get("adapter") if _is_section(option) else None
    return typing.get_args(field.annotation)[0] if field else None


def _plain(annotation: Any) -> Any:
    """The type inside Annotated, or beside None."""
    if typing.get_origin(annotation) is Annotated:
        return _plain(typing.get_args(annotation)[0])
    kinds = [kind for kind in typing.get_args(annotation) if kind is not type(None)]
    return _plain(kinds[0]) if _is_union(annotation) and len(kinds) == 1 else annotation
