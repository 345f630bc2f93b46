"""Of several streams, the one that is meant."""

from fractions import Fraction

import av
import numpy as np
import pytest
from av.stream import Disposition
from make_media import tone

from conclugen.media import probe
from conclugen.media.audio import read_audio
from conclugen.media.errors import MediaError
from conclugen.media.video import Report, sample_video
from conclugen.store.ledger import Status

DEFAULT, NOTHING = Disposition.default, Disposition(0)


def write_streams(path, streams, sounds=()):
    """Write video streams (frames, height, disposition) of grey 40, 80, …, and tones (hertz, disposition)."""
    with av.open(str(path), "w") as container:
        videos, audios = [], []
        for count, height, disposition in streams:
            still = count == 1 and not str(path).endswith((".ts", ".avi"))
            video = container.add_stream("mjpeg" if still else "mpeg4", rate=25)
            video.width, video.height, video.pix_fmt = height, height, "yuvj420p" if still else "yuv420p"
            video.disposition = disposition
            videos.append(video)
        for _, disposition in sounds:
            audios.append(container.add_stream("mp2", rate=16000, layout="mono"))
            audios[-1].disposition = disposition
        for i in range(max((count for count, *_ in streams), default=0)):
            for place, (video, (count, height, _)) in enumerate(zip(videos, streams, strict=True)):
                if i < count:
                    grey = np.full((height, height, 3), 40 * (place + 1), np.uint8)
                    frame = av.VideoFrame.from_ndarray(grey, "rgb24")
                    frame.pts, frame.time_base = i, Fraction(1, 25)
                    container.mux(video.encode(frame))
        for video in videos:
            container.mux(video.encode(None))
        for audio, (hertz, _) in zip(audios, sounds, strict=True):
            wave = np.round(tone(1.0, 16000, hertz) * 32767).astype(np.int16)
            for begin in range(0, len(wave) - 1152, 1152):
                frame = av.AudioFrame.from_ndarray(wave[None, begin : begin + 1152], "s16", "mono")
                frame.sample_rate, frame.pts, frame.time_base = 16000, begin, Fraction(1, 16000)
                container.mux(audio.encode(frame))
            container.mux(audio.encode(None))
    return path


def shown(path):
    """The number of the stream that is read, from 1, and of its frames."""
    frames = list(sample_video(path, 25.0, None, None, 60.0, 720, Report()))
    return round(float(frames[0].image.mean()) / 40), len(frames)


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".mov"])
def test_a_larger_still_picture_is_not_the_video(tmp_path, suffix):
    for first, second in ((DEFAULT, NOTHING), (DEFAULT, DEFAULT), (NOTHING, NOTHING), (NOTHING, DEFAULT)):
        moving, still = (25, 64, first), (1, 128, second)
        assert shown(write_streams(tmp_path / f"a{suffix}", [moving, still])) == (1, 25)
        assert shown(write_streams(tmp_path / f"b{suffix}", [still, moving])) == (2, 25)


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".mov"])
def test_the_default_stream_is_taken_though_another_is_larger(tmp_path, suffix):
    assert shown(write_streams(tmp_path / f"a{suffix}", [(10, 64, DEFAULT), (20, 128, NOTHING)])) == (1, 10)
    assert shown(write_streams(tmp_path / f"b{suffix}", [(10, 128, NOTHING), (20, 64, DEFAULT)])) == (2, 20)


@pytest.mark.parametrize("suffix", [".mkv", ".ts", ".avi"])
def test_of_equal_streams_the_first_is_taken(tmp_path, suffix):
    assert shown(write_streams(tmp_path / f"a{suffix}", [(10, 64, NOTHING), (20, 128, NOTHING)])) == (1, 10)


def test_comments_come_last(tmp_path):
    streams = [(10, 64, Disposition.comment), (20, 64, NOTHING)]
    assert shown(write_streams(tmp_path / "a.mkv", streams)) == (2, 20)


def test_one_still_picture_alone_is_a_video_of_one_frame_and_cover_art_is_none(tmp_path):
    assert shown(write_streams(tmp_path / "a.mkv", [(1, 64, NOTHING)])) == (1, 1)
    assert shown(write_streams(tmp_path / "b.mkv", [(1, 64, NOTHING), (1, 128, DEFAULT)])) == (2, 1)
    cover = write_streams(tmp_path / "c.mp4", [(1, 64, Disposition.attached_pic)], [(440, DEFAULT)])
    with pytest.raises(MediaError) as error:
        shown(cover)
    assert error.value.status == Status.NO_VIDEO
    assert probe.contents([str(cover)]) == (1, 0, 1)


def test_of_several_tracks_of_sound_the_default_one_is_heard(tmp_path):
    for sounds, expected in (
        ([(300, NOTHING), (500, DEFAULT)], 500),
        ([(300, DEFAULT), (500, DEFAULT)], 300),
        ([(300, Disposition.comment), (500, NOTHING)], 500),
        ([(300, Disposition.visual_impaired), (500, NOTHING)], 500),
    ):
        samples = read_audio(write_streams(tmp_path / "a.mkv", [], sounds), 16000, None, None, 60.0).samples
        assert np.abs(np.fft.rfft(samples)).argmax() * 16000 / len(samples) == pytest.approx(expected, abs=2)
