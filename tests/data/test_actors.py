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
    manifest = ravdess.build("r", tmp_path, ravdess.Settings((2,), (3,)))
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
    manifest = cremad.build("c", tmp_path, cremad.Settings((), (1002, 1091)))
    validate(manifest)
    table = manifest.table.set_index("utterance_id")
    assert table["label"].to_dict() == {"1001_DFA_ANG_XX": "anger", "1002_IEO_QQQ_HI": None, "1002_WSI_HAP_LO": "happy"}
    assert table.loc["1002_WSI_HAP_LO", "text"] == "We'll stop in a couple of minutes"
    assert table["split"].tolist() == ["train", "test", "test"]
    assert "same name" in caplog.text
    assert "1091" in caplog.text


def test_mistakes_are_explained(tmp_path):
    with pytest.raises(LayoutError, match="VideoFlash"):
        cremad.build("c", tmp_path, cremad.Settings((), ()))
    with pytest.raises(LayoutError, match="Actor_01"):
        ravdess.build("r", tmp_path, ravdess.Settings((), ()))
    _touch(tmp_path, "Actor_01/01-01-05-01-01-01-01.mp4")
    with pytest.raises(LayoutError, match=r"share \[1\]"):
        ravdess.build("r", tmp_path, ravdess.Settings((1,), (1, 2)))
