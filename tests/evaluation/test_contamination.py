import pytest

from conclugen.evaluation.contamination import names_of, of_streams, verdict


@pytest.mark.parametrize(
    ("dataset", "adapter", "seen", "expected"),
    [
        ("meld", "meld", ["MELD"], "yes"),
        ("mine", "meld", ["GoEmotions", "MELD"], "yes"),
        ("mosei", "mosei", ["CMU-MOSEI"], "yes"),
        ("crema", "cremad", ["CREMA-D"], "yes"),
        ("mine", "folder", ["Folder-5"], "no"),  # any set of one's own has this adapter
        ("ck", "folder", ["trick"], "no"),  # too short to be looked for inside other names
        ("mosei", "mosei", [], "no"),
        ("mosei", "mosei", None, "unknown"),
    ],
)
def test_a_data_set_is_found_under_the_names_it_goes_by(dataset, adapter, seen, expected):
    assert verdict(names_of(dataset, adapter), seen)[0] == expected


def test_two_names_side_by_side_are_not_one():
    assert verdict(names_of("meldonium", "folder"), ["MELD", "Onium"])[0] == "no"


def test_one_stream_is_enough():
    seen = {"text": ["MELD"], "audio": [], "frames2d": None}
    names = names_of("meld", "meld")
    assert of_streams(names, ["audio"], seen) == ("no", "")
    assert of_streams(names, ["audio", "frames2d"], seen) == ("unknown", "frames2d")
    assert of_streams(names, ["audio", "frames2d", "text"], seen) == ("yes", "text")
    assert of_streams(names, ["landmarks"], seen) == ("unknown", "landmarks")
