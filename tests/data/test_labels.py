"""Numbers as people write them."""

import numpy as np
import pytest

from conclugen.data.errors import LayoutError
from conclugen.data.labels import in_range, numbers, presences, require_range, seconds, times
from conclugen.data.notes import Notes
from conclugen.store.ledger import Status

NAN = float("nan")


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["0,5", "-1,25", ",5", "1,5e3", "3"], [0.5, -1.25, 0.5, 1500, 3]),
        (["1,234", "0,123"], [1.234, 0.123]),
        (["1,234", "0.5"], [1234, 0.5]),
        (["1,234", "1,234.5", "-1,234,567", "7"], [1234, 1234.5, -1234567, 7]),
        (["1.234", "1.234,5", "0,5", "0.5"], [1234, 1234.5, 0.5, NAN]),
        (["1,234", "12,345", "7"], [NAN, NAN, 7]),
        (["1_000", "\u22121.5"], [NAN, -1.5]),
        (["1,234", "0,123", "0.5"], [NAN, 0.123, 0.5]),
        (["1,234,567", "1,234.5", "1.234,5", "1:20", "", "x", "nan"], [NAN] * 7),
        (["True", "no", "yes", "FALSE", "Y", "n"], [1, 0, 1, 0, 1, 0]),
        (["1e2", "inf", " 2 "], [100, np.inf, 2]),
    ],
)
def test_numbers(cells, expected):
    np.testing.assert_array_equal(numbers(cells), expected)


def test_what_a_table_shows_of_commas_counts_where_a_column_shows_nothing():
    assert numbers(["1,234", "7"], comma=True).tolist() == [1.234, 7]
    assert numbers(["1,234", "0.5"], comma=True).tolist() == [1234, 0.5]


def test_times_of_a_clock():
    cells = ["1:20", "00:01:20,500", "0:59.25", "80", "1:75", "1:2:3:4", "True", ""]
    np.testing.assert_array_equal(seconds(cells), [80, 80.5, 59.25, 80, *[NAN] * 4])


def test_labels_out_of_range_are_losses():
    notes = Notes("d")
    values = in_range(notes, "happy", np.array([0.0, 3.0005, 4.0, -1.0, NAN, np.inf]), list("abcdef"), 0, 3)
    assert np.isnan(values).tolist() == [False, False, True, True, True, True]
    rows = notes.ledger("abcdef")
    lost, ok = Status.NO_LABEL, Status.OK
    assert [row.status for row in rows] == [ok, ok, lost, lost, ok, lost]
    assert rows[2].reason == "happy is outside 0..3: '4'"
    assert rows[4].reason == "no happy"


def test_another_scale_is_refused():
    require_range("f.npz: mood", np.array([-3.0, NAN, 3.0005, np.inf]), -3, 3)
    with pytest.raises(LayoutError, match=r"f.npz: mood: 2 of 3 values lie outside -3..3; they run from 1 to 5"):
        require_range("f.npz: mood", np.array([1.0, 4.0, 5.0, NAN]), -3, 3)


def test_a_time_that_is_none_makes_an_empty_segment():
    notes, given = Notes("d"), np.array([[True, True], [True, False], [False, True]])
    spans = times(notes, np.array([[1.0, 2.0], [NAN, NAN], [NAN, 3.0]]), given, list("abc"))
    np.testing.assert_array_equal(spans, [[1, 2], [0, 0], [NAN, 3]])
    assert [row.status for row in notes.ledger("abc")] == [Status.OK, Status.BAD_TIMES, Status.OK]


def test_a_time_below_0_and_an_end_before_its_start_are_lost_as_they_are_written():
    notes, given = Notes("d"), np.array([[True, True], [True, True], [True, True], [True, False], [False, True]])
    values = np.array([[0.0, 2.0], [2.0, 1.0], [1.0, 1.0], [-0.5, NAN], [NAN, -1.0]])
    np.testing.assert_array_equal(times(notes, values, given, list("abcde")), values)
    rows = notes.ledger("abcde")
    assert [row.status for row in rows] == [Status.OK] + [Status.BAD_TIMES] * 4
    assert rows[1].reason == "start is below 0, or end not after it: '2 to 1'"


@pytest.mark.parametrize("mark", ["x", "WAHR", "50%", "1,000"])
def test_a_column_of_presences_without_a_number_is_refused(mark):
    with pytest.raises(LayoutError, match=f"t.csv: the column 'sad' holds no number, but '{mark}'; write 1 where"):
        presences(Notes("d"), [["1", "0", "0"], [mark, "", "NA"]], list("abc"), ["happy", "sad"], "t.csv")
    assert np.isnan(
        presences(Notes("d"), [["", "NA"], ["0", "1"]], list("ab"), ["happy", "sad"], "t.csv")["happy"]
    ).all()


def test_presences_of_classes():
    notes = Notes("d")
    found = presences(notes, [["0,5", "1", "NA", "x"], ["yes", "no", "", "0"]], list("abcd"), ["happy", "sad"], "t.csv")
    np.testing.assert_array_equal(found["happy"], [0.5, 1, NAN, NAN])
    np.testing.assert_array_equal(found["sad"], [1, 0, NAN, 0])
    rows = notes.ledger("abcd")
    assert [row.status for row in rows] == [Status.OK] * 3 + [Status.NO_LABEL]
    assert rows[3].reason == "happy is no number: 'x'"


def test_a_scale_from_1_says_of_no_class_that_it_is_absent():
    with pytest.raises(LayoutError, match=r"t.csv: every row has every class, as numbers run from 1 to 5"):
        presences(Notes("d"), [["1", "5", ""], ["2", "1", "3"]], list("abc"), ["happy", "sad"], "t.csv")
