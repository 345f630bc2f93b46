import itertools
from fractions import Fraction

import av
import numpy as np
import pytest
from make_media import moving_bars, tone, write_media

from conclugen.media.errors import MediaError
from conclugen.media.video import Report, sample_video
from conclugen.store.ledger import Status


def read(path, start_s=None, end_s=None, fps=16.0, max_seconds=60.0, max_height=720):
    report = Report()
    return list(sample_video(path, fps, start_s, end_s, max_seconds, max_height, report)), report


def numbers(frames):
    """The numbers of the frames of `moving_bars`, read from their grey level."""
    return [round(frame.image[-8:, -8:].mean() / 4) for frame in frames]


def status_of(path, *arguments, **settings):
    with pytest.raises(MediaError) as error:
        read(path, *arguments, **settings)
    return error.value.status


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return write_media(tmp_path_factory.mktemp("clip") / "a.mp4", moving_bars(50), sound=tone(2.0))


def test_each_grid_time_shows_the_frame_on_screen(clip):
    frames, report = read(clip)
    shown = np.floor(np.arange(32) / 16 * 25 + 1e-6).astype(int)
    assert numbers(frames) == shown.tolist()
    np.testing.assert_allclose([f.time_s for f in frames], shown / 25, atol=1e-3)
    assert (report.width, report.height, report.cut, report.damage.packets) == (128, 96, False, 0)
    assert frames[0].image.shape == (96, 128, 3)
    assert frames[0].image[10, 10].tolist() == pytest.approx([255] * 3, abs=4)
    assert frames[0].image[-10, 10].tolist() == pytest.approx([0] * 3, abs=4)


def test_a_segment_holds_the_frames_that_begin_in_it(clip):
    frames, _ = read(clip, 0.5, 1.0)
    assert numbers(frames) == [14, 15, 17, 18, 20, 21, 23]
    assert frames[0].time_s == pytest.approx(14 / 25 - 0.5, abs=1e-3)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts", ".mpg", ".avi"])
def test_a_segment_of_any_container(tmp_path, suffix):
    codec = "mpeg1video" if suffix == ".mpg" else "mpeg4"
    path = write_media(tmp_path / f"a{suffix}", moving_bars(48, 96, 128), rate=24, codec=codec, gop=24)
    whole, part = read(path)[0], read(path, 1.25, 1.75)[0]
    assert len(whole) == 32
    assert len(part) == 8
    expected = [f for f in whole if 1.25 - 1e-3 <= f.time_s < 1.75]
    assert part[0].time_s + 1.25 == pytest.approx(expected[0].time_s, abs=0.043)
    assert set(numbers(part)) <= set(range(30, 42))


def test_seeking_decodes_only_what_is_near(tmp_path, monkeypatch):
    path = write_media(tmp_path / "long.mp4", moving_bars(500, 32, 32), gop=25)
    decoded = []
    from conclugen.media import container

    real = container.decode
    monkeypatch.setattr(container, "decode", lambda *a: (decoded.append(f.time) or f for f in real(*a)))
    frames, _ = read(path, 15.0, 16.0)
    assert len(frames) == 16
    assert min(decoded) >= 13.9
    assert len(decoded) <= 60


def test_variable_rate_follows_presentation_time(tmp_path):
    times = [0, 0.04, 0.08, 0.5, 1.5, 1.54]
    frames, _ = read(write_media(tmp_path / "v.mp4", moving_bars(6), times=times))
    assert numbers(frames) == [0, 1, 2, 3, 4, 5]
    np.testing.assert_allclose([f.time_s for f in frames], times, atol=1e-3)
    assert numbers(read(tmp_path / "v.mp4", fps=2.0)[0]) == [0, 3, 4]


def test_no_more_frames_than_the_grid_has(tmp_path):
    path = write_media(tmp_path / "fast.mp4", moving_bars(120, 32, 32), rate=120)
    assert len(read(path)[0]) == 16


@pytest.mark.parametrize(("rotation", "corner"), [(90, (-10, 10)), (180, (-10, -10)), (-90, (10, -10))])
def test_rotation_is_applied(tmp_path, rotation, corner):
    frames, report = read(write_media(tmp_path / "r.mp4", moving_bars(10), rotation=rotation))
    shape = (96, 128, 3) if rotation == 180 else (128, 96, 3)
    assert frames[0].image.shape == shape
    assert (report.height, report.width) == shape[:2]
    assert frames[0].image[corner].min() > 240
    for other in itertools.product((10, -10), repeat=2):
        assert other == corner or frames[0].image[other].max() < 20


