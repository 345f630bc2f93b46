"""What tables tell of the networks behind a row."""

from __future__ import annotations

import json
import math

import pandas as pd
import pytest
from made_predictions import made_network, make_manifest, make_predictions, noisy

from conclugen.evaluation import figures, pretext, table
from conclugen.evaluation.cells import read_table
from measuring import SETTINGS as MEASURED
from measuring import measure, viewed

SETTINGS = MEASURED | {"resamples": 60}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["learned", "learned"], ("learned", 2, 0)),
        (["learned", "weak"], ("weak", 2, 0)),
        (["collapsed", "learned", "weak"], ("collapsed", 3, 1)),
    ],
)
def test_the_worst_of_the_networks_is_told(words, expected):
    found = pretext.word_cells([made_network(word, seed) for seed, word in enumerate(words)])
    assert tuple(found[name] for name in pretext.WORD_COLUMNS) == expected


def test_seeds_that_share_a_network_count_it_once():
    networks = [made_network("collapsed", seed % 2) for seed in range(5)]
    assert pretext.word_cells(networks)["networks"] == 2


def test_no_network_and_controls_have_no_word_and_what_does_not_tell_is_unknown():
    for networks in ((), (None, None), ({"name": "seed0", "pretext": None},)):
        assert pretext.word_cells(networks) == {"pretext": "", "networks": None, "networks_collapsed": None}
    assert pretext.word_cells(None)["pretext"] == "unknown"


def test_numbers_are_the_mean_over_networks_of_what_is_defined():
    networks = [
        made_network("learned", 0, mms_share=0.4, retrieval=0.2, effective_rank=10.0),
        made_network("weak", 1, mms_share=0.2, retrieval=None, effective_rank=20.0),
    ]
    found = pretext.cells(networks)
    assert (found["pretext_mms_share"], found["pretext_effective_rank"]) == (pytest.approx(0.3), 15.0)
    assert found["pretext_retrieval"] == 0.2
    assert math.isnan(found["pretext_clusters_used"])
    assert list(pretext.cells(None)) == list(found)


@pytest.fixture
def written(tmp_path, capsys):
    """A table of a method whose networks have collapsed, one that learned, and raw features; and what was printed."""
    frame = make_manifest(tmp_path / "m.parquet")
    rows = {
        ("ConCluGen", "linear"): [made_network("collapsed" if n < 2 else "learned", n) for n in range(5)],
        ("Multi-Cont", "linear"): [made_network("learned", n, retrieval=0.25) for n in range(5)],
        ("raw-features", "raw"): None,
    }
    folders = [make_predictions(tmp_path, frame, *row, noisy(0.5), networks=given) for row, given in rows.items()]
    arguments = measure(tmp_path / "m.parquet", folders, SETTINGS)
    full, short = str(tmp_path / "table.csv"), str(tmp_path / "short.csv")
    table.main([*arguments, "--settings", json.dumps(viewed(SETTINGS)), "--full", full, "--output", short])
    return tmp_path / "table.csv", capsys.readouterr().out


def test_a_table_flags_collapsed_networks_however_well_the_row_scores(written):
    path, printed = written
    rows = pd.read_csv(path, keep_default_na=False, dtype=str).set_index("method")
    assert rows.loc["ConCluGen", list(pretext.WORD_COLUMNS)].tolist() == ["collapsed", "5", "2"]
    assert rows.loc["Multi-Cont", ["pretext", "pretext_retrieval"]].tolist() == ["learned", "0.2500"]
    assert rows.loc["raw-features", "pretext"] == rows.loc["majority", "pretext"] == ""
    flagged = [line for line in printed.splitlines() if "COLLAPSED" in line]
    assert len(flagged) == 1
    assert "ConCluGen" in flagged[0]
    assert flagged[0].endswith("; COLLAPSED: 2 of 5 networks")


def test_the_figure_of_a_table_names_collapsed_rows_and_leaves_their_points_hollow(written):
    rows = read_table(written[0])
    axes = figures.headline(rows, "multi").axes[0]
    names = [label.get_text() for label in axes.get_yticklabels()]
    flagged = [name for name in names if "COLLAPSED: 2 of 5 networks" in name]
    assert [name.split(" ")[0] for name in flagged] == ["ConCluGen"]
    hollow = [line for line in axes.get_lines() if line.get_markerfacecolor() == "white"]
    assert [line.get_ydata()[0] for line in hollow] == [names.index(flagged[0])]
