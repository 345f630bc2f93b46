import numpy as np
import torch

from conclugen.features.mel import MelPower


def slaney(hertz):
    """Slaney's mel scale: linear below 1 kHz, logarithmic above."""
    hertz = np.asarray(hertz, float)
    return np.where(hertz < 1000, hertz / (200 / 3), 15 + np.log(np.maximum(hertz, 1e-9) / 1000) / (np.log(6.4) / 27))


def expected(wave, rate, fft, hop, bands):
    """Power mel spectrum by direct transform and triangles, frame by frame."""
    padded = np.pad(wave, fft // 2)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(fft) / fft)
    frames = np.stack([padded[i : i + fft] * window for i in range(0, len(wave) + 1, hop)])
    power = np.abs(np.fft.rfft(frames)) ** 2
    grid = np.linspace(0, rate / 2, 200_001)
    edges = np.interp(np.linspace(0, float(slaney(rate / 2)), bands + 2), slaney(grid), grid)
    hertz = np.arange(fft // 2 + 1) * rate / fft
    filters = []
    for low, mid, high in zip(edges, edges[1:], edges[2:], strict=False):  # each with its neighbours
        triangle = np.minimum((hertz - low) / (mid - low), (high - hertz) / (high - mid)).clip(0)
        filters.append(triangle * 2 / (high - low))
    return power @ np.array(filters).T


def test_equals_a_direct_computation():
    wave = np.random.default_rng(0).normal(size=3_217)
    found = MelPower(16_000, 400, 160, 40)(torch.from_numpy(wave)[None].float())[0]
    assert found.shape == (1 + 3_217 // 160, 40)
    np.testing.assert_allclose(found, expected(wave, 16_000, 400, 160, 40), rtol=1e-3, atol=1e-6)


def test_silence_behind_a_wave_changes_no_frame_before():
    mel, wave = MelPower(16_000, 400, 160, 40), torch.randn(1, 1_600)
    longer = torch.nn.functional.pad(wave, (0, 4_000))
    torch.testing.assert_close(mel(longer)[:, :11], mel(wave))