def test_pixels_become_square_and_tall_videos_small(tmp_path):
    path = write_media(tmp_path / "wide.mp4", moving_bars(10), aspect=Fraction(3, 2))
    frames, report = read(path, max_height=48)
    assert (report.width, report.height) == (192, 96)
    assert frames[0].image.shape == (48, 96, 3)
    assert frames[0].scale == 0.5


@pytest.mark.parametrize(("codec", "pixels"), [("ffv1", "yuv420p10le"), ("mjpeg", "yuvj420p"), ("ffv1", "gray")])
def test_odd_sizes_and_formats(tmp_path, codec, pixels):
    frames, _ = read(write_media(tmp_path / "o.mkv", moving_bars(25, 97, 131), codec=codec, pixels=pixels))
    assert frames[0].image.shape == (97, 131, 3)
    assert len(frames) == 16
    assert frames[0].image[5, 5].min() > 245
    assert frames[0].image[5, -5].max() < 10


def test_one_frame(tmp_path):
    frames, _ = read(write_media(tmp_path / "one.mp4", moving_bars(1)))
    assert [f.time_s for f in frames] == [0.0]


def test_long_videos_are_cut_and_say_so(clip):
    frames, report = read(clip, max_seconds=0.5)
    assert len(frames) == 8
    assert report.cut
    assert report.last_s < 0.6  # the rest was not decoded
    assert not read(clip, 0.0, 0.5, max_seconds=0.5)[1].cut
    assert read(clip, 0.0, 1.5, max_seconds=0.5)[1].cut


def test_the_shortest_segments(clip):
    assert numbers(read(clip, 0.51, 0.53)[0]) == [13]  # no grid time in it
    assert numbers(read(clip, 1.95, 2.5)[0]) == [49]
    assert status_of(clip, 0.525, 0.55) == Status.NO_FRAMES


def test_bad_times(clip):
    assert status_of(clip, 1.0, 1.0) == Status.BAD_TIMES
    assert status_of(clip, 2.0, 1.0) == Status.BAD_TIMES
    assert status_of(clip, -1.0, 1.0) == Status.BAD_TIMES
    assert status_of(clip, float("inf"), None) == Status.BAD_TIMES
    assert status_of(clip, 5.0, 6.0) == Status.BAD_TIMES
    assert status_of(clip, 1.99, 2.5) == Status.BAD_TIMES


def test_what_is_not_a_video(tmp_path, clip):
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("hello world\n" * 100)
    (tmp_path / "text.txt").write_text("hello world\n" * 100)
    (tmp_path / "list.mp4").write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{clip}\n")
    (tmp_path / "noise.mp4").write_bytes(np.random.default_rng(0).bytes(100_000))
    (tmp_path / "half.mp4").write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])  # its index is at its end
    for name in ("empty.mp4", "text.mp4", "text.txt", "list.mp4", "noise.mp4", "half.mp4", "."):
        assert status_of(tmp_path / name) == Status.CORRUPT, name
    assert status_of(tmp_path / "gone.mp4") == Status.MISSING_MEDIA
    assert status_of(write_media(tmp_path / "sound.m4a", sound=tone(1.0))) == Status.NO_VIDEO


def test_cover_art_is_no_video(tmp_path):
    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as container:
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 64, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        audio = container.add_stream("aac", rate=44100)
        container.mux(cover.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), "rgb24")))
        container.mux(cover.encode(None))
        block = av.AudioFrame.from_ndarray(tone(1024 / 44100)[None], format="fltp", layout="mono")
        block.sample_rate = 44100
        container.mux(audio.encode(block))
        container.mux(audio.encode(None))
    assert status_of(path) == Status.NO_VIDEO


