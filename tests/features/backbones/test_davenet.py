import numpy as np
import pytest
import torch
from torch.nn import functional as F

from conclugen.features import resdavenet
from conclugen.features.backbones import davenet
from conclugen.store.weights import WeightsError

WIDTHS = (128, 256, 256, 512, 1024)


def published():
    """A synthetic state with the names and shapes of the published file."""
    generator = torch.Generator().manual_seed(0)
    state = {}

    def conv(name, *shape):
        fan = shape[1] * shape[2] * shape[3]
        state[f"module.{name}.weight"] = torch.randn(shape, generator=generator) / fan**0.5

    def norm(name, width):
        state[f"module.{name}.weight"] = torch.rand(width, generator=generator) + 0.5
        state[f"module.{name}.bias"] = torch.randn(width, generator=generator) * 0.1
        state[f"module.{name}.running_mean"] = torch.randn(width, generator=generator) * 0.1
        state[f"module.{name}.running_var"] = torch.rand(width, generator=generator) + 0.5
        state[f"module.{name}.num_batches_tracked"] = torch.tensor(7)

    norm("batchnorm1", 1)
    conv("conv1", 128, 1, 40, 1)
    norm("bn1", 128)
    for layer in range(1, 5):
        inputs, width = WIDTHS[layer - 1], WIDTHS[layer]
        for block, source in ((0, inputs), (1, width)):
            conv(f"layer{layer}.{block}.conv1", width, source, 1, 9)
            norm(f"layer{layer}.{block}.bn1", width)
            conv(f"layer{layer}.{block}.conv2", width, width, 1, 9)
            norm(f"layer{layer}.{block}.bn2", width)
        conv(f"layer{layer}.0.downsample.0", width, inputs, 1, 1)
        norm(f"layer{layer}.0.downsample.1", width)
    return state


def expected(state, spectrum):
    """The same network written with one-dimensional functions, from a spectrum (40, T)."""

    def conv(x, name, stride=1):
        weight = state[f"module.{name}.weight"]
        weight = weight[:, 0] if name == "conv1" else weight[:, :, 0]
        if name == "conv1":  # one filter over all bands
            return F.conv1d(x, weight[:, :, 0, None])
        return F.conv1d(x, weight, stride=stride, padding=weight.shape[2] // 2)

    def norm(x, name):
        mean, var, weight, bias = (
            state[f"module.{name}.{key}"][:, None] for key in ("running_mean", "running_var", "weight", "bias")
        )
        return (x - mean) / torch.sqrt(var + 1e-5) * weight + bias

    x = norm(conv(spectrum[None], "conv1"), "bn1").relu()
    for layer in range(1, 5):
        for block in range(2):
            name, stride = f"layer{layer}.{block}", 2 if block == 0 else 1
            shortcut = norm(conv(x, f"{name}.downsample.0", 2), f"{name}.downsample.1") if block == 0 else x
            inner = norm(conv(x, f"{name}.conv1", stride), f"{name}.bn1").relu()
            x = (norm(conv(inner, f"{name}.conv2"), f"{name}.bn2") + shortcut).relu()
    return x


@pytest.fixture(scope="module")
def network():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resdavenet, "load_state", lambda path: published())
        return resdavenet.construct(davenet.Davenet, "best_audio_model.pth").eval()


def test_same_as_a_one_dimensional_network(network):
    spectrum = torch.randn(40, 133) * 20 - 30
    with torch.inference_mode():
        found = network.maps(spectrum)
    assert found.shape == (1, 1024, 1, 9)
    torch.testing.assert_close(found[:, :, 0], expected(published(), spectrum), atol=1e-3, rtol=1e-3)


def test_front_end_equals_a_direct_computation(network):
    rng = np.random.default_rng(0)
    wave = (rng.normal(size=8_000) * np.linspace(0, 0.3, 8_000) + 0.2).astype(np.float32)
    centred = wave - wave.mean()
    emphasised = np.append(centred[0], centred[1:] - 0.97 * centred[:-1])
    padded = np.pad(emphasised, 200, mode="reflect")
    frames = np.stack([padded[i : i + 400] * np.hamming(400) for i in range(0, 8_001, 160)])
    power = np.abs(np.fft.rfft(frames)) ** 2 @ network.mel.filters.double().numpy()
    decibels = 10 * np.log10(np.maximum(power, 1e-10))
    decibels = np.maximum(decibels - decibels.max(), -80)
    found = network.decibels(torch.from_numpy(wave))
    assert found.shape == (40, 51)
    np.testing.assert_allclose(found, decibels.T, atol=0.02)


def test_bands_begin_at_20_hertz(network):
    first = network.mel.filters[:, 0]
    assert first[0] == 0
    assert first[1] > 0  # 40 Hz


def test_a_wave_does_not_depend_on_its_neighbours(network):
    waves = [torch.randn(n) for n in (3_000, 16_000)]
    with torch.inference_mode():
        together = network(waves)
        torch.testing.assert_close(together, torch.cat([network([wave]) for wave in waves]))
    assert together.shape == (2, 1024)


def test_a_model_with_quantisers_is_refused(monkeypatch):
    state = published() | {"module.quant2._embedding.weight": torch.zeros(512, 128)}
    monkeypatch.setattr(resdavenet, "load_state", lambda path: state)
    with pytest.raises(WeightsError, match="quant2"):
        resdavenet.construct(davenet.Davenet, "best_audio_model.pth")
