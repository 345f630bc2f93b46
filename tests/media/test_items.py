import pytest

from conclugen.media.errors import MediaError
from conclugen.media.items import MediaItem, locate, read_media_list, video_of
from conclugen.store.ledger import Status

HEADER = "utterance_id,media,audio,start_s,end_s,bytes,modified\n"


def test_a_media_list(tmp_path):
    path = tmp_path / "0000.media.csv"
    path.write_text(HEADER + 'a,"x, y/1.mp4",,,,12,17\nb,2.mp4,2.m4a,1.5,3,0,\nc,,,nan,,-1,\n', encoding="utf-8")
    assert read_media_list(path) == [
        MediaItem("a", "x, y/1.mp4", None, None, None, 12, "17"),
        MediaItem("b", "2.mp4", "2.m4a", 1.5, 3.0, 0, ""),
        MediaItem("c", None, None, None, None, -1, ""),
    ]


def test_a_list_without_a_column_is_refused(tmp_path):
    path = tmp_path / "0000.media.csv"
    path.write_text("utterance_id,media\na,b\n")
    with pytest.raises(ValueError, match="start_s"):
        read_media_list(path)


def test_missing_files(tmp_path):
    (tmp_path / "here.mp4").touch()
    assert locate(tmp_path, "here.mp4", "video") == tmp_path / "here.mp4"
    for relative in (None, "gone.mp4"):
        with pytest.raises(MediaError) as error:
            locate(tmp_path, relative, "video")
        assert error.value.status == Status.MISSING_MEDIA


def test_an_utterance_of_sound_alone_has_no_video(tmp_path):
    (tmp_path / "a.wav").touch()
    item = MediaItem("a", None, "a.wav", None, None, 0, "")
    with pytest.raises(MediaError) as error:
        video_of(tmp_path, item)
    assert error.value.status is Status.NO_VIDEO