def test_a_cut_file_keeps_the_frames_before_the_damage(tmp_path):
    noisy = np.random.default_rng(0).integers(0, 256, (50, 96, 128, 3), dtype=np.uint8)
    whole = write_media(tmp_path / "whole.mp4", noisy, options={"movflags": "faststart"})
    data = whole.read_bytes()
    (tmp_path / "cut.mp4").write_bytes(data[: round(len(data) * 0.6)])
    frames, report = read(tmp_path / "cut.mp4")
    assert 12 <= len(frames) <= 24
    np.testing.assert_array_equal(frames[5].image, read(whole)[0][5].image)
    (tmp_path / "rotten.mp4").write_bytes(data[: len(data) // 2] + b"\x55" * 30_000 + data[len(data) // 2 + 30_000 :])
    frames, report = read(tmp_path / "rotten.mp4")
    assert report.damage.packets > 0
    assert len(frames) >= 12


@pytest.mark.parametrize("name", ["a.webm", "a.flv", "a.mkv"])
def test_an_end_that_is_missing_is_noted(tmp_path, name):
    noisy = np.random.default_rng(0).integers(0, 256, (100, 32, 32, 3), dtype=np.uint8)
    whole = write_media(tmp_path / name, noisy, codec={"a.webm": "libvpx-vp9", "a.flv": "flv1"}.get(name, "mpeg4"))
    assert read(whole)[1].missing_s == 0.0
    data = whole.read_bytes()
    (tmp_path / f"cut_{name}").write_bytes(data[: len(data) // 2])
    frames, report = read(tmp_path / f"cut_{name}")
    assert report.missing_s == pytest.approx(4.0 - frames[-1].time_s, abs=0.1)
    assert 1.5 < report.missing_s < 2.5
    assert read(tmp_path / f"cut_{name}", 0.2, 1.0)[1].missing_s == 0.0
    assert read(tmp_path / f"cut_{name}", max_seconds=1.0)[1].missing_s == 0.0
    assert read(whole, 3.0, 4.5)[1].missing_s == 0.0


def copied(source, target, shift_s=0.0, clock=None, options=None):
    """Copy the packets of a video to another file, later by `shift_s`, with times in units of `clock` seconds."""
    with av.open(str(source)) as read_from, av.open(str(target), "w", options=options or {}) as write_to:
        stream = read_from.streams.video[0]
        out = write_to.add_stream_from_template(stream)
        if clock is not None:
            out.time_base = clock
        shift = round(shift_s / stream.time_base)
        for packet in read_from.demux(stream):
            if packet.size:
                packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, out
                write_to.mux(packet)
    return target


@pytest.mark.parametrize("clock", [Fraction(1001, 30000), Fraction(1, 1000), Fraction(1, 90000), Fraction(7, 10007)])
def test_odd_clocks_keep_the_time_of_frames(tmp_path, clock):
    times = [0, 0.1, 0.4, 0.5, 1.3, 1.4, 2.0]
    write_media(tmp_path / "a.mp4", moving_bars(7), times=times)
    path = copied(tmp_path / "a.mp4", tmp_path / "b.mp4", clock=clock)
    with av.open(str(path)) as container:
        assert container.streams.video[0].time_base <= clock  # muxers may take a finer one
    frames, _ = read(path, fps=1000.0)
    assert numbers(frames) == list(range(7))
    np.testing.assert_allclose([f.time_s for f in frames], times, atol=float(clock) / 2 + 1e-3)
    assert numbers(read(path, 0.35, 1.35, fps=1000.0)[0]) == [2, 3, 4]


@pytest.mark.parametrize(
    ("name", "shift_s"), [("a.ts", -0.5), ("a.flv", -0.5), ("a.mkv", 7200.0), ("a.ts", 80000.0), ("a.flv", 80000.0)]
)
def test_a_file_begins_where_its_times_begin(tmp_path, clip, name, shift_s):
    path = copied(clip, tmp_path / name, shift_s, options={"avoid_negative_ts": "disabled"})
    frames, report = read(path, fps=1000.0)
    assert numbers(frames) == list(range(50))
    np.testing.assert_allclose([f.time_s for f in frames], np.arange(50) / 25, atol=2e-3)
    assert report.missing_s == 0.0
    assert numbers(read(path, 0.51, 1.01, fps=1000.0)[0]) == list(range(13, 26))


def test_a_clock_that_is_set_back_goes_on(tmp_path):
    """Parts joined as bytes: the frames of the second follow at their own distances."""
    parts = [([0, 0.04, 0.08, 1.6], 0), ([0, 0.04, 0.4, 0.8], 4)]
    for times, first in parts:
        write_media(tmp_path / f"{first}.ts", moving_bars(8)[first : first + 4], times=times)
    (tmp_path / "both.ts").write_bytes(b"".join((tmp_path / f"{first}.ts").read_bytes() for _, first in parts))
    frames, _ = read(tmp_path / "both.ts", fps=1000.0)
    assert numbers(frames) == list(range(8))
    begin = frames[4].time_s
    assert 1.6 < begin < 1.7
    np.testing.assert_allclose([f.time_s - begin for f in frames[4:]], [0, 0.04, 0.4, 0.8], atol=2e-3)


def test_a_clock_that_leaps_by_days_goes_on_at_once(tmp_path):
    times = [0, 0.04, 0.08, 260000.0, 260000.5]
    frames, _ = read(write_media(tmp_path / "a.mkv", moving_bars(5), times=times), fps=1000.0)
    np.testing.assert_allclose([f.time_s for f in frames], [0, 0.04, 0.08, 0.12, 0.62], atol=2e-3)
