"""Benchmark, baselines, label efficiency and figures."""

from __future__ import annotations

import json
import re
import shutil

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from made_predictions import make_manifest, make_predictions, noisy
from sklearn import metrics as sk

import measuring
from conclugen.evaluation import (
    baselines,
    benchmark,
    curves,
    figures,
    label_efficiency,
    label_figure,
    metrics,
    paper,
    table,
)
from conclugen.evaluation.cells import read_table
from conclugen.evaluation.predictions import read
from conclugen.evaluation.truth import read_truth
from measuring import measure, scored, viewed

SETTINGS = measuring.SETTINGS | {"resamples": 100}


def make(tmp_path, task, **changes):
    frame = make_manifest(tmp_path / "m.parquet", task)
    folder = make_predictions(tmp_path, frame, "ConCluGen", "linear", noisy(0.5))
    common = measure(tmp_path / "m.parquet", [folder], SETTINGS | changes)
    view = ["--settings", json.dumps(viewed(SETTINGS | changes))]
    table.main([*common, *view, "--full", str(tmp_path / "table.csv"), "--output", str(tmp_path / "short.csv")])
    return frame, folder, common


def add(tmp_path, *folders):
    """The flags that name the scores of more folders."""
    flags = measure(tmp_path / "m.parquet", folders, SETTINGS)
    return flags[flags.index("--scores") :]


def several(**changes):
    """Settings of a table over data sets, of which there is one."""
    return ["--settings", json.dumps({"datasets": {"made": viewed(SETTINGS | changes)}})]


def test_benchmark_puts_like_beside_like(tmp_path):
    make(tmp_path, "multi")
    benchmark.main(["--table", str(tmp_path / "table.csv"), "--output", str(tmp_path / "benchmark.csv")])
    found = pd.read_csv(tmp_path / "benchmark.csv")
    published = found[found["source"] == "published"]
    assert len(published) == 12
    assert published.loc[published["kind"] == benchmark.PLAIN, "value"].tolist() == [0.8277]
    own, measured = found[found["source"] == "this run"], pd.read_csv(tmp_path / "table.csv")
    assert set(own["kind"]) == {benchmark.PLAIN, benchmark.BALANCED, benchmark.WEIGHTED}
    for kind, metric in benchmark.EMOTION_KINDS.items():
        assert own.loc[own["kind"] == kind, "value"].tolist() == measured[metric].tolist()
        assert own.loc[own["kind"] == kind, "value_lo"].tolist() == measured[f"{metric}_lo"].tolist()


def test_benchmark_has_the_sentiment_among_its_own_kind(tmp_path):
    make(tmp_path, "multi")
    rows = pd.read_csv(tmp_path / "table.csv", dtype=str, keep_default_na=False).drop(columns="acc_plain_macro")
    rows = rows.assign(acc7="0.4100", acc7_lo="0.3900", acc7_hi="").iloc[-2:]
    rows.to_csv(tmp_path / "sentiment.csv", index=False)
    arguments = ["--sentiment", str(tmp_path / "sentiment.csv"), "--output", str(tmp_path / "benchmark.csv")]
    benchmark.main(arguments)
    found = pd.read_csv(tmp_path / "benchmark.csv")
    kind = found[found["kind"] == benchmark.SENTIMENT]
    assert kind["method"].tolist() == ["SSE-FT", "prior sampling", "ConCluGen (linear)"]
    assert kind["value"].tolist() == [0.557, 0.41, 0.41]
    assert (found["source"] == "this run").sum() == 2
    with pytest.raises(ValueError, match="not the table of sentiment"):
        benchmark.main(["--sentiment", str(tmp_path / "table.csv"), "--output", str(tmp_path / "b.csv")])


