"""Figures of sentiment and of what is lost without a modality: what is drawn is what the tables say."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_predictions import make_manifest
from matplotlib import pyplot as plt
from test_table import SETTINGS

from conclugen.evaluation import figures, metrics, robustness_figure, sentiment_figures, table
from conclugen.evaluation.predictions import read
from conclugen.evaluation.truth import read_truth
from conclugen.store.tables import read_table, write_table
from measuring import measure, scored, viewed


@pytest.fixture
def sentiment(tmp_path):
    """A manifest with sentiment, and predictions that follow it by 0.6."""
    frame = make_manifest(tmp_path / "m.parquet")
    arrow, about = read_table(tmp_path / "m.parquet")
    true = np.round(np.random.default_rng(0).normal(0.4, 1.1, len(frame)).clip(-3, 3) * 3) / 3
    write_table(tmp_path / "m.parquet", arrow.append_column("sentiment", pa.array(true)), about)
    folder = tmp_path / "made-sentiment" / "corpus" / "paper" / "ConCluGen" / "linear"
    folder.mkdir(parents=True)
    kept = frame["split"].isin(["valid", "test"]).to_numpy()
    for seed in range(2):
        values = 0.6 * true[kept] + np.random.default_rng(seed).normal(0.2, 0.5, kept.sum())
        values[0] = 9
        out = frame.loc[kept, ["utterance_id", "split"]].assign(score_sentiment=values.astype(np.float32))
        about = {"streams": {"text": ["text"]}, "label_fraction": 1.0}
        arrow = pa.Table.from_pandas(out, preserve_index=False)
        pq.write_table(
            arrow.replace_schema_metadata({b"conclugen": json.dumps(about).encode()}), folder / f"seed{seed}.parquet"
        )
    settings = SETTINGS | {"target": "sentiment"}
    arguments, view = measure(tmp_path / "m.parquet", [folder], settings), json.dumps(viewed(settings))
    full, short = str(tmp_path / "table.csv"), str(tmp_path / "short.csv")
    table.main([*arguments, "--settings", view, "--full", full, "--output", short])
    return tmp_path, folder, [*arguments, "--table", str(tmp_path / "table.csv"), "--output-dir"]


def test_figures_of_sentiment_are_written_alike_each_time(sentiment):
    root, _, arguments = sentiment
    for name in ("one", "two"):
        sentiment_figures.main([*arguments, str(root / name)])
    for name in ("headline.png", "ConCluGen-linear.png", "headline.pdf", "ConCluGen-linear.pdf"):
        assert (root / "one" / name).read_bytes() == (root / "two" / name).read_bytes()
    for name in ("headline.png", "ConCluGen-linear.png"):
        assert plt.imread(root / "one" / name).std() > 0.05
    assert not plt.get_fignums()


def test_predictions_are_drawn_against_the_truth(sentiment):
    root, folder, _ = sentiment
    truth = read_truth(root / "m.parquet", "sentiment")
    predictions = read(folder, truth)
    scores = scored(root / "m.parquet", [folder], SETTINGS | {"target": "sentiment"})
    figure = sentiment_figures.against_truth(scores.split, scores.rows[0])
    drawn = {line.get_label(): line for line in figure.axes[0].get_lines()}
    [told] = [text.get_text() for text in figure.axes[0].texts]
    assert figure.axes[0].get_title() == ""
    plt.close(figure)
    assert set(drawn["training median"].get_ydata()) == {np.median(truth.train)}
    by_class = drawn["mean at each whole number"]
    rounded = np.round(truth.labels[:, 0])
    for one, mean in zip(*by_class.get_data(), strict=True):
        assert mean == pytest.approx(predictions.scores[:, rounded == one, 0].mean())
    [points] = [line for line in drawn.values() if len(line.get_xdata()) == 2 * len(truth.ids)]
    assert np.abs(points.get_ydata()).max() <= 3.5  # the prediction of 9 stands at the edge
    error = np.mean([metrics.compute(truth.labels, one, "regression")["mae"] for one in predictions.scores])
    assert f"error {error:.3f}" in told


def test_the_error_is_drawn_beside_the_training_median(sentiment):
    root, _, _ = sentiment
    rows = figures.read_table(root / "table.csv")
    figure = figures.headline(rows, "regression")
    dotted = [line for line in figure.axes[0].get_lines() if line.get_linestyle() == ":"]
    label = figure.axes[0].get_xlabel()
    plt.close(figure)
    [median] = [row for row in rows if row["method"] == "training median"]
    assert dotted[0].get_xdata()[0] == float(median["mae"])
    assert label == "Mean absolute error (scale from −3 to 3)\n(dotted: the training median)"


def test_changes_without_each_modality(tmp_path):
    lines = ["method,protocol,without,metric,change,change_lo,change_hi", "majority,chance,,mae,,,"]
    for method, shift in (("raw-features", 0.0), ("ConCluGen", 0.1)):
        lines += [f"{method},linear,,mae,,,", f"{method},linear,text,mae,{0.2 + shift},0.1,0.5"]
        lines += [f"{method},linear,video,mae,{shift},,"]
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
    robustness_figure.main(
        ["--table", str(tmp_path / "t.csv"), "--output", str(tmp_path / "r.png"), "--pdf", str(tmp_path / "r.pdf")]
    )
    assert plt.imread(tmp_path / "r.png").std() > 0.05
    figure = robustness_figure.changes(figures.read_table(tmp_path / "t.csv"))
    axes = figure.axes[0]
    points = sorted(tuple(line.get_xdata()) for line in axes.get_lines() if len(line.get_xdata()) == 1)
    names = [text.get_text() for text in axes.get_yticklabels()]
    plt.close(figure)
    assert points == [(0.0,), (0.1,), (0.2,), (pytest.approx(0.3),)]
    assert names == ["ConCluGen (representation alone)", "raw-features (representation alone)"]
    assert "to the right: worse" in axes.get_xlabel()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["without text", "without video"]
    (tmp_path / "t.csv").write_text("\n".join(lines[:2]) + "\n")
    robustness_figure.main(
        ["--table", str(tmp_path / "t.csv"), "--output", str(tmp_path / "n.png"), "--pdf", str(tmp_path / "n.pdf")]
    )
    assert (tmp_path / "n.png").exists()
