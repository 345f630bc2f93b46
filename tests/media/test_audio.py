import numpy as np
import pytest
from make_media import moving_bars, tone, write_media

from conclugen.media import audio, container, streams
from conclugen.media.audio import loudest_dbfs, read_audio
from conclugen.media.errors import MediaError
from conclugen.store.ledger import Status


def loudness_dbfs(samples):
    """The level of all samples (T,) together."""
    return loudest_dbfs(samples, len(samples))


def read(path, rate=16000, start_s=None, end_s=None, max_seconds=60.0):
    return read_audio(path, rate, start_s, end_s, max_seconds).samples


def status_of(path, **settings):
    with pytest.raises(MediaError) as error:
        read(path, **settings)
    return error.value.status


def pitch(samples, rate):
    """The strongest frequency, hertz."""
    return np.abs(np.fft.rfft(samples)).argmax() * rate / len(samples)


@pytest.mark.parametrize("rate", [16000, 22050])
def test_rate_level_and_pitch(tmp_path, rate):
    samples = read(write_media(tmp_path / "a.wav", sound=tone(1.0, 48000), sound_rate=48000), rate)
    assert samples.dtype == np.float32
    assert samples.shape == (rate,)
    assert pitch(samples, rate) == pytest.approx(440, abs=1)
    assert loudness_dbfs(samples) == pytest.approx(20 * np.log10(0.3 / np.sqrt(2)), abs=0.1)


def test_sound_of_a_video(tmp_path):
    path = write_media(tmp_path / "a.mp4", moving_bars(50), sound=tone(2.0))
    samples = read(path)
    assert len(samples) == pytest.approx(32000, abs=2 * 1024)
    assert pitch(samples[4000:20000], 16000) == pytest.approx(440, abs=1)


@pytest.mark.parametrize("suffix", [".mp4", ".wav"])
def test_frames_may_be_resampled_any_number_at_once(tmp_path, monkeypatch, suffix):
    path = write_media(tmp_path / f"a{suffix}", sound=np.stack([tone(1.0), tone(1.0, hertz=300)]))
    at_once = read(path)
    monkeypatch.setattr(audio, "BLOCK", 700)
    np.testing.assert_allclose(read(path), at_once, atol=1e-6)


def test_a_format_that_changes_midway_loses_nothing(tmp_path):
    parts = [write_media(tmp_path / f"{r}.aac", sound=tone(1.0, r, r / 100), sound_rate=r) for r in (44100, 22050)]
    (tmp_path / "both.aac").write_bytes(b"".join(part.read_bytes() for part in parts))
    samples = read(tmp_path / "both.aac")
    assert len(samples) == pytest.approx(sum(len(read(part)) for part in parts), abs=8)
    assert pitch(samples[2000:14000], 16000) == pytest.approx(441, abs=2)
    assert pitch(samples[-12000:], 16000) == pytest.approx(220.5, abs=2)


def test_for_sound_no_decoder_of_pictures_is_tried(tmp_path):
    path = write_media(tmp_path / "a.mp4", moving_bars(25), sound=tone(1.0))
    with container.open_media(path) as whole, container.open_media(path, sound=True) as opened:
        assert whole.streams.video[0].codec_context.pix_fmt == "yuv420p"
        assert opened.streams.video[0].codec_context.pix_fmt is None
        assert (opened.start_time, opened.duration) == (whole.start_time, whole.duration)
        stream = streams.audio_stream(opened)
        assert sum(frame.samples for frame in container.decode_from(opened, stream, 0.0, container.Damage())) > 44000
        opened.seek(0)
        assert {packet.stream.type for packet in opened.demux() if packet.size} == {"audio"}


@pytest.mark.parametrize("suffix", [".wav", ".m4a"])
def test_a_segment_is_that_part_of_the_whole(tmp_path, suffix):
    sweep = np.sin(2 * np.pi * 300 * np.cumsum(np.linspace(0.5, 2, 4 * 16000)) / 16000).astype(np.float32) * 0.3
    path = write_media(tmp_path / f"a{suffix}", sound=sweep, sound_rate=16000)
    whole, part = read(path), read(path, start_s=2.0, end_s=3.0)
    assert part.shape == (16000,)
    # codecs of lossy sound overlap their blocks, so only the inner part is the same
    assert np.corrcoef(part[2000:14000], whole[34000:46000])[0, 1] > 0.98