@pytest.mark.parametrize(
    ("method", "value", "kind", "note"),
    [
        (
            "CMIB",
            0.482,
            "seven-class sentiment accuracy on CMU-MOSI",
            "53.0 seven-class .* 65.9 mean weighted",
        ),
        ("CIA", 0.6288, "balanced accuracy", "mean of six balanced accuracies, of the model that learns emotions and"),
        ("Wen et al.", 0.8208, "not established", "^$"),
    ],
)
def test_published_numbers_stand_as_printed_under_their_true_kind(method, value, kind, note):
    row = next(row for row in benchmark.build([], []) if row["method"] == method)
    assert (row["value"], row["kind"]) == (pytest.approx(value), kind)
    assert re.search(note, row["note"])


def test_benchmark_says_of_the_demo_that_it_is_one(tmp_path):
    make(tmp_path, "multi", data="demo")
    benchmark.main(["--table", str(tmp_path / "table.csv"), "--output", str(tmp_path / "benchmark.csv")])
    own = pd.read_csv(tmp_path / "benchmark.csv").query("source != 'published'")
    assert set(own["source"]) == {"this run, demo corpus (not comparable)"}


def test_benchmark_without_a_run_and_with_the_wrong_table(tmp_path):
    benchmark.main(["--output", str(tmp_path / "benchmark.csv")])
    assert len(pd.read_csv(tmp_path / "benchmark.csv")) == 12
    make(tmp_path, "single")
    with pytest.raises(ValueError, match="Table 1 is about CMU-MOSEI"):
        benchmark.main(["--table", str(tmp_path / "table.csv"), "--output", str(tmp_path / "b.csv")])


def test_label_efficiency(tmp_path):
    frame, folder, common = make(tmp_path, "multi")
    for fraction, strength in ((0.1, 0.2), (0.5, 0.4)):
        made = make_predictions(tmp_path / "other", frame, f"f{fraction}", "linear", noisy(strength), fraction=fraction)
        shutil.copytree(made, folder / f"fraction-{fraction}")
        common += add(tmp_path, folder / f"fraction-{fraction}")
    shutil.copytree(made, folder / "fraction-0.25")  # of an earlier run: nobody names it
    output = tmp_path / "label_efficiency.csv"
    label_efficiency.main([*common, *several(), "--output", str(output)])
    found = pd.read_csv(output)
    lucky, found = found[found["protocol"] == "chance"], found[found["protocol"] != "chance"]
    assert lucky["method"].tolist() == ["majority", "all-negative", "all-positive", "training priors", "prior sampling"]
    assert lucky["label_fraction"].isna().all()
    assert found["beats_chance"].tolist()[:2] == ["yes", "yes"]
    assert found["label_fraction"].tolist() == [1.0, 0.5, 0.1]
    assert found["method"].tolist() == ["ConCluGen"] * 3
    assert found["balanced_accuracy_mean"].is_monotonic_decreasing
    whole = pd.read_csv(tmp_path / "table.csv").query("protocol == 'linear'").iloc[0]
    for column in ("auroc_macro", "auroc_macro_lo", "auroc_macro_hi"):
        assert found[column].iloc[0] == whole[column]
    [axes] = label_figure.shares(read_table(output)).axes
    line, *intervals, across = axes.lines
    assert set(across.get_ydata()) == {lucky["balanced_accuracy_mean"].max()}
    assert line.get_label() == "ConCluGen (representation alone)"
    assert [*line.get_xdata()] == pytest.approx([0.1, 0.5, 1.0])
    assert [*line.get_ydata()] == found["balanced_accuracy_mean"].tolist()[::-1]
    assert [[*bar.get_ydata()] for bar in intervals] == [
        [row["balanced_accuracy_mean_lo"], row["balanced_accuracy_mean_hi"]] for _, row in found[::-1].iterrows()
    ]
    label_figure.main(["--table", str(output), "--output", str(tmp_path / "l.png"), "--pdf", str(tmp_path / "l.pdf")])
    assert plt.imread(tmp_path / "l.png").std() > 0


