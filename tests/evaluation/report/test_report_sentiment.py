"""The report of sentiment: an error, of which less is better, and seven classes."""

import json

import numpy as np
import pyarrow as pa
import pytest
from made_predictions import make_manifest
from made_run import PAGE, TABLE, paths

from conclugen.evaluation import table
from conclugen.evaluation.report import page, reading, words
from conclugen.evaluation.report.matrices import matrices
from conclugen.store.tables import read_table, write_table
from measuring import measure, viewed


@pytest.fixture
def measured(tmp_path):
    """A table of sentiment in which ConCluGen errs less than the raw features."""
    manifest = tmp_path / "m.parquet"
    frame = make_manifest(manifest)
    arrow, about = read_table(manifest)
    true = np.round(np.random.default_rng(0).normal(0.4, 1.1, len(frame)).clip(-3, 3) * 3) / 3
    write_table(manifest, arrow.append_column("sentiment", pa.array(true)), about)
    kept, folders = frame["split"].isin(["valid", "test"]).to_numpy(), []
    for number, (method, protocol, noise) in enumerate([("raw-features", "raw", 1.0), ("ConCluGen", "linear", 0.3)]):
        folders.append(tmp_path / "made-sentiment/corpus/paper" / method / protocol)
        for seed in range(5):
            values = true[kept] + np.random.default_rng(10 * number + seed).normal(0, noise, kept.sum())
            out = frame.loc[kept, ["utterance_id", "split"]].assign(score_sentiment=values.astype(np.float32))
            about = {"streams": {"text": ["text"]}, "label_fraction": 1.0}
            write_table(folders[-1] / f"seed{seed}.parquet", pa.Table.from_pandas(out, preserve_index=False), about)
    file = tmp_path / "made-sentiment.full.csv"
    wanted = TABLE | {"target": "sentiment"}
    given = measure(manifest, folders, wanted)
    table.main(
        [*given, "--settings", json.dumps(viewed(wanted)), "--full", str(file), "--output", str(tmp_path / "s.csv")]
    )
    settings = reading.TableSettings(**PAGE["tables"]["made"] | {"target": "sentiment"})
    return reading.measured("made-sentiment", settings, file, paths(given))


def test_a_smaller_error_is_better(measured):
    first = words.answer(measured)[0]
    gain = measured.gains["ConCluGen", "linear"]
    assert gain.value < 0
    assert (first.verdict, first.sentence) == ("yes", "ConCluGen (representation alone) beats the raw features.")
    assert "mean absolute error 0.2" in first.numbers
    assert f": {-gain.value:.3f} better (95 % interval {-gain.high:.3f} to {-gain.low:.3f} better)" in first.numbers


def test_rows_of_seven_classes_sum_to_one(measured):
    [row] = [row for row in measured.scores.rows if row.method == "ConCluGen"]
    [found] = matrices(measured.scores.split, row)
    assert found.classes == ("−3", "−2", "−1", "0", "+1", "+2", "+3")
    assert sum(found.support) == measured.scores.split.count
    known = np.array(found.support) > 0
    assert found.shares[known].sum(1) == pytest.approx(1)
    assert np.isnan(found.shares[~known]).all()
    assert np.diag(found.shares)[known].mean() > 0.5


def test_the_page_says_which_way_is_better(measured):
    text = page.render(page.Run([measured], [], {}, [], {}, [], page.Made("snakemake", "", [], [])))
    assert "recognise sentiment in <em>made</em>?" in text
    assert "to the left is better" in text
    assert "best chance row" in text
