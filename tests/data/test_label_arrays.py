"""Labels as arrays: one reading, or none."""

import numpy as np
import pytest

from conclugen.data.errors import LayoutError
from conclugen.data.label_arrays import label_names
from conclugen.data.notes import Notes

NAMES, DIGITS = ("joy", "fear", "rage"), ("1", "2", "3")
HOT = np.eye(3)[[2, 0, 1]]


def names(values, classes, notes=None):
    values = np.asarray(values)
    if values.dtype.kind == "U":
        values = values.astype(object)
    ids = [f"u{i}" for i in range(len(values))]
    return label_names(notes or Notes("d"), values, ids, classes, "f.npz: y")


@pytest.mark.parametrize(
    ("values", "classes", "expected"),
    [
        ([0, 1, 2], NAMES, ["joy", "fear", "rage"]),
        ([0, 0, 1], NAMES, ["joy", "joy", "fear"]),
        ([3, 1, 2], NAMES, ["rage", "joy", "fear"]),
        ([3.0, 1.0, np.nan], NAMES, ["rage", "joy", ""]),
        ([0, -1, 2], NAMES, ["joy", "", "rage"]),
        ([0, 7, 2], NAMES, ["joy", "7", "rage"]),
        ([0, 0.5, 2], NAMES, ["joy", "0.5", "rage"]),
        (["3", "1", "2"], NAMES, ["rage", "joy", "fear"]),
        (["0", "1.0", ""], NAMES, ["joy", "fear", ""]),
        (["0", "1", "NA"], NAMES, ["joy", "fear", ""]),
        (["joy", "1"], NAMES, ["joy", "1"]),
        ([1, 2, 3], DIGITS, ["1", "2", "3"]),
        ([1, 2, 4], DIGITS, ["1", "2", "4"]),
        ([3, 2, 2], DIGITS, ["3", "2", "2"]),
        (["1", "2", "2"], DIGITS, ["1", "2", "2"]),
        (["1.0", "2.0", ""], DIGITS, ["1", "2", ""]),
        ([0, 1, 2], ("0", "1", "2"), ["0", "1", "2"]),
        ([-1, 0, 1], ("-1", "0", "1"), ["-1", "0", "1"]),
        ([10, 9], (), ["10", "9"]),
        ([1.0, np.nan], (), ["1", ""]),
        ([True, False], ("no", "yes"), ["yes", "no"]),
        ([True, False], ("True", "False"), ["True", "False"]),
        ([True, False], (), ["true", "false"]),
        (HOT, NAMES, ["rage", "joy", "fear"]),
        (HOT.astype(bool), NAMES, ["rage", "joy", "fear"]),
        (np.vstack([HOT[:1], [[0, 0, 0]], [[np.nan] * 3]]), NAMES, ["rage", "", ""]),
    ],
)
def test_one_reading(values, classes, expected):
    assert names(values, classes) == expected
    if np.ndim(values) == 1:
        assert names(np.asarray(values)[:, None], classes) == expected


@pytest.mark.parametrize(
    ("values", "classes", "said"),
    [
        ([1, 2, 1], NAMES, "labels from 1 to 2 for 3 classes may be counted from 0 or from 1"),
        ([1, 2, 7], NAMES, "labels from 1 to 7 for 3 classes are no places"),
        ([1, 2, 1], DIGITS, "1 is the name of a class, and the place of '2' counted from 0"),
        ([1, 0, 2], ("2", "1", "0"), "0 is the name of a class, and the place of '2'"),
        ([0.5, 1.0], (), "labels are numbers such as 0.5"),
        ([True, False], NAMES, "truth values for 3 classes"),
        (HOT, NAMES[:2], r"labels of shape \(3, 3\) for 2 classes"),
        (HOT, (), r"labels of shape \(3, 3\) for 0 classes"),
        (HOT * 0.5, NAMES, r"labels of shape \(3, 3\) are not 0 and 1"),
        (1 - HOT, NAMES, "3 rows mark more than one class; set kind: multi"),
        (HOT[None], NAMES, r"labels of shape \(1, 3, 3\)"),
        (np.zeros(3, "i4,f4"), NAMES, "labels of type"),
        (np.full((3, 3), "a"), NAMES, r"labels of shape \(3, 3\) for 3 classes; one-hot labels are numbers"),
    ],
)
def test_no_reading_or_two_are_refused(values, classes, said):
    with pytest.raises(LayoutError, match=f"f.npz: y: {said}"):
        names(values, classes)


def test_labels_counted_from_1_are_noted():
    notes = Notes("d")
    assert names([3, 1], NAMES, notes) == ["rage", "joy"]
    assert "counted from 1: '3'" in notes.ledger(["u0", "u1"])[0].reason
    assert names([0, 2], NAMES, notes := Notes("d")) == ["joy", "rage"]
    assert notes.ledger(["u0"])[0].reason == ""
