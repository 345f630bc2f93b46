"""CSV files, folders, split names and hashed folds."""

import csv
import io
import os
import string

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conclugen.data.common import (
    Fractions,
    LayoutError,
    hashed_split,
    read_csv,
    scan,
    split_name,
    stem,
    table,
    transcripts,
)
from conclugen.data.labels import in_range, one_of

CELL = st.text(st.sampled_from(string.ascii_letters + ' ,";\n’é'), min_size=1, max_size=12).map(str.strip).filter(bool)


@given(rows=st.lists(st.tuples(CELL, CELL), max_size=6), mark=st.booleans(), ends=st.sampled_from(["\n", "\r\n"]))
def test_csv_survives_quotes_line_ends_and_marks(tmp_path_factory, rows, mark, ends):
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=ends)
    writer.writerows([("file", "text"), *rows])
    path.write_bytes((b"\xef\xbb\xbf" if mark else b"") + text.getvalue().encode())
    assert [(row["file"], row["text"]) for row in read_csv(path, ["text"])] == rows


def test_csv_with_other_delimiters_short_rows_and_blank_lines(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("file ; text;x\n\na; b, c\n;;\n")
    assert read_csv(path) == [{"file": "a", "text": "b, c", "x": ""}]


def test_csv_names_the_missing_column_and_the_missing_file(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("file,text\na,b\n")
    with pytest.raises(LayoutError, match=r"column 'label' is missing; it has \['file', 'text'\]"):
        read_csv(path, ["label"])
    with pytest.raises(LayoutError, match=r"no\.csv"):
        read_csv(tmp_path / "no.csv")


def test_transcripts_join_by_path_whatever_its_suffix(tmp_path):
    path = tmp_path / "transcripts.csv"
    path.write_text("file,transcript\nx/test/Anger/0001.avi,It\u00e2\u20ac\u2122s\n")
    assert transcripts(path, lambda file: stem(file, 3)) == {"test/Anger/0001": "It’s"}
    assert transcripts(None, stem) == {}
    path.write_text("file,words\na,b\n")
    with pytest.raises(LayoutError, match="text"):
        transcripts(path, stem)


@pytest.mark.parametrize(
    ("path", "expected"), [("a/b.c.mp4", "a/b.c"), ("a\\b.avi", "a/b"), ("./a/b", "a/b"), ("a/.b", "a/.b"), ("", "")]
)
def test_stem(path, expected):
    assert stem(path) == expected


def test_scan_is_sorted_skips_hidden_follows_links_once_and_logs_bad_names(tmp_path, caplog):
    for name in ("b/2.mp4", "b/1.MP4", "a.mp4", ".hidden/x.mp4", "b/.x.mp4", "b/n.txt", "c\x07.mp4"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    os.symlink(tmp_path, tmp_path / "b" / "loop")
    found = list(scan(tmp_path, (".mp4",)))
    assert found[:3] == ["a.mp4", "b/1.MP4", "b/2.mp4"]
    assert len(found) < 9
    assert "control characters" in caplog.text


def test_split_names():
    assert [split_name(name) for name in ("Dev", "validation", "TRAIN", "", "eval")] == [
        "valid",
        "valid",
        "train",
        "none",
        "test",
    ]
    assert split_name("fold 3") is None
    assert split_name("3", {"3": "test"}) == "test"


def test_hashed_folds_keep_their_shares_and_depend_on_the_seed():
    shares = Fractions(train=0.6, valid=0.1, test=0.2)
    drawn = [hashed_split(f"g{i}", shares, 0) for i in range(4000)]
    for name, share in (("train", 0.6), ("valid", 0.1), ("test", 0.2), ("none", 0.1)):
        assert abs(drawn.count(name) / 4000 - share) < 0.03
    assert drawn != [hashed_split(f"g{i}", shares, 1) for i in range(4000)]
    assert {hashed_split(f"g{i}", Fractions(1.0, 0.0, 0.0), 0) for i in range(500)} == {"train"}


def test_table_fills_what_is_unknown():
    made = table({"utterance_id": ["a", "b"], "text": ["hello", ""]}, {"label": ["x", None], "v": [1, np.nan]})
    assert made["text_source"].tolist() == ["official", "none"]
    assert made["media"].tolist() == [None, None]
    assert made["label"].tolist() == ["x", None]
    assert made["split"].tolist() == ["none", "none"]
    assert made["start_s"].isna().all()
    assert made["v"].dtype == float


def test_labels_out_of_range_and_unknown_classes_are_counted(caplog):
    values = in_range("d", "happy", np.array([0.0, 3.0005, 4.0, -1.0, np.nan, np.inf]), list("abcdef"), 0, 3)
    assert np.isnan(values).tolist() == [False, False, True, True, True, True]
    assert "4, such as c, d, e" in caplog.text
    assert one_of("d", ["Joy", "joy", "bogus", ""], list("abcd"), ["joy", "fear"]) == ["joy", "joy", None, None]
    assert "c (bogus)" in caplog.text
