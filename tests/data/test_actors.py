"""RAVDESS and CREMA-D: labels and texts from file names, folds by actor."""

import pytest

from conclugen.data import cremad, ravdess
from conclugen.data.common import LayoutError
from conclugen.data.manifest import validate
from conclugen.data.sources import SOURCES


def _touch(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def test_ravdess_takes_speech_with_sound_and_picture(tmp_path):
    _touch(
        tmp_path,
        "Actor_01/01-01-05-01-01-01-01.mp4",
        "Actor_01/02-01-05-01-01-01-01.mp4",  # picture only
        "Actor_01/01-02-05-01-01-01-01.mp4",  # song
        "Actor_02/01-01-08-02-02-01-02.mp4",
        "Video_Speech_Actor_03/Actor_03/01-01-01-01-02-02-03.mp4",
        "Actor_02/readme.mp4",
    )
    manifest = ravdess.build("r", tmp_path, ravdess.Settings(0, (2,), (3,)))
    validate(manifest)
    table = manifest.table.set_index("utterance_id")
    assert table["label"].to_dict() == {
        "01-01-05-01-01-01-01": "angry",
        "01-01-08-02-02-01-02": "surprised",
        "01-01-01-01-02-02-03": "neutral",
    }
    assert table["split"].tolist() == ["train", "valid", "test"]
    assert table["text"].tolist()[1] == "Dogs are sitting by the door"
    assert table["group"].tolist() == ["1", "2", "3"]
    assert len(SOURCES["ravdess"](tmp_path, {})) == 3


def test_cremad_reads_names_once(tmp_path, caplog):
    _touch(
        tmp_path,
        "VideoFlash/1001_DFA_ANG_XX.flv",
        "VideoFlash/1002_WSI_HAP_LO.flv",
        "VideoFlash/1002_IEO_QQQ_HI.flv",
        "VideoFlash/old/1001_DFA_ANG_XX.flv",
        "VideoFlash/notes.flv",
    )
    manifest = cremad.build("c", tmp_path, cremad.Settings(0, (), (1002, 1091)))
    validate(manifest)
    table = manifest.table.set_index("utterance_id")
    assert table["label"].to_dict() == {"1001_DFA_ANG_XX": "anger", "1002_IEO_QQQ_HI": None, "1002_WSI_HAP_LO": "happy"}
    assert table.loc["1002_WSI_HAP_LO", "text"] == "We'll stop in a couple of minutes"
    assert table["split"].tolist() == ["train", "test", "test"]
    assert "same name" in caplog.text
    assert "1091" in caplog.text


def test_mistakes_are_explained(tmp_path):
    with pytest.raises(LayoutError, match="VideoFlash"):
        cremad.build("c", tmp_path, cremad.Settings(0, (), ()))
    with pytest.raises(LayoutError, match="Actor_01"):
        ravdess.build("r", tmp_path, ravdess.Settings(0, (), ()))
    _touch(tmp_path, "Actor_01/01-01-05-01-01-01-01.mp4")
    with pytest.raises(LayoutError, match=r"share \[1\]"):
        ravdess.build("r", tmp_path, ravdess.Settings(0, (1,), (1, 2)))


def test_ravdess_of_sound_alone_and_beside_pictures(tmp_path):
    names = (
        "Actor_01/03-01-05-01-01-01-01.wav",
        "Actor_01/01-01-05-01-01-01-01.mp4",  # the same take, with both
        "Actor_01/03-01-06-01-01-01-01.wav",
        "Audio_Speech_Actors_01-24/Actor_02/03-01-04-01-02-01-02.WAV",
        "Actor_02/03-02-04-01-02-01-02.wav",  # song
        "Actor_02/03-01-03-01-02-01-02.wav",
        "Actor_02/02-01-03-01-02-01-02.mp4",  # the picture of that take
    )
    _touch(tmp_path, *names)
    table = ravdess.build("r", tmp_path, ravdess.Settings(0, (), (2,))).table.set_index("utterance_id")
    assert table[["media", "audio", "label", "split"]].to_dict("index") == {
        "01-01-05-01-01-01-01": {"media": names[1], "audio": None, "label": "angry", "split": "train"},
        "03-01-06-01-01-01-01": {"media": None, "audio": names[2], "label": "fearful", "split": "train"},
        "03-01-04-01-02-01-02": {"media": None, "audio": names[3], "label": "sad", "split": "test"},
        "02-01-03-01-02-01-02": {"media": names[6], "audio": names[5], "label": "happy", "split": "test"},
    }


def test_cremad_of_sound_alone_and_beside_videos(tmp_path):
    _touch(tmp_path, "CREMA-D/AudioWAV/1001_DFA_ANG_XX.wav", "CREMA-D/AudioMP3/1001_DFA_ANG_XX.mp3")
    _touch(tmp_path, "CREMA-D/AudioMP3/1002_IEO_SAD_HI.mp3")

    def read():
        manifest = cremad.build("c", tmp_path, cremad.Settings(0, (), (1002,)))
        validate(manifest)
        return manifest.table.set_index("utterance_id")[["media", "audio"]].to_dict("index")

    other = {"media": None, "audio": "CREMA-D/AudioMP3/1002_IEO_SAD_HI.mp3"}
    first = {"media": None, "audio": "CREMA-D/AudioWAV/1001_DFA_ANG_XX.wav"}
    assert read() == {"1001_DFA_ANG_XX": first, "1002_IEO_SAD_HI": other}
    assert len(SOURCES["cremad"](tmp_path, {})) == 2
    _touch(tmp_path, "CREMA-D/VideoFlash/1001_DFA_ANG_XX.flv")
    first = {"media": "CREMA-D/VideoFlash/1001_DFA_ANG_XX.flv", "audio": None}
    assert read() == {"1001_DFA_ANG_XX": first, "1002_IEO_SAD_HI": other}
