"""CH-SIMS: labels of all modalities and of each one, ids whose zeros a spreadsheet took, version 2's table."""

import pytest

from conclugen.data import sims
from conclugen.data.errors import LayoutError
from conclugen.data.manifest import validate
from conclugen.data.sims import Settings
from conclugen.store.ledger import Status

HEADER = "video_id,clip_id,text,label,label_T,label_A,label_V,annotation,mode"
TABLE = (
    "video_0001,0001,我不想嫁给李茶,-0.8,-0.6,-0.8,-1.0,Negative,train",
    "video_0001,0002,什么,0.0,0.2,,0.4,Neutral,valid",
    "video_0002,0010,太好了,1.0,-0.2,0.6,0.8,Positive,test",
)


def corpus(root, rows=TABLE, name="label.csv"):
    (root / name).write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    for clip in ("video_0001/0001", "video_0001/0002", "video_0002/0010"):
        path = root / f"Raw/{clip}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def build(root, label="multimodal"):
    manifest = sims.build("sims", root, Settings(label))
    validate(manifest)
    return manifest, manifest.table.set_index("utterance_id")


@pytest.mark.parametrize(
    ("label", "signs", "values"),
    [
        ("multimodal", ["negative", "neutral", "positive"], [-2.4, 0, 3]),
        ("text", ["negative", "positive", "negative"], [-1.8, 0.6, -0.6]),
        ("vision", ["negative", "positive", "positive"], [-3, 1.2, 2.4]),
    ],
)
def test_labels_of_all_and_of_one_modality(tmp_path, label, signs, values):
    corpus(tmp_path)
    manifest, table = build(tmp_path, label)
    assert table["label"].tolist() == signs
    assert table["sentiment"].tolist() == pytest.approx(values)
    assert table["split"].tolist() == ["train", "valid", "test"]
    assert table.loc["video_0002/0010", ["text", "group"]].tolist() == ["太好了", "video_0002"]
    assert {row.status for row in manifest.notes.ledger(table.index)} == {Status.OK}


def test_a_missing_label_of_one_modality_is_unknown(tmp_path):
    corpus(tmp_path)
    table = build(tmp_path, "audio")[1]
    assert table["label"].tolist() == ["negative", None, "positive"]
    assert table["sentiment"].isna().tolist() == [False, True, False]


def test_zeros_that_a_spreadsheet_took_and_the_table_of_version_2(tmp_path):
    corpus(tmp_path, [row.replace(",0001,", ",1,").replace(",0010,", ",10,") for row in TABLE], "meta.csv")
    manifest, table = build(tmp_path)
    assert table.index.tolist() == ["video_0001/0001", "video_0001/0002", "video_0002/0010"]
    assert table.loc["video_0002/0010", "media"] == "Raw/video_0002/0010.mp4"
    assert {row.status for row in manifest.notes.ledger(table.index)} == {Status.OK}


def test_mistakes_are_explained(tmp_path):
    with pytest.raises(LayoutError, match=r"no label\.csv or, of version 2, meta\.csv"):
        build(tmp_path)
    corpus(tmp_path, [TABLE[0].replace("train", "held")])
    with pytest.raises(LayoutError, match="unknown split 'held'"):
        build(tmp_path)
    corpus(tmp_path, [row.replace(",1.0,", ",3.0,") for row in TABLE])
    with pytest.raises(LayoutError, match=r"1 of 3 values lie outside -1\.\.1"):
        build(tmp_path)
    corpus(tmp_path)
    corpus(tmp_path, name="meta.csv")
    with pytest.raises(LayoutError, match=r"2 tables, label\.csv, meta\.csv; keep one"):
        build(tmp_path)
    with pytest.raises(LayoutError, match="label is 'touch'"):
        sims.build("sims", tmp_path, Settings("touch"))
