"""The type of a key in words: `whole number from 1 or null`."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Iterator
from typing import Annotated, Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

PLAIN = {
    bool: "true or false",
    int: "whole number",
    float: "number",
    str: "text",
    types.NoneType: "null",
    Any: "anything",
}
BOUNDS = {"ge": "from", "gt": "above", "le": "to", "lt": "below"}


def words(kind: Any, limits: Iterable[Any] = ()) -> str:
    """Return an annotation in words, with the limits that pydantic keeps beside it."""
    return _limited(_plain(kind), dict(_limits(limits)))


def _plain(kind: Any) -> str:
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if origin is Annotated:
        return words(inside[0], inside[1:])
    if origin is typing.Literal:
        *values, last = (f"`{value}`" for value in inside)
        return f"{', '.join(values)} or {last}" if values else last
    if origin in (typing.Union, types.UnionType):
        return " or ".join(map(_plain, inside))
    if origin is list:
        return f"list of {_plain(inside[0])}"
    if origin is dict:
        return f"{{{_plain(inside[0])}: {_plain(inside[1])}}}"
    return "section" if issubclass(kind, BaseModel) else PLAIN[kind]


def _limited(kind: str, limits: dict[str, Any]) -> str:
    if "pattern" in limits:
        return "name"
    if "discriminator" in limits:
        return "section"
    if "min_length" in limits:
        least, most = limits["min_length"], limits.get("max_length")
        return f"{kind} ({'at least' if most is None else 'exactly'} {least})"
    return " ".join([kind, *(f"{word} {limits[name]}" for name, word in BOUNDS.items() if name in limits)])


def _limits(limits: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    """Yield name and value of each limit; pydantic keeps those of a nested type in a FieldInfo."""
    for limit in limits:
        if isinstance(limit, FieldInfo):
            yield from _limits(limit.metadata)
            if limit.discriminator:
                yield "discriminator", limit.discriminator
            continue
        for name in (*BOUNDS, "min_length", "max_length", "pattern"):
            if (value := getattr(limit, name, None)) is not None:
                yield name, value
