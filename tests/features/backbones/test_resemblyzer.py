import csv
import importlib.util

import numpy as np
import pytest
import torch

from conclugen.features.backbones import resemblyzer
from conclugen.media.audio import read_audio

pytestmark = pytest.mark.skipif(importlib.util.find_spec("resemblyzer") is None, reason="weights are not installed")


@pytest.fixture(scope="module")
def network():
    return resemblyzer.build().load(torch.device("cpu"))[0]


def test_a_wave_does_not_depend_on_its_neighbours(network):
    waves = [torch.randn(n) * 0.1 for n in (50_000, 1_600, 16_000, 25_600)]
    with torch.inference_mode():
        together, alone = network(waves), torch.cat([network([wave]) for wave in waves])
    assert together.shape == (4, 1024)
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-4)


def test_padding_is_left_out_of_the_statistics(network):
    wave = torch.randn(8_000) * 0.1
    with torch.inference_mode():
        hidden, kept = network.mel(wave[None]), []
        for layer in network.layers:
            hidden, _ = layer(hidden)
            kept.append(hidden[0])
        states = torch.cat(kept[1:], 1)
        expected = torch.cat((states.mean(0), states.std(0, correction=0)))
        torch.testing.assert_close(network([wave])[0], expected, atol=1e-5, rtol=1e-4)


def test_the_three_layers_are_the_published_stack(network):
    stack = torch.nn.LSTM(40, 256, 3, batch_first=True)
    state = resemblyzer.load_state(resemblyzer.WEIGHTS.locate())["model_state"]
    stack.load_state_dict({k.removeprefix("lstm."): v for k, v in state.items() if k.startswith("lstm.")})
    hidden = spectrum = torch.rand(1, 50, 40)
    with torch.inference_mode():
        for layer in network.layers:
            hidden, _ = layer(hidden)
        torch.testing.assert_close(hidden, stack(spectrum)[0])


def test_windows_cover_the_sound_to_its_end():
    assert resemblyzer.starts(1) == [0]
    assert resemblyzer.starts(160) == [0]
    assert resemblyzer.starts(161) == [0, 1]
    assert resemblyzer.starts(400) == [0, 80, 160, 240]


def test_quiet_sound_is_raised_and_loud_sound_left():
    loud = torch.ones(10) * 0.5
    assert torch.equal(resemblyzer.louder(loud), loud)
    raised = resemblyzer.louder(torch.ones(10) * 1e-4)
    np.testing.assert_allclose(20 * np.log10(raised.square().mean().sqrt()), -30, atol=1e-3)


@pytest.mark.real
@pytest.mark.slow
def test_it_hears_anger_and_sadness_in_speakers_it_has_not_heard(network, shared_data):
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import recall_score
    from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    with open(shared_data / "emodb" / "labels.csv", encoding="utf-8", newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if row["emotion"] in ("anger", "sadness", "happiness")]
    rows = rows[::2]
    waves = [
        torch.from_numpy(read_audio(shared_data / "emodb" / row["file"], resemblyzer.RATE, None, None, 60).samples)
        for row in rows
    ]
    with torch.inference_mode():
        vectors = torch.cat([network(waves[i : i + 32]) for i in range(0, len(waves), 32)]).numpy()
    labels, speakers = [row["emotion"] for row in rows], [row["speaker"] for row in rows]
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01))
    guesses = cross_val_predict(model, vectors, labels, groups=speakers, cv=LeaveOneGroupOut())
    assert recall_score(labels, guesses, average="macro") > 0.75
