"""The paper's numbers."""

from __future__ import annotations

import re

import pytest

from conclugen.evaluation import benchmark, paper


def test_every_row_is_there():
    for _, rows in paper.LINEAR.values():
        assert len(rows) == len(paper.METHODS)
        assert all(len(row) == 4 and all(0 < value < 100 for value in row) for row in rows)


def test_single_label_tables_print_accuracy_twice():
    for name in ("meld", "caer"):
        assert all(row[0] == row[3] for row in paper.LINEAR[name][1])


def test_lookup():
    found = paper.numbers("meld", "single", "ConCluGen-vision", "linear")
    assert found["paper_table"] == 4
    assert found["paper_accuracy"] == pytest.approx(0.31)
    assert paper.numbers("caer", "single", "any", "supervised") == {"paper_table": 2, "paper_accuracy": 0.3443}
    assert paper.numbers("caer", "single", "ConClu", "finetune") == {}
    assert paper.numbers(None, "single", "ConClu", "linear") == {}


@pytest.mark.real
def test_against_the_text_of_the_paper(shared_data):
    path = shared_data.parent / "seeds" / "paper-conclugen.txt"
    if not path.exists():
        pytest.skip(f"no text of the paper at {path}")
    text = path.read_text(encoding="utf-8").replace("\xa0", " ")
    for _, rows in paper.LINEAR.values():
        for row in rows:
            assert " ".join(f"{value:g}" for value in row) in text.replace(".0 ", " ")
    printed = text[text.index("Method Year Mod. Acc.") : text.index("Table 1: Benchmark evaluations")].replace(
        "\xa0", " "
    )
    for method, year, modalities, _, accuracy, _ in benchmark.PUBLISHED:
        name = re.escape(method.removesuffix(" (paper, fine-tuned)"))
        assert re.search(rf"{name}.*? {year} {modalities} {accuracy:g}0*\n", printed), method
    assert len(re.findall(r" \d{4} VATK? ", printed)) == len(benchmark.PUBLISHED)