def test_label_efficiency_compares_with_untrained_networks_on_the_same_share(tmp_path):
    frame, folder, common = make(tmp_path, "multi")
    drawn = make_predictions(tmp_path, frame, "untrained", "linear", noisy(0.1))
    made = make_predictions(tmp_path / "other", frame, "tenth", "linear", noisy(0.4), fraction=0.1)
    shutil.copytree(made, folder / "fraction-0.1")
    output = tmp_path / "l.csv"
    more = add(tmp_path, drawn, folder / "fraction-0.1")
    label_efficiency.main([*common, *more, *several(), "--output", str(output)])
    found = pd.read_csv(output).query("protocol != 'chance'").set_index(["method", "label_fraction"])
    assert found["beats_untrained"].fillna("").to_dict() == {
        ("ConCluGen", 1.0): "yes",
        ("ConCluGen", 0.1): "",
        ("untrained", 1.0): "",
    }
    values = found["balanced_accuracy_mean"]
    difference = values["ConCluGen", 1.0] - values["untrained", 1.0]
    assert found.loc[("ConCluGen", 1.0), "minus_untrained"] == pytest.approx(difference, abs=2e-4)


def test_label_efficiency_of_sets_with_other_tasks_leaves_their_cells_empty(tmp_path):
    _, _, common = make(tmp_path / "a", "multi")
    frame = make_manifest(tmp_path / "s.parquet", "single", dataset="other")
    other = make_predictions(tmp_path, frame, "ConCluGen", "linear", noisy(0.5), dataset="other")
    settings = ["--settings", json.dumps({"datasets": {"made": viewed(SETTINGS), "other": viewed(SETTINGS)}})]
    output, flags = tmp_path / "l.csv", measure(tmp_path / "s.parquet", [other], SETTINGS)
    label_efficiency.main([*common, *flags, *settings, "--output", str(output)])
    found = pd.read_csv(output).set_index("dataset").query("protocol != 'chance'")
    assert found.index.tolist() == ["made", "other"]
    panels = {axes.get_title(): axes.get_ylabel() for axes in label_figure.shares(read_table(output)).axes}
    assert panels == {"made": "Balanced accuracy, mean over classes", "other": "Recall, mean over classes (UAR)"}
    assert found["auroc_macro"].notna().tolist() == [True, False]
    assert found["accuracy_lo"].notna().tolist() == [False, True]
    with pytest.raises(ValueError, match="other: no chance rows are given for its test split"):
        label_efficiency.main([*common, *flags[2:], *settings, "--output", str(output)])
    with pytest.raises(ValueError, match="settings lack the data set 'other'"):
        label_efficiency.main([*common, *flags, *several(), "--output", str(output)])


@pytest.mark.parametrize(("task", "dataset"), [("multi", "mosei"), ("single", "meld")])
def test_baselines(tmp_path, task, dataset):
    frame, _, common = make(tmp_path, task)
    for protocol, strength in (("supervised", 0.3), ("finetune", 0.9)):
        folder = make_predictions(tmp_path, frame, "ConCluGen", protocol, noisy(strength))
        common += add(tmp_path, folder)
    baselines.main([*common, *several(paper=dataset), "--output", str(tmp_path / "baselines.csv")])
    found = pd.read_csv(tmp_path / "baselines.csv")
    headline, accuracy = metrics.HEADLINE[task], paper.COLUMNS[task][0]
    rows = found[found["metric"] == accuracy].query("protocol != 'chance'")
    assert rows["protocol"].tolist() == ["supervised", "linear", "finetune"]
    assert rows["paper"].tolist() == pytest.approx([value / 100 for value in paper.TABLE_2[dataset]])
    assert found.loc[found["metric"] == headline, "paper"].isna().all()
    measured = pd.read_csv(tmp_path / "table.csv").query("protocol == 'linear'").iloc[0]
    linear = found.query("protocol == 'linear' and metric == @headline").iloc[0]
    assert linear["value"] == measured[headline]
    assert linear["value_lo"] == measured[f"{headline}_lo"]
    supervised = found.query("protocol == 'supervised' and metric == @headline").iloc[0]
    assert supervised["p_vs_finetune"] < 0.05
    assert supervised["value"] < found.query("protocol == 'finetune' and metric == @headline")["value"].iloc[0]
    assert (found["protocol"] == "chance").any()


