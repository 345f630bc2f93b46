"""Classes one by one: against scikit-learn."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from made_predictions import CLASSES, make_manifest, make_predictions, noisy
from sklearn import metrics as sk
from test_intervals import make_truth
from test_table import SETTINGS

from conclugen.evaluation import by_class, classes
from conclugen.evaluation.inference import Groups
from conclugen.evaluation.intervals import Resamples
from conclugen.evaluation.score import Settings
from conclugen.store.tables import read_table, write_table
from measuring import MEASURED, measure, viewed


def run(tmp_path, task):
    frame = make_manifest(tmp_path / "m.parquet", task)
    folder = make_predictions(tmp_path, frame, "Own", "linear", noisy(0.5))
    arguments = [*measure(tmp_path / "m.parquet", [folder], SETTINGS), "--settings", json.dumps(viewed(SETTINGS))]
    classes.main([*arguments, "--output", str(tmp_path / "classes.csv")])
    return frame[frame["split"] == "test"].set_index("utterance_id"), folder, pd.read_csv(tmp_path / "classes.csv")


@pytest.mark.parametrize("task", ["multi", "single"])
def test_every_class_of_every_row(task, tmp_path):
    test, folder, found = run(tmp_path, task)
    truth = np.stack(test["truth"].to_list())
    own = found[found["method"] == "Own"].set_index("class")
    assert own.index.tolist() == list(CLASSES)
    each = [pd.read_parquet(folder / f"seed{n}.parquet").set_index("utterance_id").loc[test.index] for n in range(5)]
    for c, name in enumerate(CLASSES):
        wanted = {metric: [] for metric in by_class.NAMES}
        for scores in (one.filter(like="score_").to_numpy() for one in each):
            said = scores[:, c] > 0.5 if task == "multi" else scores.argmax(1) == c
            precision, recall, f1, _ = sk.precision_recall_fscore_support(truth[:, c], said, average="binary")
            values = (precision, recall, f1, sk.roc_auc_score(truth[:, c], scores[:, c]))
            values += (sk.average_precision_score(truth[:, c], scores[:, c]),)
            for metric, value in zip(by_class.NAMES, values, strict=True):
                wanted[metric].append(value)
        row = own.loc[name]
        assert (row["support"], row["n_test"]) == (truth[:, c].sum(), 150)
        assert row["share_test"] == pytest.approx(truth[:, c].mean(), abs=1e-4)
        for metric, values in wanted.items():
            assert row[metric] == pytest.approx(np.mean(values), abs=1e-4), metric
            assert row[f"{metric}_lo"] < row[metric] < row[f"{metric}_hi"]


def test_the_shuffled_control_draws_its_permutations_class_by_class_too():
    truth = make_truth("multi")
    scores = np.random.default_rng(2).random((4, *truth.labels.shape)).astype(np.float32)
    ones = np.ones((400, truth.group.max() + 1), dtype=np.int32)
    once = Resamples(ones, 0.95, Groups.of(truth.group))  # every group as it is: only seeds differ
    for one in by_class.estimates(truth, scores, once, "shuffled"):
        for name in by_class.NAMES:
            each, found = one[name].by_seed, one[name]
            assert np.ptp(found.drawn, axis=1).max() < 1e-6
            assert found.variance().value == pytest.approx(each.var(ddof=1) / 4, rel=1e-3)  # of the mean of four
            assert found.interval()[0] < found.value < found.interval()[1]


def test_one_group_has_no_intervals():
    truth = make_truth("multi", groups=1)
    resamples = Resamples.of(truth, Settings(**{name: SETTINGS[name] for name in MEASURED}))
    assert resamples.weights.shape == (0, 1)
    for one in by_class.estimates(truth, truth.labels[None].astype(np.float32), resamples, "shuffled"):
        assert all(np.isnan(one[name].interval()).all() for name in by_class.NAMES)
        assert one["auroc"].value == 1


def test_chance_rows_have_classes_too(tmp_path):
    _, _, found = run(tmp_path, "multi")
    everything = found[found["method"] == "all-positive"].set_index("class")
    np.testing.assert_allclose(everything["precision"], everything["share_test"])
    assert (everything["recall"] == 1).all()
    assert (everything["auroc"] == 0.5).all()
    nothing = found[found["method"] == "all-negative"]
    assert (nothing[["precision", "recall", "f1"]] == 0).all(axis=None)
    assert len(found) == 3 * (5 + 1)


def test_sentiment_has_no_classes(tmp_path):
    make_manifest(tmp_path / "m.parquet")
    arrow, about = read_table(tmp_path / "m.parquet")
    write_table(tmp_path / "s.parquet", arrow.append_column("sentiment", pa.array([0.5] * len(arrow))), about)
    settings = SETTINGS | {"target": "sentiment"}
    given = measure(tmp_path / "s.parquet", [], settings)
    with pytest.raises(ValueError, match="has no classes"):
        classes.main([*given, "--settings", json.dumps(viewed(settings)), "--output", "unused"])
