import io

import numpy as np
import pytest
import torch

from conclugen.features.backbones import soundnet
from conclugen.store.weights import WeightsError


@pytest.fixture(scope="module")
def network():
    return soundnet.build().load(torch.device("cpu"))[0]


def sounds(kind, count, seed):
    generator = torch.Generator().manual_seed(seed)
    time = torch.arange(soundnet.RATE) / soundnet.RATE
    for _ in range(count):
        level, phase, pitch = torch.rand(3, generator=generator)
        if kind == "tone":
            wave = torch.sin(2 * torch.pi * (200 + 200 * pitch) * time + 6 * phase)
        elif kind == "noise":
            wave = torch.randn(len(time), generator=generator)
        else:
            wave = torch.randn(len(time), generator=generator) * (torch.sin(2 * torch.pi * 4 * (time + phase)) > 0.9)
        yield wave * 0.1 * (0.5 + level)


def test_tones_noise_and_clicks_differ(network):
    kinds = ("tone", "noise", "clicks")
    with torch.inference_mode():
        known = torch.stack([network(list(sounds(kind, 4, 0))).mean(0) for kind in kinds])
        right = [
            int((known - vector).norm(dim=1).argmin() == k)
            for k, kind in enumerate(kinds)
            for vector in network(list(sounds(kind, 5, 1)))
        ]
    assert sum(right) >= 14


def test_a_wave_does_not_depend_on_its_neighbours(network):
    waves = [torch.randn(n) * 0.1 for n in (9_000, 30_000, 8_192, 2_000, 31_000)]
    with torch.inference_mode():
        together = network(waves)
        alone = torch.cat([network([wave]) for wave in waves])
    assert together.shape == (5, 1024)
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-4)


def test_dense_layers_hold_the_outputs_of_the_strided_network(network):
    wave = torch.randn(1, 1, 20 * soundnet.STEP) * 0.1 * soundnet.SCALE
    conv6, conv7 = network.layers[20], network.layers[24]
    with torch.inference_mode():
        pooled = network.layers[:20](wave)
        dense = conv7(network.layers[21:24](conv6(pooled)))
        conv6.stride, conv7.stride, conv7.dilation, conv7.padding = (2,), (2,), (1,), (2,)
        try:
            strided = conv7(network.layers[21:24](conv6(pooled)))
        finally:
            conv6.stride, conv7.stride, conv7.dilation, conv7.padding = (1,), (1,), (2,), (4,)
    inner = strided.shape[2] - 1  # at the very end the two see different padding
    torch.testing.assert_close(dense[..., ::4][..., :inner], strided[..., :inner], atol=1e-4, rtol=1e-4)


def test_other_arrays_are_refused():
    file = io.BytesIO()
    np.save(file, np.zeros(3))
    with pytest.raises(WeightsError, match="one pickled dict"):
        soundnet.arrays(file.getvalue())
