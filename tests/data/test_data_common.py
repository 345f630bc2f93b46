"""CSV files, folders, split names and hashed folds."""

import os

import numpy as np
import pytest

from conclugen.data.common import (
    Fractions,
    LayoutError,
    as_id,
    hashed_split,
    scan,
    split_name,
    splits,
    stem,
    storable,
    table,
    transcripts,
)
from conclugen.data.notes import Notes
from conclugen.store.ledger import Status


def test_transcripts_join_by_path_whatever_its_suffix(tmp_path):
    path = tmp_path / "transcripts.csv"
    path.write_text("file,transcript\nx/test/Anger/0001.avi,It\u00e2\u20ac\u2122s\n")
    assert transcripts(path, lambda file: stem(file, 3)) == {"test/Anger/0001": "It’s"}
    assert transcripts(None, stem) == {}
    path.write_text("file,text\na.avi,b\na.mp4,c\n")
    with pytest.raises(LayoutError, match=r"two texts for 'a\.mp4'"):
        transcripts(path, stem)
    path.write_text("file,words\na,b\n")
    with pytest.raises(LayoutError, match="text"):
        transcripts(path, stem)


@pytest.mark.parametrize(
    ("path", "expected"), [("a/b.c.mp4", "a/b.c"), ("a\\b.avi", "a/b"), ("./a/b", "a/b"), ("a/.b", "a/.b"), ("", "")]
)
def test_stem(path, expected):
    assert stem(path) == expected


def test_scan_is_sorted_skips_hidden_and_follows_links_once(tmp_path):
    for name in ("b/2.mp4", "b/1.MP4", "a.mp4", ".hidden/x.mp4", "b/.x.mp4", "b/n.txt", "c\x07.mp4"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    os.symlink(tmp_path, tmp_path / "b" / "loop")
    found = list(scan(tmp_path, (".mp4",)))
    assert found[:4] == ["a.mp4", "c\x07.mp4", "b/1.MP4", "b/2.mp4"]
    assert len(found) < 10


def test_ids_of_odd_names():
    notes, narrow = Notes("d"), "at 3.05\u202fPM \u00a0\u200d\U0001fae8"
    assert as_id(notes, narrow) == narrow
    assert [as_id(notes, name) for name in ("a\x07", "b\n", "c\udcff")] == ["a\\x07", "b\\n", "c\\udcff"]
    assert storable(notes, "a\x07.mp4", "a\\x07") == "a\x07.mp4"
    assert storable(notes, "c\udcff.mp4", "c\\udcff") is None
    ledger = {row.utterance_id: row for row in notes.ledger([narrow, "a\\x07", "c\\udcff"])}
    assert ledger[narrow].reason == ""
    assert (ledger["a\\x07"].status, ledger["c\\udcff"].status) == (Status.OK, Status.MISSING_MEDIA)
    assert "not UTF-8" in ledger["c\\udcff"].reason


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


def test_an_unknown_split_is_refused_and_an_empty_one_is_noted():
    notes = Notes("d")
    assert splits(notes, ["dev", "", "x", "NA"], {"x": "test"}, list("abcd"), "t.csv") == [
        "valid",
        "none",
        "test",
        "none",
    ]
    assert [row.reason for row in notes.ledger("abcd")] == ["", "no split", "", "no split"]
    with pytest.raises(LayoutError, match=r"t.csv: unknown split 'held-out' \(2 rows\), 'tets'.*'held-out': test"):
        splits(notes, ["train", "held-out", "tets", "held-out"], {}, list("abcd"), "t.csv")


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
