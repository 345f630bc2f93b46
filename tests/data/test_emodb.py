"""EmoDB: names as the database has them, each speaker a fold."""

import pytest

from conclugen.data import emodb
from conclugen.data.errors import LayoutError
from conclugen.data.manifest import validate
from conclugen.store.ledger import Status

SPEAKERS = (3, 8, 9, 10, 11, 12, 13, 14, 15, 16)
FOLDS = emodb.Settings(10, None, None)


@pytest.fixture
def root(tmp_path):
    """A recording of every speaker, and what else may lie beside them."""
    (tmp_path / "wav").mkdir()
    for number, speaker in enumerate(SPEAKERS):
        emotion = "WLEAFTN"[number % 7]
        (tmp_path / f"wav/{speaker:02d}a01{emotion}a.wav").touch()
    for name in ("wav/16b10Xb.wav", "wav/notes.wav", "erklaerung.txt", "wav/03a01Wa.mp4"):
        (tmp_path / name).touch()
    return tmp_path


def test_a_name_says_speaker_sentence_and_emotion(root):
    manifest = emodb.build("e", root, FOLDS)
    validate(manifest)
    table = manifest.table.set_index("utterance_id")
    assert table["label"].to_dict() == {
        "03a01Wa": "anger",
        "08a01La": "boredom",
        "09a01Ea": "disgust",
        "10a01Aa": "fear",
        "11a01Fa": "happiness",
        "12a01Ta": "sadness",
        "13a01Na": "neutral",
        "14a01Wa": "anger",
        "15a01La": "boredom",
        "16a01Ea": "disgust",
        "16b10Xb": None,
    }
    assert table.loc["03a01Wa", ["speaker", "group", "audio"]].tolist() == ["3", "3", "wav/03a01Wa.wav"]
    assert table["media"].isna().all()
    assert table.loc["16b10Xb", "text"] == "Die wird auf dem Platz sein, wo wir sie immer hinlegen"
    assert manifest.classes == tuple(emodb.EMOTIONS.values())


def test_an_emotion_that_no_letter_means_is_a_loss_with_its_reason(root):
    (row,) = emodb.build("e", root, FOLDS).notes.ledger(["16b10Xb"])
    assert row.status is Status.NO_LABEL
    assert "unknown emotion" in row.reason


def test_each_speaker_is_a_fold(root):
    table = emodb.build("e", root, FOLDS).table
    assert table.groupby("split")["speaker"].nunique().tolist() == [1] * 10
    assert sorted(table["split"].unique(), key=lambda name: int(name.removeprefix("fold"))) == [
        f"fold{k}" for k in range(1, 11)
    ]


def test_other_suffixes_and_cases_are_taken(tmp_path):
    for name in ("03a01fa.FLAC", "08b02Wb.mp3", "09a05Nc.Wav"):
        (tmp_path / name).touch()
    table = emodb.build("e", tmp_path, emodb.Settings(3, None, None)).table
    assert sorted(table["label"]) == ["anger", "happiness", "neutral"]


def test_a_folder_without_recordings_is_refused(tmp_path):
    (tmp_path / "a.wav").touch()
    with pytest.raises(LayoutError, match=r"wav/03a01Fa\.wav"):
        emodb.build("e", tmp_path, FOLDS)
