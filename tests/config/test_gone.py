"""Keys that are constants now: accepted as what they are, refused as anything else, and never a second home."""

import importlib

import pytest

from conclugen.config import check
from conclugen.config.errors import ConfigError
from conclugen.config.gone import GONE

BASE = {
    "datasets": {"mosei": {"adapter": "mosei", "root": "data", "asr": {}}},
    "pretrain": {"dataset": "mosei"},
    "downstream": {"datasets": ["mosei"]},
}


def written(key, value):
    """The configuration with one more key."""

    def put(values, path):
        first = "mosei" if path[0] == "*" else path[0]
        inner = value if len(path) == 1 else put(values.get(first, {}), path[1:])
        return {**values, first: inner}

    return put(BASE, key.split("."))


@pytest.mark.parametrize("key", GONE)
def test_the_constant_is_what_is_said(key):
    constant, home = GONE[key]
    path, name = home.removesuffix(".py").split(".py:")
    assert getattr(importlib.import_module(f"conclugen.{path.replace('/', '.')}"), name) == constant


@pytest.mark.parametrize("key", GONE)
@pytest.mark.parametrize("write", [lambda value: value, str])
def test_what_it_is_may_be_written_for_one_version(key, write):
    constant, home = GONE[key]
    config = check(written(key, write(constant)))
    (line,) = config.gone
    assert line.startswith(f"{key.replace('*', 'mosei')} is a constant now, {constant} ({home})")
    assert config.model_dump() == check(BASE).model_dump()


@pytest.mark.parametrize("key", GONE)
def test_another_value_is_told_before_anything_runs(key):
    constant, _ = GONE[key]
    with pytest.raises(ConfigError, match=rf"{key.replace('.*', '.mosei')}: a constant now, .* but {constant * 2} was"):
        check(written(key, constant * 2))


def test_it_is_told_beside_other_mistakes():
    config = written("tables.chance_draws", 7)
    with pytest.raises(ConfigError, match=r"tables\.chance_draws: a constant[\s\S]*tables\.resample: unknown key"):
        check({**config, "tables": config["tables"] | {"resample": 1}})


def test_nothing_is_said_where_nothing_was_written():
    assert check(BASE).gone == ()


@pytest.mark.parametrize("value", [[1], "text"])
def test_sections_that_are_none_are_left_to_their_classes(value):
    with pytest.raises(ConfigError, match="tables: input should be a valid dictionary"):
        check({**BASE, "tables": value})


def test_a_section_that_null_takes_away_holds_nothing():
    assert check({**BASE, "tables": {"chance_draws": None}}).gone == ()
