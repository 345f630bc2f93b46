"""The table: order, chance rows, tests, verdicts, bytes."""

from __future__ import annotations

import csv
import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from made_predictions import CLASSES, make_manifest, make_predictions, noisy

import measuring
from conclugen.data.manifest import Manifest, write_manifest
from conclugen.evaluation import classes, leaks, metrics, paper, pretext, qc, table
from conclugen.evaluation.cells import FORMULA, cell, write_csv
from conclugen.store.ledger import LedgerRow, Status, write_ledger
from measuring import measure, viewed

SETTINGS = measuring.SETTINGS | {"seen": {"frames2d": [], "frames3d": [], "text": ["SST-2"]}}


def run(tmp_path, folders, name="table.csv", **changes):
    settings = {**SETTINGS, **changes}
    arguments = measure(tmp_path / "m.parquet", folders, settings)
    table.main(
        [
            *arguments,
            "--settings",
            json.dumps(viewed(settings)),
            "--full",
            str(tmp_path / name),
            "--output",
            str(tmp_path / "s.csv"),
        ]
    )
    return pd.read_csv(tmp_path / name, keep_default_na=False, dtype=str)


@pytest.fixture
def world(tmp_path):
    frame = make_manifest(tmp_path / "m.parquet")
    folders = [
        make_predictions(tmp_path, frame, "Own", "linear", noisy(0.0)),
        make_predictions(tmp_path, frame, "Multi-Cont", "linear", noisy(0.6)),
        make_predictions(tmp_path, frame, "ConCluGen", "finetune", noisy(0.6)),
        make_predictions(tmp_path, frame, "ConCluGen", "linear", noisy(0.5)),
        make_predictions(tmp_path, frame, "ConGen", "linear", noisy(0.5)),
        make_predictions(tmp_path, frame, "raw", "raw", noisy(0.1)),
        make_predictions(tmp_path, frame, "Generative", "linear", lambda t, g: 1 - noisy(0.5)(t, g)),
    ]
    return tmp_path, frame, folders


def test_rows_in_order_with_verdicts(world, capsys):
    root, _, folders = world
    found = run(root, folders)
    names = list(zip(found["method"], found["protocol"], strict=True))
    assert names == [
        ("majority", "chance"),
        ("all-negative", "chance"),
        ("all-positive", "chance"),
        ("training priors", "chance"),
        ("prior sampling", "chance"),
        ("raw", "raw"),
        ("ConCluGen", "linear"),
        ("ConGen", "linear"),
        ("Multi-Cont", "linear"),
        ("Generative", "linear"),
        ("Own", "linear"),
        ("ConCluGen", "finetune"),
    ]
    verdict = dict(zip(names, found["beats_chance"], strict=True))
    assert verdict["ConCluGen", "linear"] == "yes"
    assert verdict["Own", "linear"] == "no"
    assert verdict["Generative", "linear"] == "below"
    assert verdict["majority", "chance"] == ""
    printed = capsys.readouterr().out
    assert "Generative (linear)" in printed
    assert "BELOW chance" in printed
    assert set(found["n_test"]) == {"150"}
    assert found["streams"].iloc[-1] == "frames2d+frames3d+text"
    assert found["seeds"].tolist()[3:6] == ["1", "100", "5"]


def test_columns_are_complete_and_ordered(world):
    root, _, folders = world
    columns = list(run(root, folders[:1]).columns)
    wanted = ["method", "protocol", "streams", "contaminated", "contaminated_streams"]
    wanted += ["preset", "corpus", "data", "seeds", "n_test", "groups", "caution"]
    for name in metrics.MULTI:
        wanted += [name, f"{name}_lo", f"{name}_hi"]
    wanted += ["paper_table", *(f"paper_{name}" for name in paper.MULTI)]
    wanted += ["headline_seed_sd", "p_vs_ConCluGen", "p_holm", "detectable_vs_ConCluGen"]
    wanted += ["beats_chance", "detectable_vs_chance", "beats_untrained", "minus_untrained"]
    wanted += ["minus_untrained_lo", "minus_untrained_hi", "detectable_vs_untrained"]
    wanted += [*pretext.WORD_COLUMNS, *(f"pretext_{name}" for name in pretext.NUMBERS)]
    assert columns == wanted


