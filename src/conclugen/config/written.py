"""Values as they are written and as they arrive: null takes a key away, numbers may come as text and names as numbers.

Snakemake hands on what is nested in `--config` as text, YAML reads `1e-4` as text and a class named 0 as a number.
Nothing is guessed: a value is read as the type that its key has, or left for pydantic to refuse.
"""

from __future__ import annotations

import os
import re
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic.fields import FieldInfo

NULL = {"null", "~", ""}  # as text
TRUTH = {"true": True, "false": False}


def given(values: Any, fields: Mapping[str, FieldInfo]) -> Any:
    """Return what a section was given, read as the types of its fields, without the keys that null takes away.

    A field that may be null keeps it; any other key that is null is as if it had not been written.
    """
    if not isinstance(values, Mapping):
        return values
    read = {key: as_type(value, fields[key].annotation) if key in fields else value for key, value in values.items()}
    return {
        key: value
        for key, value in read.items()
        if value is not None or key not in fields or types.NoneType in _options(fields[key].annotation)
    }


def without_taken(config: Any) -> Any:
    """Return a configuration without the data sets that null takes away, which then are evaluated on no more."""
    sets, section = (config.get(key) if isinstance(config, Mapping) else None for key in ("datasets", "downstream"))
    if not isinstance(sets, Mapping) or not isinstance(section, Mapping):
        return config
    taken, named = {name for name, value in sets.items() if _is_null(value)}, section.get("datasets")
    if not taken or not isinstance(named, list):
        return config
    return {**config, "downstream": {**section, "datasets": [name for name in named if name not in taken]}}


def _is_null(value: Any) -> bool:
    return value is None or (isinstance(value, str) and value.strip().lower() in NULL)


def as_type(value: Any, kind: Any) -> Any:
    """Return a value as the type that an annotation asks for, where it is one written otherwise."""
    options = _options(kind)
    if isinstance(value, str):
        return _text(value, options)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value) if str in options and not {int, float, Any} & set(options) else value
    if isinstance(value, list | tuple):
        inner = _inner(options, list)
        return [as_type(item, inner) for item in value] if inner else value
    if isinstance(value, Mapping) and (inner := _inner(options, dict)):
        read = {as_type(key, str): as_type(item, inner) for key, item in value.items()}
        return {key: item for key, item in read.items() if item is not None}
    return value


def place(path: str) -> str:
    """Return a path written in one way: relative to the current folder where it lies below it, else absolute."""
    path, folder = Path(os.path.abspath(os.path.expanduser(path))), Path.cwd()
    for inside, base in ((path, folder), (Path(os.path.realpath(path)), Path(os.path.realpath(folder)))):
        if inside.is_relative_to(base):
            return str(inside.relative_to(base))
    return str(path)


def place_in(root: str, path: str) -> str:
    """Return the path of a file as seen from `root`, in one way: relative where it lies below, else absolute."""
    root, path = os.path.abspath(place(root)), os.path.expanduser(path)
    whole = os.path.abspath(os.path.join(root, path))
    return os.path.relpath(whole, root) if Path(whole).is_relative_to(root) else whole


def _text(value: str, options: list[Any]) -> Any:
    if _is_null(value) and (types.NoneType in options or not {str, Any} & set(options)):
        return None
    if {str, Any} & set(options):
        return value
    if bool in options and value.strip().lower() in TRUTH:
        return TRUTH[value.strip().lower()]
    if int in options and re.fullmatch(r"[-+]?\d+", value.strip()):
        return int(value)
    if float in options and re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", value.strip(), re.IGNORECASE):
        return float(value)
    return value


def _options(kind: Any) -> list[Any]:
    """The types that an annotation allows, without what it adds to them."""
    origin = typing.get_origin(kind)
    if origin is Annotated:
        return _options(typing.get_args(kind)[0])
    if origin in (typing.Union, types.UnionType):
        return [option for part in typing.get_args(kind) for option in _options(part)]
    return [str if origin is typing.Literal else kind]


def _inner(options: list[Any], container: type) -> Any:
    """The type of what a list or the entries of a mapping hold, where one is allowed."""
    return next((typing.get_args(kind)[-1] for kind in options if typing.get_origin(kind) is container), None)
