"""The keys of the configuration, from its classes: the path, type, default and meaning of each."""

from __future__ import annotations

import dataclasses
import re
import typing
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from conclugen.config import Config
from conclugen.config.gone import GONE
from conclugen.config.types import Section, is_made
from conclugen.docs.attributes import meanings, summary
from conclugen.docs.kinds import words
from conclugen.docs.markdown import flow, grid

HEAD = ("key", "type", "default", "meaning")
LONG, SHOWN = 20, 3  # of a list with more entries so many are printed


class UntoldError(ValueError):
    """A key whose meaning stands nowhere, or a meaning of no key."""


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a section stands.

    Attributes:
        path: of its keys, `*` for a name of the user's own.
        kind: the adapter or the like that has such a section, empty where all have it.
        about: what is said of it there.
        values: what it is by default there; None: what its class says.
    """

    path: str = ""
    kind: str = ""
    about: str = ""
    values: Section | None = None


@dataclasses.dataclass(frozen=True)
class Part:
    """A section where it stands, what it is, and the (path, type, default, meaning) of each key that is none itself."""

    place: Place
    about: str
    rows: list[tuple[str, str, str, str]]


def keys() -> str:
    """Return all keys, a heading and a table for each section."""
    printed, tops = [], set()
    for part in parts(Config, Place()):
        path, top = part.place.path, part.place.path.split(".")[0]
        title = f"`{path}`{part.place.kind}" if path else "Top level"
        printed += [f"{'###' if top in tops else '##'} {title}", *([part.about] if path else [])]
        printed += [grid(HEAD, part.rows)] if part.rows else []
        tops.add(top)
    return _linked("\n\n".join(printed))


def of_adapter(adapter: str) -> str:
    """Return a table of the keys that data sets of one adapter have beyond what all have, as they stand in them."""
    kind, place = f", adapter: {adapter}", "`datasets.*."
    rows = [row for part in parts(Config, Place()) if part.place.kind == kind for row in part.rows]
    return _linked(grid(HEAD, [(f"`{path.removeprefix(place)}", *rest) for path, *rest in rows]))


def gone() -> str:
    """Return a table of the keys that are constants now."""
    rows = [(f"`{key}`", f"`{constant}`", f"`{home.replace(':', '`, `')}`") for key, (constant, home) in GONE.items()]
    return grid(("key", "constant", "where it stands"), rows)


def parts(section: type[Section], place: Place) -> Iterator[Part]:
    """Yield a section and those within it; before several that share keys, the section of these.

    Raises UntoldError that names the key and the class.
    """
    field_meanings, rows, within = meanings(section), [], []
    if strange := sorted(field_meanings.keys() - section.model_fields):
        raise UntoldError(f"{strange[0]}: no key; take it out of Attributes of {_name(section)}")
    for name, field in _own(section).items():
        path, meaning = f"{place.path}.{name}".lstrip("."), field_meanings.get(name, "")
        default = field.default if place.values is None else getattr(place.values, name)
        if _is_section(field.annotation):
            values = default if isinstance(default, Section) else None
            within.append((field.annotation, Place(path, place.kind, meaning, values)))
            continue
        if not meaning:
            raise UntoldError(f"{path}: no meaning; say it under Attributes of {_name(section)}")
        if not _tag(field):
            rows.append((f"`{path}`", words(field.annotation, field.metadata), default_text(default), meaning))
        below = f"{path}.*" if typing.get_origin(field.annotation) is dict else path
        within += [(kind, Place(below, place.kind or _tagged(kind))) for kind in _sections(field.annotation)]
    yield Part(place, " ".join([place.about, summary(section)]).strip(), rows)
    bases = {Section}
    for kind, where in within:
        if (base := _base(kind)) not in bases:
            bases.add(base)
            yield from parts(base, Place(f"{where.path.rpartition('.')[0]}.*"))
        yield from parts(kind, where)


def default_text(default: Any) -> str:
    """Return a default as a cell of a table: YAML, of a long list its beginning."""
    if default is PydanticUndefined:
        return "required"
    if isinstance(default, list) and len(default) > LONG:
        return f"`{flow(default[:SHOWN]).rstrip(']')}, …]`, {len(default)} in all"
    return f"`{flow(default.model_dump() if isinstance(default, BaseModel) else default)}`"


def _linked(text: str) -> str:
    """Text with a link for each page of docs/ that it names."""
    return re.sub(r"docs/([\w-]+\.md)", r"[\1](\1)", text)


def _own(section: type[Section]) -> dict[str, FieldInfo]:
    """The fields that a section does not take over from another one as they are; those of a stage's class are its."""
    names = [name for kind in (section, *_made_for(section)) for name in vars(kind).get("__annotations__", {})]
    return {name: section.model_fields[name] for name in names if name in section.model_fields}


def _base(section: type[Section]) -> type:
    """What a section takes over keys from, beside stages' classes."""
    made = _made_for(section)
    return (made[0] if made else section).__bases__[0]


def _made_for(section: type[Section]) -> list[type]:
    """The sections of stages' classes that one which says more is made from."""
    return [] if is_made(section) else [base for base in section.__bases__ if is_made(base)]


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Section)


def _sections(kind: Any) -> list[type[Section]]:
    """The sections that an annotation holds."""
    return [kind] if _is_section(kind) else [section for part in typing.get_args(kind) for section in _sections(part)]


def _tag(field: FieldInfo) -> str:
    """The one value that a field may have, where it tells which section this is."""
    values = typing.get_args(field.annotation) if typing.get_origin(field.annotation) is Literal else ()
    return values[0] if len(values) == 1 else ""


def _tagged(section: type[Section]) -> str:
    tags = {name: tag for name, field in section.model_fields.items() if (tag := _tag(field))}
    return "".join(f", {name}: {tag}" for name, tag in tags.items())


def _name(section: type[Section]) -> str:
    return f"{section.__module__}.{section.__qualname__}"
