"""Types in words."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from conclugen.config.types import Modalities, Section
from conclugen.docs.kinds import words
from conclugen.store.keys import Above0, Count, Share


class Inner(Section):
    """A section."""


class Keys(Section):
    """Fields of every kind."""

    flag: bool | list[str]
    count: Count | None
    share: Share
    rate: Above0
    open_share: Annotated[float, Field(gt=0, lt=1)]
    one: Literal["a"]
    some: Literal["a", "b", "c"]
    many: Annotated[list[Literal["a", "b"]], Field(min_length=1)] | None
    pair: Annotated[list[Above0], Field(min_length=2, max_length=2)]
    joined: Modalities
    inner: Inner | None
    anything: dict[str, Any]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("flag", "true or false or list of text"),
        ("count", "whole number from 1 or null"),
        ("share", "number from 0 to 1"),
        ("rate", "number above 0"),
        ("open_share", "number above 0 below 1"),
        ("one", "`a`"),
        ("some", "`a`, `b` or `c`"),
        ("many", "list of `a` or `b` (at least 1) or null"),
        ("pair", "list of number above 0 (exactly 2)"),
        ("joined", "{name: list of name (at least 1)}"),
        ("inner", "section or null"),
        ("anything", "{text: anything}"),
    ],
)
def test_a_type_is_told_in_words_with_its_limits(name, expected):
    field = Keys.model_fields[name]
    assert words(field.annotation, field.metadata) == expected
