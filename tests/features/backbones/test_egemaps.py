import numpy as np
import opensmile
import pytest
import torch

from conclugen.features.backbones import egemaps


@pytest.fixture(scope="module")
def network():
    return egemaps.build().load(torch.device("cpu"))[0]


def tone(hertz, seconds):
    time = np.arange(int(seconds * egemaps.RATE)) / egemaps.RATE
    return torch.from_numpy((0.3 * np.sign(np.sin(2 * np.pi * hertz * time))).astype(np.float32))


def test_functionals_are_those_of_opensmile_wave_by_wave(network):
    waves = [tone(120, 1.0), tone(240, 0.6)]
    found = network(waves)
    smile = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel.Functionals)
    expected = [smile.process_signal(wave.numpy(), egemaps.RATE) for wave in waves]
    assert found.shape == (2, 88)
    np.testing.assert_allclose(found, np.concatenate([one.to_numpy() for one in expected]), rtol=1e-6)
    pitch = list(expected[0].columns).index("F0semitoneFrom27.5Hz_sma3nz_amean")
    assert found[1, pitch] - found[0, pitch] == pytest.approx(12, abs=0.5)  # an octave


def test_sound_too_short_to_measure_is_no_number(network):
    assert network([tone(120, 0.01)]).isnan().all()
    assert network([torch.zeros(16_000)]).isfinite().all()


def test_it_takes_no_file_and_says_what_to_install(monkeypatch):
    assert egemaps.build().dim == 88
    monkeypatch.setattr(egemaps.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(egemaps.WeightsError, match="install the extra `speech`"):
        egemaps.build()
