"""Settings of a stage: one JSON object on the command line, read strictly into a frozen dataclass.

Every key must be told, since the configuration has filled in the defaults. Stages never import `conclugen.config`, so
editing the configuration of one stage is no change to the code of another.
"""

from __future__ import annotations

import dataclasses
import json
import operator
import types
import typing
from collections.abc import Callable, Iterable
from typing import Annotated, Any, TypeVar

from conclugen.store.keys import Keys

T = TypeVar("T")
LIMITS: dict[str, Callable[[Any, Any], bool]] = {
    "ge": operator.ge,
    "gt": operator.gt,
    "le": operator.le,
    "lt": operator.lt,
    "min_length": lambda value, least: len(value) >= least,
    "max_length": lambda value, most: len(value) <= most,
}


def parse(kind: type[T], text: str) -> T:
    """Read JSON `text` into the dataclass `kind`; keys and fields without a default must be given, and no other.

    Nested dataclasses, tuples and `X | None` are converted, and the limits of types hold. Raises ValueError naming the
    field.
    """
    return _build(kind, json.loads(text), kind.__name__)


def dump(settings: Any) -> str:
    """Return the canonical JSON (sorted keys) of a dataclass or of plain values."""
    plain = dataclasses.asdict(settings) if dataclasses.is_dataclass(settings) else settings
    return json.dumps(plain, sort_keys=True, ensure_ascii=False)


def _build(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f"{where}: expected an object, got {value!r}")
    fields = {field.name: field for field in dataclasses.fields(kind)}
    if unknown := sorted(value.keys() - fields):
        raise ValueError(f"{where}: unknown {unknown}; known are {sorted(fields)}")
    if missing := sorted(fields.keys() - value.keys() - _optional(kind)):
        raise ValueError(f"{where}: missing {missing}")
    hints = typing.get_type_hints(kind, include_extras=True)
    return kind(**{name: _convert(hints[name], value[name], f"{where}.{name}") for name in sorted(value)})


def _optional(kind: Any) -> set[str]:
    if issubclass(kind, Keys):
        return set(kind.OPTIONAL)
    missing = dataclasses.MISSING
    return {f.name for f in dataclasses.fields(kind) if f.default is not missing or f.default_factory is not missing}


def _convert(hint: Any, value: Any, where: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        return _within(arguments[1:], _convert(arguments[0], value, where), where)
    if dataclasses.is_dataclass(hint):
        return _build(hint, value, where)
    if origin in (typing.Union, types.UnionType):
        if value is None and type(None) in arguments:
            return None
        return _convert(next(a for a in arguments if a is not type(None)), value, where)
    if origin is tuple:
        kinds = arguments[:1] * len(value) if arguments[-1] is Ellipsis else arguments
        items = enumerate(zip(kinds, value, strict=True))
        return tuple(_convert(kind, item, f"{where}[{i}]") for i, (kind, item) in items)
    if origin is dict:
        return {key: _convert(arguments[1], item, f"{where}[{key}]") for key, item in value.items()}
    if origin is typing.Literal and value not in arguments:
        raise ValueError(f"{where}: {value!r} is none of {', '.join(map(str, arguments))}")
    if hint is float and type(value) is int:
        return float(value)
    if hint in (str, int, float, bool) and type(value) is not hint:
        raise ValueError(f"{where}: expected {hint.__name__}, got {value!r}")
    return value


def _within(limits: Iterable[Any], value: Any, where: str) -> Any:
    for limit in limits:
        for name, holds in LIMITS.items():
            bound = getattr(limit, name, None)
            if bound is not None and not holds(value, bound):
                raise ValueError(f"{where}: {value!r} is outside its limit, {limit}")
    return value