@pytest.mark.parametrize("task", ["multi", "single"])
def test_the_columns_that_are_read_first_are_those_of_the_full_table(task, tmp_path):
    frame = make_manifest(tmp_path / "m.parquet", task)
    folders = [make_predictions(tmp_path, frame, name, "linear", noisy(0.5)) for name in ("ConCluGen", "untrained")]
    full, headline = run(tmp_path, folders), metrics.HEADLINE[task]
    first = pd.read_csv(tmp_path / "s.csv", keep_default_na=False, dtype=str)
    wanted = ["method", "protocol", "n_test", headline, f"{headline}_lo", f"{headline}_hi", "beats_chance"]
    wanted += ["minus_untrained", "beats_untrained", "p_holm", "pretext", "contaminated", "caution"]
    assert list(first.columns) == wanted
    pd.testing.assert_frame_equal(first, full[wanted])


def test_values_are_the_mean_over_seeds_inside_their_interval(world):
    root, frame, folders = world
    row = run(root, folders[1:2]).iloc[-1]
    test = frame[frame["split"] == "test"].set_index("utterance_id")
    each = []
    for seed in range(5):
        scores = pd.read_parquet(folders[1] / f"seed{seed}.parquet").set_index("utterance_id").loc[test.index]
        each.append(metrics.compute(np.stack(test["truth"].to_list()), scores.iloc[:, 1:].to_numpy(), "multi"))
    for name in metrics.MULTI:
        assert row[name] == f"{np.mean([one[name] for one in each]):.4f}"
        assert float(row[f"{name}_lo"]) < float(row[name]) <= float(row[f"{name}_hi"])


def test_tests_against_the_reference(world):
    root, _, folders = world
    found = run(root, folders).set_index(["method", "protocol"])
    p = found["p_vs_ConCluGen"]
    assert p["ConCluGen", "linear"] == p["ConCluGen", "finetune"] == p["majority", "chance"] == ""
    assert float(p["Own", "linear"]) < 0.001
    assert float(p["raw", "raw"]) < 0.05  # against linear evaluation of the reference
    tested = p[p != ""].astype(float)
    adjusted = found.loc[p != "", "p_holm"].astype(float)
    assert tested["ConGen", "linear"] == 1  # the same predictions
    assert (adjusted >= tested).all()
    assert len(tested) == 5  # one family
    by_p = tested.sort_values().index
    assert adjusted[by_p[1]] == pytest.approx(max(4 * tested[by_p[1]], adjusted[by_p[0]]), abs=4e-4)
    least = found["detectable_vs_ConCluGen"]
    assert least["ConCluGen", "linear"] == least["majority", "chance"] == ""
    assert 0 < float(least["Multi-Cont", "linear"]) < 0.2
    alone = run(root, folders[:2], "alone.csv")
    assert set(alone["p_vs_ConCluGen"]) == {""}


@pytest.mark.parametrize(
    ("task", "row", "value"),
    [
        ("multi", "all-negative", (0.0, 0.0, 0.0)),
        ("multi", "all-positive", (1.0, 1.0, 1.0)),
        ("single", "majority", (1.0, 0.0, 0.0)),
    ],
)
def test_a_constant_predictor_equals_its_chance_row(task, row, value, tmp_path):
    frame = make_manifest(tmp_path / "m.parquet", task)
    folder = make_predictions(tmp_path, frame, "Constant", "linear", lambda t, _: np.tile(value, (len(t), 1)), seeds=3)
    found = run(tmp_path, [folder]).set_index("method")
    for column in [c for name in metrics.NAMES[task] for c in (name, f"{name}_lo", f"{name}_hi")]:
        assert found.loc["Constant", column] == found.loc[row, column], column


def test_same_input_same_bytes_in_any_order(world):
    root, _, folders = world
    run(root, folders, "one.csv")
    run(root, folders[::-1], "two.csv")
    assert (root / "one.csv").read_bytes() == (root / "two.csv").read_bytes()
    run(root, folders, "three.csv", seed=1)
    assert (root / "one.csv").read_bytes() != (root / "three.csv").read_bytes()


def test_the_papers_numbers_stand_beside(world):
    root, _, folders = world
    found = run(root, folders, paper="mosei").set_index(["method", "protocol"])
    assert found.loc[("ConCluGen", "linear"), "paper_acc_support_weighted"] == "0.6040"
    assert found.loc[("ConCluGen", "finetune"), "paper_acc_support_weighted"] == "0.6648"
    assert found.loc[("ConCluGen", "finetune"), "paper_table"] == "2"
    assert found.loc[("Own", "linear"), "paper_acc_support_weighted"] == ""
    assert set(run(root, folders)["paper_acc_support_weighted"]) == {""}


