"""Which utterances follow each other: by ids, by films and times, within a split; and which data sets tell it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from conclugen.data import meld
from conclugen.data.common import table
from conclugen.data.content import is_cut
from conclugen.data.errors import ManifestError
from conclugen.data.order import PATTERNS, mistake
from conclugen.data.sequences import sequences, speakers
from conclugen.downstream.order import LONGEST

MELD = ["train/dia10_utt2", "train/dia10_utt10", "dev/dia10_utt0", "train/dia1_utt0", "train/dia10_utt0"]


def of(ids, split="train", **columns):
    given = {"utterance_id": ids, "split": [split] * len(ids) if isinstance(split, str) else split}
    return table(given | columns)


def named(frame, pattern):
    ids = frame["utterance_id"].to_numpy()
    return sorted(ids[rows].tolist() for rows in sequences(frame, pattern))


def test_utterances_of_meld_follow_each_other_by_number_within_their_dialogue():
    assert named(of(MELD), PATTERNS["meld"]) == [
        ["dev/dia10_utt0"],
        ["train/dia10_utt0", "train/dia10_utt2", "train/dia10_utt10"],
        ["train/dia1_utt0"],
    ]


@pytest.mark.parametrize(
    ("adapter", "ids"),
    [
        ("mosei", ["a_b_2", "a_b_10", "a_3"]),
        ("mosi", ["a_b/2", "a_b/10", "a/3"]),
        ("sims", ["video_0001/0002", "video_0001/0010", "video_0002/0001"]),
    ],
)
def test_clips_follow_each_other_by_number_within_their_video(adapter, ids):
    assert named(of(ids), PATTERNS[adapter]) == sorted([ids[:2], ids[2:]])


def test_no_sequence_crosses_splits():
    frame = of(["v_0", "v_1", "v_2", "v_3"], ["train", "test", "train", "test"])
    assert named(frame, PATTERNS["mosei"]) == [["v_0", "v_2"], ["v_1", "v_3"]]


def test_utterances_cut_from_a_film_follow_each_other_as_they_start():
    frame = of(
        ["c", "b", "a", "whole", "lost", "sound2", "sound1"],
        media=["x.mp4", "x.mp4", "x.mp4", "y.mp4", None, None, None],
        audio=[None, None, None, None, None, "s.wav", "s.wav"],
        start_s=[0.0, 9.5, 10.25, np.nan, 1.0, 7.0, 3.0],
        end_s=[1.0, 11.0, 12.0, np.nan, 2.0, 8.0, np.nan],
    )
    assert named(frame, None) == [["c", "b", "a"], ["lost"], ["sound1", "sound2"], ["whole"]]


def test_every_row_stands_in_one_sequence_whatever_the_order_of_the_table():
    generator = np.random.default_rng(0)
    ids = [f"v{i % 7}_{i}" for i in range(60)] + ["odd", "other"]
    frame = of(ids)
    mixed = frame.iloc[generator.permutation(len(frame))].reset_index(drop=True)
    assert named(frame, PATTERNS["mosei"]) == named(mixed, PATTERNS["mosei"])
    assert sorted(np.concatenate(sequences(mixed, PATTERNS["mosei"]))) == list(range(len(ids)))
    assert named(mixed, PATTERNS["mosei"])[:2] == [["odd"], ["other"]]


def test_a_pattern_that_cannot_order_is_refused():
    assert mistake(r"(.+)_(\d+)") is None
    assert "two are needed" in mistake(r".+_(\d+)")
    assert "is no pattern" in mistake("(")
    with pytest.raises(
        ManifestError, match=r"order: 'b', the second group of '\(\.\+\)_\(\.\+\)' in 'v_b', is no number"
    ):
        sequences(of(["v_1", "v_b"]), "(.+)_(.+)")
    with pytest.raises(ManifestError, match="two are needed"):
        sequences(of(["v_1"]), ".+")


def test_who_speaks_is_numbered_within_a_sequence():
    names = pd.Series(["Ross", None, "Joey", "Ross", None], dtype=object)
    assert speakers(names, np.array([2, 0, 3, 1, 4])).tolist() == [0, 1, 1, 2, 2]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("file,start,end,label\na.mp4,0,1,x\na.mp4,1,2,y\n", True),
        ("file,start,end,label\na.mp4,0,1,x\nb.mp4,1,2,y\n", False),
        ("file,label\na.mp4,x\na.mp4,y\n", False),
        ("film,Start,label\na.mp4,0,x\na.mp4,4,y\n", True),
    ],
)
def test_a_table_tells_the_order_where_it_cuts_several_from_one_film(text, expected, tmp_path):
    (tmp_path / "t.csv").write_text(text)
    columns = {"file": "film"} if text.startswith("film") else {}
    assert is_cut(tmp_path, {"table": "t.csv", "columns": columns}) is expected


def test_what_cannot_be_looked_at_yet_is_left_to_the_manifest(tmp_path):
    assert is_cut(tmp_path, {"table": "t.csv", "columns": {}})
    assert not is_cut(tmp_path, {"table": None, "columns": {}})


def test_real_dialogues_and_videos_are_no_longer_than_a_stretch(shared_data):
    """What docs/rivals.md says of MELD and CMU-MOSEI."""
    manifest = meld.build("meld", shared_data / "meld", meld.Settings("episode"))
    found = sequences(manifest.table, PATTERNS["meld"])
    split = manifest.table["split"]
    counts = {name: [len(rows) for rows in found if split[rows[0]] == name] for name in ("train", "valid", "test")}
    assert {name: (len(each), sum(each), max(each)) for name, each in counts.items()} == {
        "train": (1038, 9989, 24),
        "valid": (114, 1109, 23),
        "test": (280, 2610, 33),
    }
    labels = pd.read_csv(shared_data / "mosei/mosei_all_labels_23259.csv")
    assert labels.groupby("id").size().max() == 98 < LONGEST
