"""Official layouts are known by what only they have."""

import pytest

from conclugen.survey.layouts import LAYOUTS, OFFICIAL, layout_of

HOLDS = {
    "mosei": ["Raw/Videos/Segmented/Combined/a_0.mp4", "CMU_MOSEI_Labels.csd"],
    "meld": ["train_sent_emo.csv", "train_splits/dia0_utt0.mp4"],
    "voxceleb2": ["dev/mp4/id00001/abc/00001.mp4"],
    "caer": ["CAER/train/Anger/0001.avi"],
    "ravdess": ["Actor_01/03-01-01-01-01-01-01.wav"],
    "cremad": ["AudioWAV/1001_DFA_ANG_XX.wav"],
    "emodb": ["emodb/wav/03a01Fa.wav"],
    "dfew": ["DFEW-part2/EmoLabel_DataSplit/train(single-labeled)/set_1.csv"],
    "mafw": ["MAFW/Train & Test Set/single/no_caption/set_1/train.txt", "clips/00001.mp4"],
    "iemocap": ["IEMOCAP_full_release/Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"],
    "mer": ["mer2023/train-label.csv", "mer2023/train/sample_00000000.mp4"],
    "mosi": ["CMU_MOSI_Opinion_Labels.csd"],
    "sims": ["CH-SIMS/label.csv"],
    "mspimprov": ["Evaluation.txt", "session1/S01A/P/MSP-IMPROV-S01A-F01-P-FM01.avi"],
}
MMSA = "video_id,clip_id,text,label,label_T,label_A,label_V,annotation,mode\n"
TEXTS = {"sims": f"{MMSA}video_0001,0001,x,0.1,,,,Positive,train\n"}


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_is_known_by_its_files(tmp_path, name):
    for path in HOLDS[name]:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(TEXTS.get(name, ""))
    assert layout_of(tmp_path) == name


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (f"{MMSA}03bSnISJMiM,1,x,2.4,,,,Positive,train\n", "mosi"),
        (f"{MMSA}aqgy3_0001,00000,x,0.4,,,,Positive,train\n", "sims"),
        (f"{MMSA}-3g5yACwYnA,2,x,1.0,,,,Positive,train\n", None),  # CMU-MOSEI, which goes round in this form, too
        ("file,label\na.mp4,calm\n", None),
        ("", None),
    ],
)
def test_tables_of_one_name_are_told_apart_by_what_they_hold(tmp_path, table, expected):
    (tmp_path / "label.csv").write_text(table)
    assert layout_of(tmp_path) == expected


@pytest.mark.parametrize(
    "paths",
    [
        ["labels.csv", "a.mp4"],
        ["train/happy_people/a.mp4"],
        ["train/a.mp4", "test/b.mp4"],
        ["Actor_01/a.wav"],
        ["dev/x.txt"],
    ],
)
def test_clips_of_ones_own_are_no_official_layout(tmp_path, paths):
    for path in paths:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    assert layout_of(tmp_path) is None


def test_every_layout_has_its_official_count():
    assert OFFICIAL.keys() == LAYOUTS.keys() == HOLDS.keys()
