"""Names of classes: spellings, words for what is missing, names that are misspelt."""

import pytest

from conclugen.data.class_names import alike, class_labels, spelling
from conclugen.data.errors import LayoutError
from conclugen.data.notes import Notes
from conclugen.store.ledger import Status


def labels(*values, classes=(), **options):
    ids = [f"u{i}" for i in range(len(values))]
    notes = Notes("d")
    found = class_labels(notes, values, ids, classes, "t.csv", **options)
    return *found, {row.utterance_id: (row.status, row.reason) for row in notes.ledger(ids)}


@pytest.mark.parametrize(
    ("values", "classes", "expected"),
    [
        (["Happy", "happy", "HAPPY", "sad", "happy"], ("happy", "sad"), ["happy"] * 3 + ["sad", "happy"]),
        (["Happy", "HAPPY"], ("HAPPY",), ["HAPPY"] * 2),
        (["fro\u0302h", "fr\u00f4h", "Fr\u00f4h"], ("fr\u00f4h",), ["fr\u00f4h"] * 3),
        (["stra\u00dfe", "STRASSE"], ("STRASSE",), ["STRASSE"] * 2),
        (["very  happy", "very\u00a0happy", "\u200b\uff36ery happy"], ("very  happy",), ["very  happy"] * 3),
        (["very happy", "very_happy", "Very-Happy", "very\u2011happy"], ("very happy",), ["very happy"] * 4),
        (["a-1", "a 1", "x_"], ("a 1", "a-1", "x_"), ["a-1", "a 1", "x_"]),
        (["10", "9", "1"], ("1", "9", "10"), ["10", "9", "1"]),
        (["1", "1.0", "01", "2", "1"], ("1", "2"), ["1", "1", "1", "2", "1"]),
        (["", "a", ""], ("a",), [None, "a", None]),
    ],
)  # fmt: skip
def test_spellings_of_a_class_are_one(values, classes, expected):
    found, given, ledger = labels(*values)
    assert [spelling(name) for name in found] == [spelling(name) for name in classes]
    assert len(set(given) - {None}) == len(classes)
    assert [label and spelling(label) for label in given] == [label and spelling(label) for label in expected]
    for (status, reason), value, label in zip(ledger.values(), values, given, strict=True):
        assert status is Status.OK
        assert ("another spelling" in reason) == bool(value and value != label)


def test_the_most_common_spelling_names_the_class():
    assert labels("Happy", "happy", "happy", "HAPPY")[0] == ("happy",)
    assert labels("Happy", "happy")[0] == ("Happy",)


@pytest.mark.parametrize(
    "word", ["nan", "NaN", "NA", "N/A", "null", "NULL", "None", "none", "#N/A", "<NA>", "-", "unknown"]
)
def test_a_word_for_a_missing_value_is_a_class_where_the_classes_say_so(word):
    with pytest.raises(LayoutError, match=f"t.csv: the label '{word}' .2 rows. may be a class or stand for no label"):
        labels("glad", word, word)
    assert labels("glad", word, classes=("glad", word))[1] == ["glad", word]
    found = labels("glad", word, "", classes=("glad",))
    assert found[1] == ["glad", None, None]
    assert [status for status, _ in found[2].values()] == [Status.OK] * 3


def test_other_labels_are_losses_and_misspelt_classes_are_refused():
    classes, found, ledger = labels("Joy", "joy", "bogus", "", "fear", classes=("joy", "fear"))
    assert (classes, found) == (("joy", "fear"), ["joy", "joy", None, None, "fear"])
    assert ledger["u2"] == (Status.NO_LABEL, "label is neither one of joy, fear nor ignored: 'bogus'")
    assert ledger["u0"] == (Status.OK, "label is another spelling of a class: 'Joy'")
    assert ledger["u3"] == (Status.OK, "no label")
    with pytest.raises(LayoutError, match=r"no row has the class 'fearful', and 'fear' \(1 rows\) is none of"):
        labels("joy", "fear", classes=("joy", "fearful"))
    assert labels("joy", "rage", classes=("joy", "fear"), listed=False)[1] == ["joy", None]


def test_classes_that_differ_in_case_alone_are_told_apart_by_it():
    _, found, ledger = labels("A", "a", "\u1d2c", classes=("a", "A"))
    assert found == ["A", "a", None]
    assert ledger["u2"][0] is Status.NO_LABEL


@pytest.mark.parametrize("word", ["-1", "#VALUE!", "#DIV/0!", "#REF!", "99", "-9", "0.0"])
def test_what_may_stand_for_no_label_is_no_class_of_its_own_accord(word):
    with pytest.raises(LayoutError, match=f"the label '{word}' .1 rows. may be a class or stand for no label"):
        labels("glad", word)
    assert labels("glad", word, classes=("glad", word))[1] == ["glad", word]


def test_several_classes_in_one_cell_are_refused():
    with pytest.raises(LayoutError, match=r"the label 'Happy \| sad' \(1 rows\) names several classes"):
        labels("happy", "Happy | sad", "sad")
    assert labels("happy", "happy-sad", "a/b")[0] == ("a/b", "happy", "happy-sad")
    assert labels("happy", "happy, sad", "sad", classes=("happy", "sad", "happy, sad"))[1][1] == "happy, sad"


def test_spellings_of_a_speaker_are_one():
    notes = Notes("d")
    assert alike(notes, ["S1", "s1", "S1", "nan", "", "07", "7.0", "7"], list("abcdefgh"), "speaker") == [
        *("S1", "S1", "S1", "", ""),
        *("07", "07", "07"),
    ]
    assert [row.utterance_id for row in notes.ledger("abcdefgh") if row.reason] == ["b", "g", "h"]
