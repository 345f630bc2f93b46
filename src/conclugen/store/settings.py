"""Settings of a stage: one JSON object on the command line, read strictly into a frozen dataclass.

Stages hold no defaults and never import `conclugen.config`, so editing the configuration of one stage is no change
to the code of another.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from typing import Any, TypeVar

T = TypeVar("T")


def parse(kind: type[T], text: str) -> T:
    """Read JSON `text` into the dataclass `kind`; every field without a default must be given, and no other.

    Nested dataclasses, tuples and `X | None` are converted. Raises ValueError naming the field.
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
    if missing := sorted(name for name in fields.keys() - value.keys() if _is_needed(fields[name])):
        raise ValueError(f"{where}: missing {missing}")
    hints = typing.get_type_hints(kind)
    return kind(**{name: _convert(hints[name], value[name], f"{where}.{name}") for name in sorted(value)})


def _is_needed(field: dataclasses.Field) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _convert(hint: Any, value: Any, where: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if dataclasses.is_dataclass(hint):
        return _build(hint, value, where)
    if origin in (typing.Union, types.UnionType):
        if value is None and type(None) in arguments:
            return None
        return _convert(next(a for a in arguments if a is not type(None)), value, where)
    if origin is tuple:
        return tuple(_convert(arguments[0], item, f"{where}[{i}]") for i, item in enumerate(value))
    if origin is dict:
        return {key: _convert(arguments[1], item, f"{where}[{key}]") for key, item in value.items()}
    if hint is float and type(value) is int:
        return float(value)
    if hint in (str, int, float, bool) and type(value) is not hint:
        raise ValueError(f"{where}: expected {hint.__name__}, got {value!r}")
    return value
