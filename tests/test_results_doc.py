"""docs/results.md says what the files beside it say."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
sys.path.insert(0, str(DOCS.parent / "benchmarks"))

import results_page  # noqa: E402


def test_every_table_is_that_of_its_file():
    text = (DOCS / "results.md").read_text(encoding="utf-8")
    assert results_page.page(text) == text, "make docs prints it anew"
    assert set(results_page.names(text)) == set(results_page.TABLES)


def test_every_file_of_results_is_told_of_in_the_documents():
    said = "".join(path.read_text(encoding="utf-8") for path in DOCS.glob("*.md"))
    for path in (DOCS / "results").iterdir():
        assert f"results/{path.name}" in said, path.name


@pytest.mark.parametrize(
    ("value", "sign", "expected"),
    [
        ("0.5", False, ".500"),
        ("-0.01234", False, "-.012"),
        ("0.01", True, "+.010"),
        ("1.25", False, "1.250"),
        ("", False, ""),
        ("not told apart", True, "not told apart"),
    ],
)
def test_numbers_have_three_decimals(value, sign, expected):
    assert results_page.short(value, sign) == expected


def test_what_stands_between_two_marks_is_written_anew_and_nothing_else(monkeypatch):
    monkeypatch.setitem(results_page.TABLES, "heads", lambda name: f"| {name} |")
    text = "before\n<!-- heads -->\nold\n<!-- /heads -->\nafter <!-- a remark -->"
    assert results_page.page(text) == "before\n<!-- heads -->\n\n| heads |\n\n<!-- /heads -->\nafter <!-- a remark -->"
