"""Sound whose times have holes: recordings of calls, late tracks, clocks that are set anew."""

import numpy as np
import pytest
from make_media import tone, write_media
from make_sound import write_timed, write_wave

from conclugen.media import audio
from conclugen.media.audio import read_audio
from conclugen.media.errors import MediaError
from conclugen.store.ledger import Status

RATE = 16000
HIGH = 880.0


def read(path, start_s=None, end_s=None, max_seconds=60.0):
    return read_audio(path, RATE, start_s, end_s, max_seconds)


def sounding(samples):
    """(start, end) in seconds of each stretch that is louder than a tenth of the tones."""
    loud = np.flatnonzero(np.abs(samples) > 0.03) / RATE
    breaks = np.flatnonzero(np.diff(loud) > 0.05)
    return list(zip(loud[[0, *breaks + 1]], loud[[*breaks, -1]], strict=True))


def hertz(samples, start_s, end_s):
    """The strongest frequency of a stretch of samples."""
    part = samples[round(start_s * RATE) : round(end_s * RATE)]
    return np.abs(np.fft.rfft(part)).argmax() * RATE / len(part)


def call(path):
    """Two tones of a second, 440 Hz at 0 s and 880 Hz at 3 s, with nothing between them."""
    return write_timed(path, [(0.0, tone(1.0, 48000)), (3.0, tone(1.0, 48000, HIGH))])


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm", ".ts", ".flv", ".opus"])
def test_later_sound_is_in_its_place(tmp_path, suffix):
    path = call(tmp_path / f"a{suffix}")
    sound = read(path)
    np.testing.assert_allclose(sounding(sound.samples), [(0, 1), (3, 4)], atol=0.035)  # codecs pad by a frame
    assert hertz(sound.samples, 0.2, 0.8) == pytest.approx(440, abs=3)
    assert hertz(sound.samples, 3.2, 3.8) == pytest.approx(HIGH, abs=3)
    assert sound.note == "2.0 s of it are gaps"


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm", ".ts"])
def test_a_segment_over_a_gap_is_that_part_of_the_whole(tmp_path, suffix):
    path = call(tmp_path / f"a{suffix}")
    sound = read(path, 2.5, 3.5)
    assert len(sound.samples) == RATE
    np.testing.assert_allclose(sounding(sound.samples), [(0.5, 1.0)], atol=0.035)
    np.testing.assert_allclose(sounding(read(path, 0.5, 3.25).samples), [(0, 0.5), (2.5, 2.75)], atol=0.035)
    assert len(read(path, 3.25, 3.75).samples) == RATE // 2
    assert read(path, 3.25, 3.75).note == ""
    assert read(path, max_seconds=2.0).note == "cut to 2 s; 1.0 s of it are gaps"


def test_a_segment_within_a_gap_has_no_sound(tmp_path):
    with pytest.raises(MediaError) as error:
        read(call(tmp_path / "a.mkv"), 1.5, 2.5)
    assert (error.value.status, error.value.reason) == (Status.BAD_TIMES, "no sound from 1.50 s to 2.50 s")


def test_gaps_do_not_count_as_silence(tmp_path):
    quiet = tone(0.5, 48000, amplitude=0.0025)  # 55 dB below full scale; with 59 s of nothing it would be 76
    assert len(read(write_timed(tmp_path / "a.mkv", [(0.0, quiet), (59.0, quiet)])).samples) == 59.5 * RATE


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_sound_that_begins_later_than_the_pictures_is_in_its_place(tmp_path, suffix):
    path = write_timed(tmp_path / f"a{suffix}", [(0.72, tone(1.0, 48000))], pictures_s=np.arange(50) / 25)
    sound = read(path)
    np.testing.assert_allclose(sounding(sound.samples), [(0.72, 1.72)], atol=0.035)
    np.testing.assert_allclose(sounding(read(path, 0.5, 1.0).samples), [(0.22, 0.5)], atol=0.035)


@pytest.mark.parametrize(("suffix", "begin_s"), [(".mkv", -0.4), (".mkv", 7200.0), (".ts", 30000.0)])
def test_a_file_begins_where_its_times_begin(tmp_path, suffix, begin_s):
    pieces = [(begin_s, tone(1.0, 48000)), (begin_s + 2, tone(1.0, 48000, HIGH))]
    sound = read(write_timed(tmp_path / f"a{suffix}", pieces))
    np.testing.assert_allclose(sounding(sound.samples), [(0, 1), (2, 3)], atol=0.035)


def test_a_clock_that_is_set_anew_closes_nothing_and_opens_nothing(tmp_path):
    """Parts that were joined as bytes, as cameras and discs do; and a jump of days."""
    parts = [write_timed(tmp_path / f"{h}.ts", [(0.0, tone(1.0, 48000, h))]) for h in (440.0, HIGH)]
    (tmp_path / "both.ts").write_bytes(b"".join(part.read_bytes() for part in parts))
    far = write_timed(tmp_path / "far.mkv", [(0.0, tone(1.0, 48000)), (260000.0, tone(1.0, 48000, HIGH))])
    for path in (tmp_path / "both.ts", far):
        sound = read(path)
        assert len(sound.samples) == pytest.approx(2 * RATE, abs=0.05 * RATE)
        assert hertz(sound.samples, 1.2, 1.9) == pytest.approx(HIGH, abs=3)
        assert sound.note == ""


def test_a_rate_that_changes_midway_keeps_gaps_too(tmp_path):
    parts = [
        write_timed(tmp_path / "one.ts", [(0.0, tone(1.0, 44100))], 44100),
        write_timed(tmp_path / "two.ts", [(2.5, tone(1.0, 32000, HIGH))], 32000),
    ]
    (tmp_path / "both.ts").write_bytes(b"".join(part.read_bytes() for part in parts))
    sound = read(tmp_path / "both.ts").samples
    np.testing.assert_allclose(sounding(sound), [(0, 1), (2.5, 3.5)], atol=0.04)
    assert hertz(sound, 2.7, 3.3) == pytest.approx(HIGH, abs=3)


def test_times_that_are_only_rounded_open_no_gaps(tmp_path):
    draw = np.random.default_rng(0)
    pieces = [(0.1 * i + draw.uniform(-0.007, 0.007) * (i > 0), tone(0.1, 48000)) for i in range(20)]
    sound = read(write_timed(tmp_path / "a.mkv", pieces))
    assert len(sound.samples) == 2 * RATE
    assert sound.note == ""


def test_formats_that_count_samples_know_no_gaps(tmp_path):
    sound = read(write_wave(tmp_path / "a.wav", [tone(1.0, RATE)]))
    assert (len(sound.samples), sound.note) == (RATE, "")


def test_blocks_do_not_move_gaps(tmp_path, monkeypatch):
    path = call(tmp_path / "a.mkv")
    whole = read(path).samples
    monkeypatch.setattr(audio, "BLOCK", 700)
    np.testing.assert_allclose(read(path).samples, whole, atol=1e-6)


def test_real_formats_open_no_gap(tmp_path):
    """Lossy sound beside pictures, whose first packets are not whole."""
    for suffix in (".mp4", ".mkv"):
        frames = np.zeros((50, 32, 32, 3), np.uint8)
        assert read(write_media(tmp_path / f"a{suffix}", frames, sound=tone(2.0))).note == ""
