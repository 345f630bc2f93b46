"""CMU-MOSI in both layouts: short ids, clips counted from 1, transcripts with gaps."""

import h5py
import numpy as np
import pytest

from conclugen.data import mosi
from conclugen.data.errors import LayoutError
from conclugen.data.manifest import validate
from conclugen.data.mosi import Settings
from conclugen.data.mosi_folds import FOLDS
from conclugen.store.ledger import Status

HEADER = "video_id,clip_id,text,label,label_T,label_A,label_V,annotation,mode"
TABLE = (
    "03bSnISJMiM,1,ANYHOW IT WAS REALLY GOOD,2.4,,,,Positive,train",
    "03bSnISJMiM,11,THEY DIDN'T REALLY DO A BUNCH,-0.8,,,,Negative,train",
    "_dI--eQ6qVU,1,SO (sp) I SPEND,0,,,,Neutral,valid",
    "-3g5yACwYnA,2,WHAT A FILM,-3.0,,,,Positive,test",
    "-3g5yACwYnA,3,GONE,0.6,,,,Positive,test",
)


def build(root):
    manifest = mosi.build("mosi", root, Settings())
    validate(manifest)
    return manifest, manifest.table.set_index("utterance_id")


def put(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def test_the_table_of_mmsa(tmp_path):
    (tmp_path / "label.csv").write_text("\n".join([HEADER, *TABLE]) + "\n")
    put(tmp_path, "Raw/03bSnISJMiM/1.mp4", "Raw/03bSnISJMiM/11.mp4", "Raw/_dI--eQ6qVU/1.mp4", "Raw/-3g5yACwYnA/2.mp4")
    manifest, table = build(tmp_path)
    assert table["split"].tolist() == ["train", "train", "valid", "test", "test"]
    assert table["label"].tolist() == ["positive", "negative", "neutral", "negative", "positive"]
    assert table["sentiment"].tolist() == pytest.approx([2.4, -0.8, 0, -3.0, 0.6])
    assert table.loc["_dI--eQ6qVU/1", "media"] == "Raw/_dI--eQ6qVU/1.mp4"
    assert table.loc["-3g5yACwYnA/2", "group"] == "-3g5yACwYnA"
    rows = {row.utterance_id: row for row in manifest.notes.ledger(table.index)}
    assert rows["-3g5yACwYnA/3"].status is Status.MISSING_MEDIA
    assert "its annotation is not the sign of its label" in rows["-3g5yACwYnA/2"].reason


def sequence(path, videos):
    with h5py.File(path, "w") as file:
        for video, rows in videos.items():
            group = file.create_group(f"Opinion Segment Labels/data/{video}")
            group["intervals"] = np.array([row[:2] for row in rows], float)
            group["features"] = np.array([[row[2]] for row in rows], float)


def test_the_files_of_the_sdk(tmp_path):
    train, test = "2iD-tVS8NPw", "tmZoasNr4rU"
    assert (FOLDS[train], FOLDS[test]) == ("train", "test")
    videos = {train: [(5, 8, 1.2), (0, 5, -0.4)], test: [(1, 2, 0.0)], "aaaaaaaaaaa": [(0, 1, 3.0)]}
    sequence(tmp_path / "CMU_MOSI_Opinion_Labels.csd", videos)
    put(tmp_path, f"Raw/Video/Segmented/{train}_1.mp4", f"Raw/Audio/WAV_16000/Segmented/{train}_1.wav")
    words = tmp_path / f"Raw/Transcript/Segmented/{train}.annotprocessed"
    words.parent.mkdir(parents=True)
    words.write_text("1_DELIM_IT WAS sp SPENT\n2_DELIM_\n")
    manifest, table = build(tmp_path)
    first, second = table.loc[f"{train}/1"], table.loc[f"{train}/2"]
    assert (first["sentiment"], second["sentiment"]) == (pytest.approx(-0.4), pytest.approx(1.2))  # counted by start
    assert first["text"] == "IT WAS SPENT"
    assert second["text_source"] == "none"
    assert first["media"] == f"Raw/Video/Segmented/{train}_1.mp4"
    assert first["audio"] == f"Raw/Audio/WAV_16000/Segmented/{train}_1.wav"
    assert table["split"].to_dict()["aaaaaaaaaaa/1"] == "none"
    reasons = {row.utterance_id: row.reason for row in manifest.notes.ledger(table.index)}
    assert "its video is in no fold" in reasons["aaaaaaaaaaa/1"]
    sequence(tmp_path / "CMU_MOSI_Opinion_Labels.csd", {train: [(0, 1, 9.0)]})
    with pytest.raises(LayoutError, match=r"lie outside -3\.\.3"):
        build(tmp_path)


def test_the_folds_are_those_of_the_sdk():
    counts = {split: list(FOLDS.values()).count(split) for split in ("train", "valid", "test")}
    assert counts == {"train": 52, "valid": 10, "test": 31}
    assert {len(video) for video in FOLDS} == {11}


def test_an_empty_folder_is_told(tmp_path):
    with pytest.raises(LayoutError, match=r"no label\.csv \(MMSA\) or CMU_MOSI_Opinion_Labels\.csd \(SDK\)"):
        build(tmp_path)