@pytest.mark.parametrize("suffix", [".mp4", ".wav"])
def test_a_segment_deep_in_a_long_file_is_reached_by_seeking(tmp_path, monkeypatch, suffix):
    path = write_media(tmp_path / f"long{suffix}", sound=tone(300.0, 8000), sound_rate=8000)
    decoded, real = [], container.decode
    monkeypatch.setattr(container, "decode", lambda *a: (decoded.append((f.time, f.samples)) or f for f in real(*a)))
    assert len(read(path, start_s=280.0, end_s=281.0)) == 16000
    assert min(time_s for time_s, _ in decoded) > 275
    assert sum(samples for _, samples in decoded) < 5 * 8000


def test_long_sound_is_cut(tmp_path):
    path = write_media(tmp_path / "a.wav", sound=tone(3.0))
    assert len(read(path, max_seconds=1.5)) == 24000
    assert len(read(path, start_s=1.0, max_seconds=0.5)) == 8000
    assert read_audio(path, 16000, None, None, 1.5).note == "cut to 1.5 s"
    assert read_audio(path, 16000, 1.0, 2.8, 0.5).note == "cut to 0.5 s"
    assert read_audio(path, 16000, 1.0, 1.5, 0.5).note == ""
    assert read_audio(path, 16000, None, None, 3.0).note == ""


def test_losses(tmp_path):
    (tmp_path / "text.wav").write_text("hello\n" * 100)
    (tmp_path / "empty.wav").touch()
    assert status_of(tmp_path / "text.wav") == Status.CORRUPT
    assert status_of(tmp_path / "empty.wav") == Status.CORRUPT
    assert status_of(tmp_path / "gone.wav") == Status.MISSING_MEDIA
    assert status_of(write_media(tmp_path / "mute.mp4", moving_bars(5))) == Status.NO_AUDIO
    assert status_of(write_media(tmp_path / "short.wav", sound=tone(0.05))) == Status.TOO_SHORT
    assert status_of(write_media(tmp_path / "zero.wav", sound=tone(1.0, amplitude=0.0))) == Status.SILENT
    assert status_of(write_media(tmp_path / "low.wav", sound=tone(1.0, amplitude=5e-4))) == Status.SILENT
    good = write_media(tmp_path / "good.wav", sound=tone(1.0))
    assert status_of(good, start_s=2.0, end_s=3.0) == Status.BAD_TIMES
    assert status_of(good, start_s=0.8, end_s=0.2) == Status.BAD_TIMES
    assert len(read(good, start_s=0.5, end_s=5.0)) == 8000


def test_a_soft_word_between_pauses_is_no_silence(tmp_path):
    """As whole clips they are as quiet as a silent recording: -63 dBFS, as the soft takes of RAVDESS are."""
    sound = tone(3.0, amplitude=1e-4)
    word = slice(len(sound) // 3, len(sound) // 3 + len(sound) // 20)
    sound[word] = tone(3.0, amplitude=4e-3)[word]
    assert loudness_dbfs(sound) < -60
    found = read_audio(write_media(tmp_path / "soft.wav", sound=sound), 16_000, None, None, 60.0)
    assert len(found.samples) == pytest.approx(48_000, abs=2)


@pytest.mark.parametrize("length", [1, 7, 10, 25, 1_048_577])
def test_the_loudest_window_is_found_wherever_it_lies(length):
    samples = np.full(length, 1e-3, np.float32)
    samples[-1] = 0.5
    last = samples[(length - 1) // 10 * 10 :].astype(np.float64)
    assert loudest_dbfs(samples, 10) == pytest.approx(10 * np.log10(np.square(last).sum() / 10), abs=1e-6)
    assert loudest_dbfs(np.zeros(length, np.float32), 10) == -np.inf


def test_a_cut_file_keeps_what_came_before(tmp_path):
    path = write_media(tmp_path / "a.wav", sound=tone(2.0))
    (tmp_path / "cut.wav").write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert len(read(tmp_path / "cut.wav")) == pytest.approx(16000, abs=400)


@pytest.mark.real
def test_real_clips(shared_data):
    for path in sorted((shared_data / "clips").glob("*.mpg"))[:3]:
        samples = read(path)
        assert 2.9 < len(samples) / 16000 < 3.1
        assert -40 < loudness_dbfs(samples) < -10