def test_baselines_have_the_rows_of_table_2_alone(tmp_path):
    frame, _, common = make(tmp_path, "multi")
    other = make_predictions(tmp_path, frame, "Generative", "linear", noisy(0.5))
    with pytest.raises(ValueError, match="Generative, linear is no row of Table 2"):
        baselines.main([*common, *add(tmp_path, other), *several(), "--output", str(tmp_path / "b.csv")])


@pytest.mark.parametrize("task", ["multi", "single"])
def test_figures(task, tmp_path):
    _, _, common = make(tmp_path, task)
    arguments = [*common, "--table", str(tmp_path / "table.csv"), "--output-dir"]
    for name in ("one", "two"):
        figures.main([*arguments, str(tmp_path / name)])
    for name in ("headline", "ConCluGen-linear", "ConCluGen-linear.pr"):
        for form in ("png", "pdf"):
            file = f"{name}.{form}"
            assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
        assert plt.imread(tmp_path / "one" / f"{name}.png").std() > 0.05
    assert not plt.get_fignums()


def test_curves_of_precision_and_recall(tmp_path):
    true = np.array([True, False, True, False])
    found = curves.curve(true, np.array([0.9, 0.8, 0.7, 0.1]))
    half = curves.RECALL < 0.5 + 1e-6
    np.testing.assert_allclose(found[half], 1)  # the first is right
    np.testing.assert_allclose(found[~half], 2 / 3)  # all of them among the first three
    assert curves.curve(true, np.zeros(4)).tolist() == [0.5] * 100  # a constant: the share, at every recall
    _, folder, _ = make(tmp_path, "multi")
    truth = read_truth(tmp_path / "m.parquet", "expression")
    predictions, found = read(folder, truth), scored(tmp_path / "m.parquet", [folder], SETTINGS)
    figure = figures.precision_recall(found.split, found.rows[0])
    lines = figure.axes[0].get_lines()
    plt.close(figure)
    assert len(lines) == 3
    for c, line in enumerate(lines):
        assert line.get_ydata()[-1] >= truth.labels[:, c].mean()  # all found: no worse than saying yes to all
        wanted = np.mean([sk.average_precision_score(truth.labels[:, c], one[:, c]) for one in predictions.scores])
        assert line.get_ydata().mean() == pytest.approx(wanted, abs=0.02)
        assert f"{wanted:.2f}" in line.get_label()


def test_confusions_of_each_class(tmp_path):
    _, folder, _ = make(tmp_path, "multi")
    truth = read_truth(tmp_path / "m.parquet", "expression")
    predictions, found = read(folder, truth), scored(tmp_path / "m.parquet", [folder], SETTINGS)
    figure = figures.by_class(found.split, found.rows[0])
    drawn = [np.array(axes.images[0].get_array()) for axes in figure.axes if axes.images]
    plt.close(figure)
    for c, matrix in enumerate(drawn):
        each = [sk.confusion_matrix(truth.labels[:, c], s[:, c] > 0.5, normalize="true") for s in predictions.scores]
        np.testing.assert_allclose(matrix, np.mean(each, axis=0))
    assert len(drawn) == 3


def test_confusion_rows_are_shares_of_true_classes(tmp_path):
    _, folder, _ = make(tmp_path, "single")
    truth = read_truth(tmp_path / "m.parquet", "expression")
    predictions, found = read(folder, truth), scored(tmp_path / "m.parquet", [folder], SETTINGS)
    figure = figures.confusion(found.split, found.rows[0])
    drawn = np.array(figure.axes[0].images[0].get_array())
    plt.close(figure)
    np.testing.assert_allclose(drawn.sum(1), 1)
    anger = truth.labels[:, 2] == 1
    wanted = np.mean([(scores[anger].argmax(1) == 2).mean() for scores in predictions.scores])
    assert drawn[2, 2] == pytest.approx(wanted)
