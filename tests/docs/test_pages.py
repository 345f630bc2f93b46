"""The committed pages are what the code prints, and every key is on them with its default and a meaning."""

import re
from pathlib import Path
from typing import Literal

import pytest
import yaml

from conclugen.config import Config
from conclugen.config.types import Section
from conclugen.data import official
from conclugen.docs import __main__ as docs
from conclugen.docs import configuration, switches
from conclugen.docs.configuration import Part, Place, UntoldError, parts
from conclugen.docs.markdown import filled, flow, grid
from conclugen.features.catalogue import CATALOGUE
from conclugen.pretrain import settings
from conclugen.pretrain.presets import PRESETS

ROOT = Path(__file__).resolve().parents[2]
PARTS = list(parts(Config, Place()))


def test_the_committed_pages_are_what_the_code_prints():
    assert docs.printed() == {}


def test_a_page_that_is_not_as_printed_fails_the_check_and_is_mended(tmp_path, monkeypatch):
    (tmp_path / "docs").mkdir()
    texts = {name: (ROOT / name).read_text("utf-8") for name in docs.PAGES}
    for name, text in texts.items():
        (tmp_path / name).write_text(text.replace("1.3333", "1.4"), "utf-8")
    monkeypatch.setattr(docs, "ROOT", tmp_path)
    with pytest.raises(SystemExit, match=r"^docs/configuration\.md: not what the code prints; run: make docs$"):
        docs.main(["--check"])
    docs.main([])
    docs.main(["--check"])
    assert {name: (tmp_path / name).read_text("utf-8") for name in docs.PAGES} == texts


def leaves(value: object, path: str = "") -> dict[str, object]:
    if not isinstance(value, dict) or not value or path.endswith(("utterances", "modalities", "parts", "streams")):
        return {path: value}
    return {k: v for name, one in value.items() for k, v in leaves(one, f"{path}.{name}".lstrip(".")).items()}


def rows(kind: str = "") -> dict[str, tuple[str, str, str]]:
    return {path.strip("`"): rest for part in PARTS if part.place.kind in ("", kind) for path, *rest in part.rows}


ADAPTERS = ("voxceleb2", "mosei", "meld", "caer", "ravdess", "cremad", "emodb", *official.FILES, "folder", "features")


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_every_key_of_a_checked_configuration_is_there_with_its_default(adapter):
    given = {"adapter": adapter, "root": "/data"}
    given |= {"file": "x.npz", "streams": {"text": "t"}} if adapter == "features" else {}
    least = {"datasets": {"mine": given}, "pretrain": {"dataset": "mine"}, "downstream": {"datasets": ["mine"]}}
    told = rows(f", adapter: {adapter}")
    required = {path for path, (_, default, _) in told.items() if default == "required"}
    for path, value in leaves(Config.model_validate(least).model_dump()).items():
        path = path.replace("datasets.mine", "datasets.*")
        shared = re.sub(r"^features\.(?!views)\w+\.(model|weights|seen|dtype)$", r"features.*.\1", path)
        kind, default, meaning = told[shared]
        assert kind
        assert len(meaning) > 5
        assert shared in required or default == configuration.default_text(value), path
    assert {"datasets", "datasets.*.adapter", "datasets.*.root", "pretrain.dataset", "downstream.datasets"} <= required


class Inner(Section):
    """What is within.

    Attributes:
        known: told.
    """

    known: int = 1
    unknown: int = 2


class Outer(Section):
    """What is around."""

    within: Inner = Inner(known=3)


class Misspelt(Section):
    """What is told of a key that is none.

    Attributes:
        knwon: told.
    """

    known: int = 1


def test_a_key_without_a_meaning_fails_with_its_path(monkeypatch):
    with pytest.raises(
        UntoldError, match=r"^within\.unknown: no meaning; say it under Attributes of \S*test_pages\.Inner$"
    ):
        list(parts(Outer, Place()))
    monkeypatch.setattr(configuration, "Config", Outer)
    with pytest.raises(SystemExit, match=r"^within\.unknown: no meaning"):
        docs.main(["--check"])


def test_a_meaning_of_no_key_fails():
    with pytest.raises(UntoldError, match=r"^knwon: no key; take it out of Attributes of \S*Misspelt$"):
        list(parts(Misspelt, Place()))


