"""What a data set holds, found out from names, tables and a few headers."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "media"))
from make_media import moving_bars, tone, write_media

from conclugen.data import content
from conclugen.media import probe, suffixes

OPTIONS = {"table": None, "columns": {}, "extensions": list(suffixes.MEDIA)}


@pytest.fixture(autouse=True)
def fresh():
    """Every call of the workflow is a process of its own."""
    yield
    content._kinds.cache_clear()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    return {
        "both": write_media(folder / "both.mp4", moving_bars(3, 32, 32), sound=tone(0.2)),
        "silent": write_media(folder / "silent.mp4", moving_bars(3, 32, 32)),
        "sound": write_media(folder / "sound.wav", sound=tone(0.2)),
        "sound.mp4": write_media(folder / "sound.mp4", sound=tone(0.2)),
    }


def put(root, files, **names):
    for name, kind in names.items():
        path = root / name.replace("__", "/")
        path = path.with_name(f"{path.name}{files[kind].suffix}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files[kind].read_bytes())


def kinds(root, adapter="folder", recognised=False, **options):
    content._kinds.cache_clear()
    return content.kinds(adapter, root, OPTIONS | options, recognised)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"a": "both", "b": "silent"}, ("video", "audio")),
        ({"a": "silent", "sub__b": "silent"}, ("video",)),
        ({"a": "sound"}, ("audio",)),
        ({"a": "sound.mp4"}, ("audio",)),
        ({"a": "silent", "b": "sound"}, ("video", "audio")),
        ({}, ("video", "audio")),
    ],
)
def test_a_folder_of_files(tmp_path, files, names, expected):
    put(tmp_path, files, **names)
    assert kinds(tmp_path) == expected
    words = ("text",) if "audio" in expected else ()
    assert kinds(tmp_path, recognised=True) == expected + words


def test_a_table_says_which_files_count_and_whether_there_are_words(tmp_path, files):
    put(tmp_path, files, a="both", b="silent")
    table = tmp_path / "t.csv"
    table.write_text("file,text\nb.mp4,\n")
    assert kinds(tmp_path, table="t.csv") == ("video",)
    table.write_text('path;words\nb.mp4;"hello; you"\n')
    assert kinds(tmp_path, table="t.csv", columns={"file": "path", "text": "words"}) == ("video", "text")
    table.write_text("id,text,label\n1,hello,good\n2,,bad\n")
    assert kinds(tmp_path, table="t.csv") == ("text",)
    table.write_text("file,label\ngone.mp4,good\n")
    assert kinds(tmp_path, table="t.csv") == ("video", "audio")
    assert content.named_files(tmp_path, OPTIONS | {"table": "t.csv"}) == ["gone.mp4"]
    assert kinds(tmp_path, table="none.csv") == content.KINDS


def test_what_cannot_be_opened_is_taken_to_be_whole(tmp_path, files):
    (tmp_path / "bad.mp4").write_text("no video")
    assert kinds(tmp_path) == ("video", "audio")
    put(tmp_path, files, good="silent")
    assert kinds(tmp_path) == ("video",)
    assert kinds(tmp_path / "nowhere") == content.KINDS


def test_a_header_that_holds_up_its_reader_does_not_hold_up_planning(tmp_path, files):
    found = probe.contents([str(files["both"]), str(files["silent"]), str(tmp_path / "gone.mp4")])
    assert found == (2, 2, 1)
    assert probe.contents([str(files["both"])], timeout_s=0.01) == (0, 0, 0)


def test_official_layouts(tmp_path, files):
    def touch(*names):
        for name in names:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).touch()

    touch("r/Actor_01/03-01-05-01-01-01-01.wav", "r/Actor_01/03-02-05-01-01-01-01.wav")
    assert kinds(tmp_path / "r", "ravdess") == ("audio", "text")
    touch("r/Actor_01/02-01-05-01-01-02-01.mp4")
    assert kinds(tmp_path / "r", "ravdess") == content.KINDS
    touch("s/Actor_01/02-01-05-01-01-02-01.mp4")
    assert kinds(tmp_path / "s", "ravdess") == ("video", "text")
    touch("c/AudioWAV/1001_DFA_ANG_XX.wav")
    assert kinds(tmp_path / "c", "cremad") == ("audio", "text")
    touch("c/VideoFlash/1001_DFA_ANG_XX.flv")
    assert kinds(tmp_path / "c", "cremad") == content.KINDS
    touch("v/dev/aac/id1/x/1.m4a")
    assert kinds(tmp_path / "v", "voxceleb2", parts={"dev": "train", "test": "none"}) == ("audio",)
    put(tmp_path, files, v__dev__mp4__id1__x__1="silent", w__dev__mp4__id1__x__1="silent")
    assert kinds(tmp_path / "v", "voxceleb2", parts={"dev": "train"}) == ("video", "audio")
    assert kinds(tmp_path / "w", "voxceleb2", parts={"dev": "train"}) == ("video",)
    touch("w/transcripts.csv")
    assert kinds(tmp_path / "w", "voxceleb2", parts={"dev": "train"}) == ("video", "text")
    touch("k/train/anger/1.avi")
    assert kinds(tmp_path / "k", "caer") == ("video", "audio")
    assert kinds(tmp_path / "k", "caer", recognised=True) == content.KINDS
    assert kinds(tmp_path, "meld") == content.KINDS
