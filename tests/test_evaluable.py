"""What keeps a data set from being evaluated on, by the counts of its manifest."""

import numpy as np
import pytest

from conclugen import evaluable
from conclugen.data import folds
from conclugen.data.common import table
from conclugen.data.manifest import Manifest, write_manifest
from conclugen.data.notes import Notes
from conclugen.store.ledger import Status
from conclugen.store.tables import TableError, read_about, read_table

SPLITS = ["train"] * 4 + ["valid"] * 2 + ["test"] * 2 + ["none"]


def labelled(labels, splits=SPLITS, **extra):
    rows = {"utterance_id": [f"u{n}" for n in range(len(splits))], "split": splits}
    return table(rows, {"label": labels} | extra)


def told(rows, task="single", classes=("calm", "glad"), every_class=True):
    return list(evaluable.mistakes("mine", folds.count(rows, task, classes), every_class))


def test_what_can_be_evaluated_is_no_mistake():
    assert told(labelled(["calm", "glad", "calm", "calm", "glad", "calm", "calm", "glad", None])) == []


@pytest.mark.parametrize(
    ("fold", "reason"), [("train", "learn on it"), ("valid", "are chosen on it"), ("test", "is what is measured")]
)
def test_a_fold_without_labels_is_told_with_what_it_is_for(fold, reason):
    labels = [None if split == fold else ("calm", "glad")[n % 2] for n, split in enumerate(SPLITS)]
    for rows in (labelled(labels), labelled(["calm"] * 9, ["none" if s == fold else s for s in SPLITS])):
        (line,) = told(rows)
        assert f"mine has no labelled utterance in the fold {fold}" in line
        assert reason in line
        assert told(rows, every_class=False) == [line]


@pytest.mark.parametrize(
    ("labels", "line"),
    [
        (["calm"] * 4 + ["calm", "glad"] * 2, "class 'glad' in train (train 0, valid 1, test 1)"),
        (["calm", "glad"] * 2 + ["glad"] * 2 + ["calm", "glad"], "class 'calm' in valid (train 2, valid 0, test 1)"),
        (["calm", "glad"] * 2 + ["glad"] * 4, "class 'calm' in valid and test (train 2, valid 0, test 0)"),
    ],
)
def test_a_class_that_a_fold_lacks_is_told_with_where_it_is(labels, line):
    rows = labelled([*labels, None])
    assert line in told(rows)[0]
    assert len(told(rows)) == 1
    assert told(rows, every_class=False) == []


def test_without_labels_there_is_nothing_to_evaluate():
    (line,) = told(labelled([None] * 9), task="none", classes=())
    assert "mine has no labels: it can be pretrained on, but not evaluated on" in line


def test_the_manifest_carries_the_counts_of_both_targets(tmp_path):
    rows = labelled(["calm", "glad"] * 4 + [None], sentiment=[0.5] * 6 + [np.nan] * 3)
    path = tmp_path / "m.parquet"
    write_manifest(path, Manifest(rows, "mine", "folder", "single", ("calm", "glad")))
    about = read_about(path)
    assert about == read_table(path)[1]
    assert about["folds"]["expression"] == folds.count(rows, "single", ("calm", "glad"))
    (line,) = evaluable.mistakes("mine", about["folds"]["sentiment"], True)
    assert "no labelled utterance in the fold test" in line
    write_manifest(path, Manifest(rows.drop(columns="sentiment"), "mine", "folder", "single", ("calm", "glad")))
    assert list(read_about(path)["folds"]) == ["expression"]


def test_what_is_told_of_a_table_that_is_missing_or_none(tmp_path):
    (tmp_path / "x.parquet").write_bytes(b"PAR1 not a table")
    for name in ("x.parquet", "y.parquet"):
        with pytest.raises(TableError, match=name):
            read_about(tmp_path / name)


def test_what_reading_lost_is_told_before_anything_runs(tmp_path):
    rows, notes = labelled(["calm"] * 7 + [None] * 2), Notes("mine")
    rows[["media", "audio"]] = None
    notes.remark(["u0", "u8"], "no label")
    notes.lose(Status.NO_LABEL, {"u7": "clam"}, "label is no class")
    notes.lose(Status.BAD_TIMES, ["u4", "u5"], "start or end is no time")
    write_manifest(tmp_path / "m.parquet", Manifest(rows, "mine", "folder", "single", ("calm",), notes))
    lost = read_about(tmp_path / "m.parquet")["lost"]
    assert lost == {
        "test": {"lost": 1, "count": 2, "reason": "label is no class: 'clam'"},
        "valid": {"lost": 2, "count": 2, "reason": "start or end is no time"},
    }
    [valid] = evaluable.losses("mine", lost, 0.1, 10)
    assert valid.startswith("mine, valid: 2 of 2 utterances are lost when labels are read, such as: start or end")
    assert len(list(evaluable.losses("mine", lost, 0.1, 1))) == 2
    assert list(evaluable.losses("mine", lost, 1.0, 1)) == []


def folded(splits, labels):
    return labelled(labels, splits)


def told_of_folds(splits, labels, every_class=True, share_validates=False):
    counts = folds.count(folded(splits, labels), "single", ("a", "b"))
    return list(evaluable.mistakes("mine", counts, every_class, share_validates))


def test_what_keeps_folds_from_being_tested_is_told():
    splits = ["fold1", "fold2", "fold3", "fold4"] * 2
    assert told_of_folds(splits, ["a"] * 4 + ["b"] * 4) == []
    [line] = told_of_folds(splits, ["a", "a", "a", "a", "b", "b", None, None])
    assert "no utterance of the class 'b' is left to learn from (fold1 1, fold2 1, fold3 0, fold4 0)" in line
    assert told_of_folds(splits, ["a", "a", "a", "a", "b", "b", None, None], every_class=False) == []
    assert told_of_folds([*splits, "train"], ["a", "a", "a", "a", "b", "b", None, None, "b"]) == []
    [line] = told_of_folds(splits, ["a", "b", None, "a", "b", "a", None, "b"])
    assert line.startswith("mine has no labelled utterance in fold3;")
    [line] = told_of_folds(["fold1", "fold2"] * 2, ["a", "a", "b", "b"])
    assert "at least 3" in line


def test_where_a_share_validates_a_class_of_two_folds_can_be_learned():
    splits = ["fold1", "fold2", "fold3", "fold4"] * 2
    assert told_of_folds(splits, ["a", "a", "a", "a", "b", "b", None, None], share_validates=True) == []
    [line] = told_of_folds(splits, ["a", "a", "a", "a", "b", None, None, None], share_validates=True)
    assert "where one fold is tested, no utterance of the class 'b' is left to learn from" in line