class Shared(Section):
    """What both have.

    Attributes:
        tag: which it is.
        size: of either.
    """

    tag: str
    size: int = 1


class Big(Shared):
    """The big one."""

    tag: Literal["big"]
    size: int = 9


class Small(Shared):
    """The small one.

    Attributes:
        own: of it alone.
    """

    tag: Literal["small"]
    own: str | None = None


class Both(Section):
    """Several of a kind.

    Attributes:
        sizes: by name.
    """

    sizes: dict[str, Big | Small]


def test_keys_in_common_stand_once_and_others_with_the_kind_that_has_them():
    found: list[Part] = list(parts(Both, Place()))
    assert [(part.place.path, part.place.kind) for part in found] == [
        ("", ""),
        ("sizes.*", ""),
        ("sizes.*", ", tag: big"),
        ("sizes.*", ", tag: small"),
    ]
    assert [path for path, *_ in found[1].rows] == ["`sizes.*.tag`", "`sizes.*.size`"]
    assert found[2].rows == [("`sizes.*.size`", "whole number", "`9`", "of either.")]
    assert found[3].rows == [("`sizes.*.own`", "text or null", "`null`", "of it alone.")]


def test_every_switch_is_there_with_its_value_in_each_preset():
    printed = switches.switches().splitlines()
    for part, values in PRESETS["paper"].items():
        for key in values:
            [line] = [line for line in printed if line.startswith(f"| `presets.*.{part}.{key}` |")]
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            assert len(cells[1]) > 5
            values = [preset[part][key] for preset in PRESETS.values()]
            plain = [list(value) if isinstance(value, tuple) else value for value in values]
            assert [yaml.safe_load(cell.strip("`")) for cell in cells[2:]] == plain


def test_a_switch_without_a_meaning_fails_with_its_path(monkeypatch):
    monkeypatch.setitem(PRESETS["paper"]["objective"], "variance_weight", 25.0)
    with pytest.raises(UntoldError, match=r"^presets\.\*\.objective\.variance_weight: no meaning; .* Objective$"):
        switches.switches()


def test_every_field_of_a_part_of_a_preset_is_a_switch():
    for part, kind in switches.PARTS.items():
        assert set(kind.__dataclass_fields__) == set(PRESETS["paper"][part])
    assert settings.Architecture is switches.PARTS["architecture"]


def test_the_page_of_backbones_names_each_with_its_stream():
    text = (ROOT / "docs/backbones.md").read_text("utf-8")
    for stream, entries in CATALOGUE.items():
        for name in entries:
            assert len(re.findall(rf"^\| {stream} \| (?:\*\*)?{name}(?:\*\*)? \|", text, re.MULTILINE)) == 1


@pytest.mark.parametrize(
    "change", [("<!-- /rules -->", ""), ("<!-- rules -->", "<!-- others -->"), ("rules -->", "x -->")]
)
def test_marks_that_are_wrong_fail_with_the_page(tmp_path, monkeypatch, change):
    (tmp_path / "docs").mkdir()
    for name in docs.PAGES:
        (tmp_path / name).write_text((ROOT / name).read_text("utf-8").replace(*change), "utf-8")
    monkeypatch.setattr(docs, "ROOT", tmp_path)
    with pytest.raises(SystemExit, match=r"^docs/contracts\.md: has .* for (nothing|x), but needs them for rules$"):
        docs.main([])


def test_what_stands_between_marks_is_written_anew_and_nothing_else():
    text = "a\n<!-- one -->\nold\n<!-- /one -->\nb <!-- a remark -->"
    assert filled(text, {"one": lambda: "new"}) == "a\n<!-- one -->\n\nnew\n\n<!-- /one -->\nb <!-- a remark -->"
    with pytest.raises(KeyError):
        filled(text, {})


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, "null"), (True, "true"), (0.5, "0.5"), ("a", "a"), ("null", "'null'"), ([1, 2], "[1, 2]"), ({}, "{}")],
)
def test_values_are_yaml_on_one_line(value, expected):
    assert flow(value) == expected
    assert flow({"a": [1.5] * 99}) == f"{{a: [{', '.join(['1.5'] * 99)}]}}"
    assert grid(("x",), [("1",)]) == "| x |\n| --- |\n| 1 |"
