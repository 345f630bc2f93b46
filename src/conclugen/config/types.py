"""Sections of the configuration: what all have, the types they share, and how one is made of the keys of a stage."""

from __future__ import annotations

import dataclasses
import functools
import operator
import types
import typing
from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, create_model, model_validator

from conclugen.config import written
from conclugen.store.keys import DimensionName, Keys, Located

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_-]*$")]
Modalities = dict[Name, Annotated[list[Name], Field(min_length=1)]]  # by modality, the streams it joins
Target = Literal["expression", DimensionName]
PLACED = AfterValidator(written.place)  # a path, written in one way


class Section(BaseModel):
    """A part of the configuration: unknown keys and wrong types are refused, null means the default.

    What a key means stands in the `Attributes` of its class and nowhere else; docs/configuration.md is printed from
    them.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _written(cls, values: Any) -> Any:
        """Read text as the numbers it is, leave out what is null."""
        return written.given(values, cls.model_fields)

    @model_validator(mode="after")
    def _together(self) -> Section:
        """Ask the stage's class, where keys come from one, whether they go together."""
        check = getattr(self, "__post_init__", None)
        if check is not None:
            check()
        return self

    @model_validator(mode="after")
    def _each_once(self) -> Section:
        """Refuse what a list has twice: a seed or a method would count twice. A range may be a point."""
        limits = {name: field.metadata for name, field in type(self).model_fields.items()}
        lists = [name for name in limits if not any(getattr(limit, "max_length", None) for limit in limits[name])]
        if mistakes := [line for name in lists for line in _repeated(f".{name}", getattr(self, name))]:
            raise ValueError("\n".join(mistakes))
        return self


def _repeated(place: str, value: Any) -> Iterator[str]:
    """Yield a line for each list of plain values, here or in a mapping, that has one of them twice."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _repeated(f"{place}.{key}", inner)
    elif isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        twice = [item for item, count in Counter(value).items() if count > 1]
        yield from [f"{place}: {value} has {twice[0]!r} more than once; name each once"] if twice else []


def section(keys: type[Keys], *bases: type[Section], **more: Any) -> type[Section]:
    """Return the section whose keys are the fields of a stage's class, with its methods.

    Args:
        keys: the class; of another that it is based on, a base has the section.
        bases: sections that it takes over keys from.
        more: further keys, as pydantic's `create_model` takes them, or other defaults.
    """
    hints = typing.get_type_hints(keys, include_extras=True)
    declared = [field for field in dataclasses.fields(keys) if field.name in keys.__annotations__]
    return create_model(
        keys.__name__,
        __base__=(*(bases or (Section,)), _methods(keys)),
        __doc__=keys.__doc__,
        __module__=__name__,
        **{field.name: (_written(hints[field.name]), _default(field)) for field in declared} | more,
    )


def is_made(kind: type) -> bool:
    """Whether a class is a section that `section` has made."""
    return kind.__module__ == __name__ and kind is not Section


def _methods(keys: type[Keys]) -> type:
    """A class that has what a stage's class has beside its fields, whose defaults would hide those of the section."""
    members = {name: value for base in reversed(keys.__mro__[:-1]) for name, value in vars(base).items()}
    fields = {field.name for field in dataclasses.fields(keys)}
    names = {name for name in members.keys() - fields if not name.startswith("__") or name == "__post_init__"}
    return type(keys.__name__, (), {name: members[name] for name in names})


@functools.cache
def _of(keys: type[Keys]) -> type[Section]:
    """The section within another that a field of a stage's class holds."""
    return section(keys)


def _written(hint: Any) -> Any:
    """A type as files write it: lists in place of tuples, sections in place of the stage's classes."""
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if isinstance(hint, type) and issubclass(hint, Keys):
        return _of(hint)
    if origin is Annotated:
        return Annotated[_written(inside[0]), *map(_limit, inside[1:])]
    if origin is tuple:
        return list[_written(inside[0])]
    if origin is dict:
        return dict[_written(inside[0]), _written(inside[1])]
    if origin in (typing.Union, types.UnionType):
        return functools.reduce(operator.or_, map(_written, inside))
    return hint


def _limit(limit: Any) -> Any:
    """A limit as pydantic knows it."""
    return PLACED if isinstance(limit, Located) else limit


def _default(field: dataclasses.Field) -> Any:
    """The default of a key; `...` for none, which makes it required."""
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return ... if field.default is dataclasses.MISSING else _plain(field.default)


def _plain(value: Any) -> Any:
    if isinstance(value, Keys):
        return _of(type(value))(**{f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)})
    return list(value) if isinstance(value, tuple) else value
