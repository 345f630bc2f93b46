import dataclasses
import json

import pytest

from conclugen.store.settings import dump, parse


@dataclasses.dataclass(frozen=True)
class Inner:
    rate: float
    names: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Outer:
    size: int
    flag: bool
    limit: float | None
    inner: Inner
    streams: dict[str, tuple[str, ...]]


GOOD = {"size": 2, "flag": True, "limit": None, "inner": {"rate": 1, "names": ["a"]}, "streams": {"v": ["x", "y"]}}


def test_round_trip():
    outer = parse(Outer, json.dumps(GOOD))
    assert outer == Outer(2, True, None, Inner(1.0, ("a",)), {"v": ("x", "y")})
    assert parse(Outer, dump(outer)) == outer


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"extra": 1}, "unknown"),
        ({"size": "2"}, "Outer.size: expected int"),
        ({"flag": 1}, "Outer.flag: expected bool"),
        ({"inner": {"rate": 1.0}}, "Outer.inner: missing"),
        ({"inner": 3}, "expected an object"),
    ],
)
def test_what_does_not_fit_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        parse(Outer, json.dumps(GOOD | change))


@dataclasses.dataclass(frozen=True)
class Loose:
    size: int
    limit: float | None = None
    inner: Inner | None = None


def test_a_field_with_a_default_may_be_left_out():
    assert parse(Loose, '{"size": 2}') == Loose(2)
    assert parse(Loose, '{"size": 2, "limit": 1}') == Loose(2, 1.0)
    with pytest.raises(ValueError, match="missing \\['size'\\]"):
        parse(Loose, '{"limit": 1}')


def test_a_missing_field_is_an_error():
    with pytest.raises(ValueError, match="missing \\['size'\\]"):
        parse(Outer, json.dumps({k: v for k, v in GOOD.items() if k != "size"}))
