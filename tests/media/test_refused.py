"""What is never opened, never followed, and never believed."""

import os
import struct

import numpy as np
import pytest
from encodes import encode
from make_media import moving_bars, tone, write_media
from strangers import named

from conclugen.media.audio import read_audio
from conclugen.media.container import MAX_PIXELS
from conclugen.media.errors import MediaError
from conclugen.media.files import check_regular
from conclugen.media.items import locate
from conclugen.media.upright import WIDEST
from conclugen.media.video import Report, sample_video
from conclugen.store.ledger import Status


def frames(path, start_s=None, end_s=None):
    return list(sample_video(path, 16.0, start_s, end_s, 60.0, 720, Report()))


def sound(path, start_s=None, end_s=None):
    return read_audio(path, 16000, start_s, end_s, 60.0).samples


def loss(function, *arguments):
    with pytest.raises(MediaError) as error:
        function(*arguments)
    assert error.value.reason
    return error.value.status


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Files of all odd kinds, and a good one that playlists point to."""
    folder = tmp_path_factory.mktemp("odd")
    named(folder, encode(folder / "good.mp4", "libx264", "yuv420p", "aac", {}))
    return folder


@pytest.mark.parametrize("name", ["concat.mp4", "concat.ffconcat", "list.mp4", "list.m3u8", "still%03d.png"])
def test_what_points_to_other_files_is_not_followed(folder, name):
    assert len(frames(folder / "good.mp4")) == 9
    assert loss(frames, folder / name) == Status.CORRUPT
    assert loss(sound, folder / name) == Status.CORRUPT


@pytest.mark.parametrize("name", ["manifest.mpd", "session.sdp", "picture.mp4", "subtitles.mp4", "html.mp4"])
def test_other_formats_are_refused(folder, name):
    assert loss(frames, folder / name) == Status.CORRUPT


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", ["pipe.mp4", "device.mp4", "folder.mp4"])
def test_only_regular_files_are_opened(folder, name):
    assert loss(locate, folder, name, "video") == Status.CORRUPT
    assert loss(frames, folder / name) == Status.CORRUPT
    assert loss(sound, folder / name) == Status.CORRUPT


@pytest.mark.parametrize("name", ["loop_a.mp4", "dangling.mp4", "x" * 300 + ".mp4", "zero\0byte.mp4", "gone.mp4"])
def test_paths_that_lead_nowhere(folder, name):
    assert loss(locate, folder, name, "video") == Status.MISSING_MEDIA
    assert loss(frames, folder / name) == Status.MISSING_MEDIA


def test_a_link_to_a_file_is_a_file(folder, tmp_path):
    (tmp_path / "link.mp4").symlink_to(folder / "good.mp4")
    assert check_regular(tmp_path / "link.mp4", "link.mp4") == (folder / "good.mp4").stat().st_size
    assert len(frames(tmp_path / "link.mp4")) == 9


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_without_permission(folder, tmp_path):
    (tmp_path / "mine.mp4").write_bytes((folder / "good.mp4").read_bytes())
    (tmp_path / "mine.mp4").chmod(0)
    assert loss(frames, tmp_path / "mine.mp4") == Status.MISSING_MEDIA


def test_a_wide_frame_is_scaled_down(tmp_path):
    path = write_media(tmp_path / "wide.mkv", moving_bars(3, 16, 16384), codec="ffv1")
    report = Report()
    first = next(sample_video(path, 16.0, None, None, 60.0, 720, report))
    assert (report.width, report.height) == (16384, 16)
    assert first.image.shape == (3, WIDEST * 720, 3)


def test_a_frame_of_too_many_pixels_is_damage(tmp_path):
    path = write_media(tmp_path / "a.mov", moving_bars(3, 64, 64), codec="mjpeg", pixels="yuvj420p")
    data, side = path.read_bytes(), struct.pack(">H", 60000)
    assert MAX_PIXELS < 60000**2
    at = [i for i in range(len(data)) if data.startswith(b"\xff\xc0\x00\x11\x08", i)]  # the sizes in the JPEG frames
    for i in at:
        data = data[: i + 5] + side + side + data[i + 9 :]
    path.write_bytes(data)
    assert len(at) == 3
    assert loss(frames, path) == Status.CORRUPT


@pytest.mark.parametrize("name", ["slow.wav", "many.wav"])
def test_sound_of_absurd_claims_is_refused(folder, name):
    assert loss(sound, folder / name) == Status.CORRUPT


def test_times_beyond_any_file(folder, tmp_path):
    for begin in (1e9, 1e13, 1e300):
        assert loss(frames, folder / "good.mp4", begin, 2 * begin) == Status.BAD_TIMES
        assert loss(sound, folder / "good.mp4", begin, 2 * begin) == Status.BAD_TIMES
    wave = write_media(tmp_path / "a.wav", sound=tone(0.5))
    assert loss(sound, wave, 1e300, None) == Status.BAD_TIMES
    assert np.isfinite(sound(wave, 0.1, 1e300)).all()
