"""From several channels to one, by what is heard then."""

import av
import numpy as np
import pytest
from make_media import tone
from make_sound import write_placed, write_wave

from conclugen.media.audio import planes, read_audio
from conclugen.media.mixing import usual_weights

RATE = 16000
VOICE, OTHER = tone(1.0, RATE), tone(1.0, RATE, 700.0)
SILENCE = np.zeros_like(VOICE)


def read(path):
    return read_audio(path, RATE, None, None, 60.0)


def level(samples):
    """Root mean square, of which a tone of amplitude 0.3 has 0.212."""
    return float(np.sqrt(np.mean(np.square(samples))))


@pytest.mark.parametrize("count", [1, 2, 3, 8, 9, 10, 16, 24, 65])
def test_equal_channels_are_one_of_them_whatever_their_number(tmp_path, count):
    sound = read(write_wave(tmp_path / "a.wav", np.repeat(VOICE[None], count, axis=0)))
    np.testing.assert_allclose(sound.samples, VOICE, atol=1e-4)
    assert sound.note == ""


def test_different_channels_are_averaged(tmp_path):
    np.testing.assert_allclose(
        read(write_wave(tmp_path / "a.wav", [VOICE, OTHER])).samples, (VOICE + OTHER) / 2, atol=1e-4
    )


@pytest.mark.parametrize("count", [2, 12])
@pytest.mark.parametrize("offset", [0.0, 0.25])
def test_empty_channels_do_not_make_the_rest_quieter(tmp_path, count, offset):
    channels = [SILENCE + offset] * (count - 1) + [VOICE]
    np.testing.assert_allclose(read(write_wave(tmp_path / "a.wav", channels)).samples, VOICE, atol=1e-4)


OPPOSITE = {
    "two": ([VOICE, -VOICE], 1),
    "unequal": ([0.7 * VOICE, -VOICE], 2),
    "noisy": ([1.1 * VOICE + 0.02 * OTHER, 0.02 * OTHER - VOICE], 1),
    "four": ([VOICE, VOICE, -VOICE, -0.9 * VOICE], 1),
    "ten": ([SILENCE] * 8 + [0.9 * VOICE, -VOICE], 10),
}


@pytest.mark.parametrize("name", OPPOSITE)
def test_of_channels_in_opposite_phase_the_loudest_is_taken(tmp_path, name):
    channels, loudest = OPPOSITE[name]
    sound = read(write_wave(tmp_path / "a.wav", channels))
    np.testing.assert_allclose(sound.samples, channels[loudest - 1], atol=1e-3)
    assert sound.note == f"channels in opposite phase: channel {loudest} of {len(channels)} alone is used"


def test_a_phase_that_turns_midway_is_noticed(tmp_path):
    left = np.tile(VOICE, 16)
    right = left * np.where(np.arange(len(left)) < 10 * RATE, 1, -1)
    sound = read(write_wave(tmp_path / "a.wav", [left, right]))
    np.testing.assert_allclose(sound.samples, left, atol=1e-3)
    assert "opposite phase" in sound.note


def test_stereo_that_is_merely_wide_is_averaged(tmp_path):
    draw = np.random.default_rng(0)
    left, right = 0.1 * draw.standard_normal((2, RATE))
    right = 0.8 * right - 0.6 * left  # correlated by -0.6
    sound = read(write_wave(tmp_path / "a.wav", [left, right]))
    np.testing.assert_allclose(sound.samples, (left + right) / 2, atol=1e-4)
    assert sound.note == ""


def test_a_film_keeps_the_level_of_its_dialogue(tmp_path):
    """5.1: a voice in the centre, music in front, effects and rumble."""
    channels = np.stack([0.5 * OTHER, 0.5 * OTHER, VOICE, tone(1.0, RATE, 40.0), 0.1 * OTHER, 0.1 * OTHER])
    path = write_placed(tmp_path / "a.flac", channels, "5.1(side)")
    sound = read(path).samples
    spectrum = np.abs(np.fft.rfft(sound)) * 2 / len(sound)
    assert spectrum[40] < 1e-3
    assert spectrum[440] == pytest.approx(0.3 / 2.5, abs=1e-3)
    channels[[0, 1, 3, 4, 5]] = 0.0
    np.testing.assert_allclose(read(write_placed(path, channels, "5.1(side)")).samples, VOICE, atol=1e-3)


def test_low_frequencies_alone_and_opposite_fronts_are_heard(tmp_path):
    channels = np.stack([SILENCE] * 6)
    channels[3] = VOICE
    np.testing.assert_allclose(read(write_placed(tmp_path / "a.wav", channels, "5.1")).samples, VOICE, atol=1e-3)
    channels[[0, 1, 3]] = VOICE, -VOICE, SILENCE
    np.testing.assert_allclose(read(write_placed(tmp_path / "b.wav", channels, "5.1")).samples, VOICE, atol=1e-3)


def test_a_channel_that_holds_no_numbers_is_left_out(tmp_path):
    channels = np.stack([VOICE, np.full_like(VOICE, np.nan)])
    np.testing.assert_allclose(read(write_placed(tmp_path / "a.wav", channels, "stereo")).samples, VOICE, atol=1e-3)


def test_weights_have_sum_one_wherever_channels_are():
    for layout in ("mono", "stereo", "2.1", "3.0", "quad", "5.1", "7.1", "7.1.4", "hexadecagonal", "22.2"):
        names = [channel.name for channel in av.AudioLayout(layout).channels]
        weights = usual_weights(names)
        assert weights.shape == (len(names),)
        assert weights.sum() == pytest.approx(1.0)
        assert all(weights[i] == 0 for i, name in enumerate(names) if name.startswith("LFE"))


@pytest.mark.parametrize("kind", ["u8", "s16", "s32", "s64", "flt", "dbl"])
@pytest.mark.parametrize("planar", ["", "p"])
def test_every_sample_format_is_read_at_full_scale_one(kind, planar):
    frame = av.AudioFrame.from_ndarray(np.stack([VOICE, OTHER]), format="fltp", layout="stereo")
    frame.sample_rate = RATE
    frame = av.AudioResampler(format=kind + planar, layout="stereo", rate=RATE).resample(frame)[0]
    np.testing.assert_allclose(planes(frame), np.stack([VOICE, OTHER]), atol=0.01 if kind == "u8" else 1e-4)
