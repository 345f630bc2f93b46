"""Counts of labels by fold."""

import numpy as np

from conclugen.data import folds
from conclugen.data.common import table

SPLITS = ["train"] * 4 + ["valid"] * 2 + ["test"] * 2 + ["none"]


def labelled(labels, **extra):
    rows = {"utterance_id": [f"u{n}" for n in range(len(SPLITS))], "split": SPLITS}
    return table(rows, {"label": labels} | extra)


def test_counts_are_of_known_labels_by_fold():
    rows = labelled(["calm", "glad", None, "calm", "glad", "glad", None, "calm", "calm"])
    assert folds.count(rows, "single", ("calm", "glad")) == {
        "train": {"labelled": 3, "classes": {"calm": 2, "glad": 1}},
        "valid": {"labelled": 2, "classes": {"calm": 0, "glad": 2}},
        "test": {"labelled": 1, "classes": {"calm": 1, "glad": 0}},
    }
    values = labelled([None] * 9, joy=[0, 2.0, np.nan, -1, 0, 0, 1, np.nan, 3], rage=[np.nan] * 6 + [0.5, np.nan, 0])
    assert folds.count(values, "multi", ("joy", "rage"))["train"] == {"labelled": 3, "classes": {"joy": 1, "rage": 0}}
    assert folds.count(values, "multi", ("joy", "rage"))["test"] == {"labelled": 1, "classes": {"joy": 1, "rage": 1}}
    assert folds.count(values, "regression", ("joy",))["valid"] == {"labelled": 2, "classes": {"joy": 2}}
