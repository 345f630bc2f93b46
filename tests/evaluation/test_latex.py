"""The LaTeX of a table: well formed, every special letter escaped, best bold only where tests show it."""

import re

import pytest
from pandas import DataFrame

from conclugen.evaluation import latex

TEX = r"(?:\\[a-zA-Z]+|\\.|[^\\])"
KNOWN = {
    "begin", "end", "centering", "caption", "label", "toprule", "midrule", "bottomrule", "textbf", "downarrow",
    "uparrow", "dagger", "textbackslash", "textasciitilde", "textasciicircum",
}  # fmt: skip


def rows_of(text):
    """The cells of a `table` environment; fails where it is not well formed."""
    body = "\n".join(line for line in text.splitlines() if not line.startswith("%"))
    body = re.sub(r"\\label\{[\w:-]+\}\n", "", body)
    depth, maths, opened = 0, False, []
    for token in re.findall(TEX, body, re.DOTALL):
        if token.startswith("\\") and token[1:].isalpha():
            assert token[1:] in KNOWN, token
        depth += (token == "{") - (token == "}")
        assert depth >= 0
        maths ^= token == "$"
        assert maths or token not in "^_<>~#", f"{token} outside of maths"
        assert token.isascii(), token
    assert (depth, maths) == (0, False)
    for kind, name in re.findall(r"\\(begin|end)\{(\w+)\}", body):
        opened.append(name) if kind == "begin" else None
        assert kind == "begin" or opened.pop() == name
    assert opened == []
    [columns] = re.findall(r"\\begin\{tabular\}\{(\w+)\}", body)
    inside = body.split("\\toprule")[1].split("\\bottomrule")[0].replace("\\midrule", "")
    assert inside.strip().endswith("\\\\")
    found = [re.split(r"(?<!\\)&", row) for row in re.split(r"\\\\\s", inside.strip() + "\n") if row.strip()]
    assert {len(row) for row in found} == {len(columns)}
    return [[cell.strip() for cell in row] for row in found]


def row(method, protocol, value, p="", beats="yes", **more):
    metrics = dict.fromkeys(("accuracy", "f1_weighted", "f1_macro"), "0.5000")
    bounds = {"recall_macro_lo": str(value - 0.1), "recall_macro_hi": str(value + 0.1)}
    told = {"seeds": "5", "n_test": "200", "groups": "40", "caution": "", "data": "own", "pretext": ""}
    return {"method": method, "protocol": protocol, "recall_macro": str(value), **bounds, **metrics, **told} | {
        "p_vs_ConCluGen": p, "p_holm": p, "beats_chance": beats, **more
    }  # fmt: skip


def table(*, raw=0.3, rival="0.6", p="0.01", beats="yes", **more):
    return [
        row("majority", "chance", 0.25, beats=""),
        row("raw-features", "raw", raw, "0.04"),
        row("ConCluGen", "linear", 0.5, beats=beats),
        row("Own_100%&co", "linear", float(rival), p, beats, **more),
        row("untrained", "linear", 0.3, p, beats),
    ]


def bold(given):
    return [cells[0] for cells in rows_of(latex.text(given, "mine_1", 0.95))[1:] if "textbf" in cells[2]]


@pytest.mark.parametrize(
    ("changes", "marked"),
    [
        ({}, ["Own\\_100\\%\\&co"]),
        ({"p": "0.06"}, []),  # not told from the reference
        ({"p": ""}, []),  # never tested
        ({"rival": "0.4"}, ["ConCluGen"]),  # the reference, told from both others
        ({"rival": "0.4", "p": "0.2"}, []),
        ({"beats": "no"}, []),
        ({"raw": 0.7}, []),  # raw features are better
    ],
)
def test_the_best_is_bold_where_tests_tell_it_apart(changes, marked):
    assert bold(table(**changes)) == marked


def test_every_row_is_there_with_chance_and_raw_first():
    cells = rows_of(latex.text(table(), "mine_1", 0.9))
    assert [one[0] for one in cells[1:4]] == ["majority", "raw features, all modalities", "ConCluGen"]
    assert cells[0][2:] == [
        "UAR $\\uparrow$",
        "Accuracy $\\uparrow$",
        "F1 (weighted) $\\uparrow$",
        "F1 (macro) $\\uparrow$",
    ]
    assert cells[1][2] == "0.250 [0.150, 0.350]"
    text = latex.text(table(), "mine_1", 0.9)
    for said in (
        "90 \\% intervals over 40 test groups and 5 training seeds; n = 200 test utterances",
        "mine\\_1: Recall",
    ):
        assert said in text


def test_collapsed_networks_cautions_and_made_data_are_told():
    given = table(
        pretext="collapsed", networks="5", networks_collapsed="2", caution="4 seeds: fewer than 5", data="demo"
    )
    text = latex.text(given, "mine", 0.95)
    assert "Own\\_100\\%\\&co$^\\dagger$ &" in text
    for said in ("$^\\dagger$ networks that collapsed", "Caution: 4 seeds: fewer than 5.", "Made by a program."):
        assert said in text
    rows_of(text)


def test_names_are_printed_as_they_are():
    assert latex.escaped(r"a\b~c^d{e}$#<−") == (
        r"a\textbackslash{}b\textasciitilde{}c\textasciicircum{}d\{e\}\$\#$<$$-$"
    )
    rows_of(latex.text([row(r"~^\{}$#", "chance", 0.2)], "x", 0.95))


def test_sentiment_has_its_own_metrics_and_signs():
    given = [
        {name: value for name, value in one.items() if not name.startswith("recall")}
        | {"mae": one["recall_macro"], "mae_lo": "-0.1", "mae_hi": "0.9", "pearson": "-0.05"}
        for one in table()
    ]
    cells = rows_of(latex.text(given, "mine", 0.95))
    assert cells[0][2:] == ["MAE $\\downarrow$", "Pearson $\\uparrow$"]
    assert cells[1][2:] == ["0.250 [$-$0.100, 0.900]", "$-$0.050"]


def test_it_is_written_from_a_table_and_another_file_is_refused(tmp_path):
    DataFrame(table()).to_csv(tmp_path / "mine.csv", index=False)
    latex.main(["--table", str(tmp_path / "mine.csv"), "--level", "0.95", "--output", str(tmp_path / "mine.tex")])
    assert "\\label{tab:mine}" in (tmp_path / "mine.tex").read_text("utf-8")
    with pytest.raises(ValueError, match="has no headline metric"):
        latex.task_of([{"a": "1"}])