def test_a_missing_test_utterance_is_an_error(world):
    root, _, folders = world
    path = folders[0] / "seed1.parquet"
    arrow = pq.read_table(path)
    pq.write_table(arrow.slice(3), path)
    with pytest.raises(ValueError, match=r"3 test utterances|[12] test utterances"):
        run(root, folders)


def test_other_mistakes_are_named(world):
    root, frame, folders = world
    with pytest.raises(ValueError, match="no seed"):
        run(root, [root / "nowhere"])
    with pytest.raises(ValueError, match=r"learned on 0\.1"):
        run(root, [make_predictions(root, frame, "Few", "linear", noisy(0.5), fraction=0.1)])
    with pytest.raises(ValueError, match="resamples: 49 is outside its limit"):
        run(root, folders, resamples=49)
    with pytest.raises(ValueError, match="paper is"):
        run(root, folders, paper="imagenet")


def regrouped(tmp_path, frame, groups):
    """The manifest with as many groups."""
    columns = frame.drop(columns="truth").assign(group=[f"g{i // 4 % groups}" for i in range(len(frame))])
    write_manifest(tmp_path / "m.parquet", Manifest(columns, "made", "folder", "multi", CLASSES))


def test_few_groups_or_seeds_are_said_and_not_tested(tmp_path):
    frame = make_manifest(tmp_path / "m.parquet")
    folders = [make_predictions(tmp_path, frame, name, "linear", noisy(0.9)) for name in ("ConCluGen", "untrained")]
    folders.append(make_predictions(tmp_path, frame, "Worse", "linear", noisy(0.1)))
    folders.append(make_predictions(tmp_path, frame, "One", "linear", noisy(0.1), seeds=1))
    folders.append(make_predictions(tmp_path, frame, "Three", "linear", noisy(0.1), seeds=3))
    few = ["p_vs_ConCluGen", "p_holm", "detectable_vs_ConCluGen", "detectable_vs_chance", "detectable_vs_untrained"]
    for groups in (1, 2, 9, 10):
        regrouped(tmp_path, frame, groups)
        found = run(tmp_path, folders).set_index("method")
        assert set(found["groups"]) == {str(groups)}
        row, one = found.loc["Worse"], found.loc["One"]
        if groups < 10:
            words = f"{groups} {'group' if groups == 1 else 'groups'}: too few to test"
            assert (row["caution"], row["beats_chance"], row["beats_untrained"]) == (words, "unknown", "unknown")
            assert set(row[few]) == {""}
            assert found.loc["majority", "caution"] == words
            assert one["caution"] == f"{words}; 1 seed: fewer than 5"
        else:
            assert (row["caution"], row["beats_untrained"]) == ("", "below")
            assert float(row["p_holm"]) < 0.05
            assert "" not in set(row[few])
            assert (one["caution"], found.loc["majority", "caution"]) == ("1 seed: fewer than 5", "")
        assert (row["balanced_accuracy_mean_lo"] == "") == (groups == 1)
        # How far another seed would lie from a single one, nobody knows.
        assert (one["balanced_accuracy_mean_lo"], one["beats_chance"], one["p_vs_ConCluGen"]) == ("", "unknown", "")
    assert found.loc["Three", "caution"] == "3 seeds: fewer than 5"
    assert found.loc["Three", "balanced_accuracy_mean_lo"] != ""


def test_rows_are_compared_with_the_same_networks_untrained(world):
    root, frame, folders = world
    assert set(run(root, folders)["beats_untrained"]) == {""}  # there are none
    folders = [*folders, make_predictions(root, frame, "untrained", "linear", noisy(0.1))]
    found = run(root, folders).set_index(["method", "protocol"])
    verdict = found["beats_untrained"]
    assert verdict["ConCluGen", "linear"] == verdict["Multi-Cont", "linear"] == "yes"
    assert verdict["Generative", "linear"] == "below"
    assert verdict["Own", "linear"] in ("no", "below")
    assert verdict["untrained", "linear"] == verdict["ConCluGen", "finetune"] == verdict["raw", "raw"] == ""
    row, untrained = found.loc[("ConCluGen", "linear")], found.loc[("untrained", "linear")]
    difference = float(row["balanced_accuracy_mean"]) - float(untrained["balanced_accuracy_mean"])
    assert float(row["minus_untrained"]) == pytest.approx(difference, abs=2e-4)
    assert 0 < float(row["minus_untrained_lo"]) < difference < float(row["minus_untrained_hi"])
    assert 0 < float(row["detectable_vs_untrained"]) < difference


