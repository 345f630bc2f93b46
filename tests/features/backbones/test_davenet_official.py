import pytest
import torch
import torchaudio
from test_davenet import published
from torch.nn import functional as F

from conclugen.features import resdavenet
from conclugen.features.backbones import davenet_official


@pytest.fixture(scope="module")
def network():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resdavenet, "load_state", lambda path: published())
        return resdavenet.construct(davenet_official.OfficialDavenet, "best_audio_model.pth").eval()


def test_the_front_end_is_plain_mel_power_scaled_by_its_extremes(network):
    wave = torch.randn(8_000) * torch.linspace(0, 0.3, 8_000)
    power = torchaudio.transforms.MelSpectrogram(16_000, n_fft=2048, hop_length=160, n_mels=128)(wave)
    expected = (power - power.min()) / (power.max() - power.min() + 1e-8)
    found = network.scaled(wave)
    assert found.shape == (128, 51)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)
    assert (found.min(), found.max()) == (0, pytest.approx(1))


def test_the_filters_slide_over_the_bands_and_the_mean_is_over_both(network):
    wave = torch.randn(6_000)
    with torch.inference_mode():
        vector = network([wave])[0]
        maps = network.maps(network.scaled(wave))
        first = F.conv2d(network.scaled(wave)[None, None], network.conv1.weight)
    assert first.shape[2] == 128 - 40 + 1
    assert maps.shape == (1, 1024, 6, 3)
    torch.testing.assert_close(vector, maps[0].flatten(1).mean(1))


def test_a_wave_does_not_depend_on_its_neighbours_and_may_be_very_short(network):
    waves = [torch.randn(n) for n in (300, 6_000)]
    with torch.inference_mode():
        together = network(waves)
        torch.testing.assert_close(together, torch.cat([network([wave]) for wave in waves]))
    assert together.isfinite().all()