def test_names_of_the_data_run_nothing_in_any_table(tmp_path):
    """Classes and a speaker called like formulas, through each table that names classes or what folds share."""
    names = ("=HYPERLINK(1)", "+1", "@x")
    frame = make_manifest(tmp_path / "m.parquet")
    labels = frame.rename(columns=dict(zip(CLASSES, names, strict=True))).drop(columns="truth")
    labels = labels.assign(speaker="=cmd|' /C calc'!A0", group=[f"-{name}" for name in labels["group"]])
    write_manifest(tmp_path / "m.parquet", Manifest(labels, "=made", "folder", "multi", names))
    write_ledger(
        tmp_path / "l.csv", [LedgerRow(name, "faces", Status.CORRUPT, "=1", 0.1) for name in frame["utterance_id"]]
    )
    common = ["--manifest", str(tmp_path / "m.parquet"), "--output"]
    run(tmp_path, [])
    given = [*measure(tmp_path / "m.parquet", [], SETTINGS), "--settings", json.dumps(viewed(SETTINGS)), "--output"]
    classes.main([*given, str(tmp_path / "classes.csv")])
    leaks.main([*common, str(tmp_path / "leaks.csv"), "--settings", '{"seen": {}}'])
    limits = json.dumps({"max_lost": 1.0, "min_lost": 1, "max_lost_of_class": 1.0, "min_lost_of_class": 1})
    qc.main([*common, str(tmp_path / "qc.csv"), "--ledgers", str(tmp_path / "l.csv"), "--settings", limits])
    for name in ("table.csv", "classes.csv", "leaks.csv", "qc.csv"):
        with open(tmp_path / name, encoding="utf-8", newline="") as handle:
            cells = [text for row in csv.reader(handle) for text in row]
        assert cells
        assert not [text for text in cells if text.startswith(FORMULA) and not text.removeprefix("-")[:1].isdigit()]
    assert "'=HYPERLINK(1)" in (tmp_path / "classes.csv").read_text()
    assert "'=HYPERLINK(1)" in (tmp_path / "qc.csv").read_text()


def test_cells_run_nothing(tmp_path):
    assert [cell(v) for v in ("=1+1", "+x", "-x", "@x", "x=1")] == ["'=1+1", "'+x", "'-x", "'@x", "x=1"]
    assert [cell(v) for v in (" =1", "\n=1", "＝1", "\u00a0=1")] == ["' =1", "'\n=1", "'＝1", "'\u00a0=1"]
    assert [cell(v) for v in (-0.5, -3, np.float64(-0.25), np.float32(0.5), np.int64(-2), "-0.5", True)] == [
        *("-0.5000", "-3", "-0.2500", "0.5000", "-2", "'-0.5", "True")
    ]
    assert [cell(v) for v in (0.12345, -0.00001, float("nan"), None, 3)] == ["0.1235", "0.0000", "", "", "3"]
    write_csv(tmp_path / "a.csv", [{"a": "=cmd, x", "b": 1.0}])
    assert (tmp_path / "a.csv").read_text() == 'a,b\n"\'=cmd, x",1.0000\n'
    with pytest.raises(ValueError, match="expected"):
        write_csv(tmp_path / "a.csv", [{"a": 1}, {"b": 1}])


def test_rows_say_whether_a_backbone_has_seen_the_labels(world, capsys):
    root, _, folders = world

    def flags(seen):
        found = run(root, folders, seen=seen)
        rows = found[found["protocol"] == "linear"]
        assert set(found.loc[found["protocol"] == "chance", "contaminated"]) == {""}
        return {*zip(rows["contaminated"], rows["contaminated_streams"], strict=True)}

    assert flags({"frames2d": [], "frames3d": [], "text": ["SST-2"]}) == {("no", "")}
    assert flags({"frames2d": [], "frames3d": [], "text": ["GoEmotions", "Made"]}) == {("yes", "text")}
    assert flags({"frames2d": ["made"], "frames3d": None, "text": ["made"]}) == {("yes", "frames2d+text")}
    assert "CONTAMINATED (frames2d+text)" in capsys.readouterr().out
    assert flags({"frames2d": None, "text": []}) == {("unknown", "frames2d+frames3d")}
