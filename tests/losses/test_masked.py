"""A hidden modality against the squared error of its rows, and what its decoder may see."""

import dataclasses

import pytest
import torch
from pairs import PLAIN, absent, inputs
from sklearn.metrics import mean_squared_error

from conclugen.losses import masked
from conclugen.models.network import Network

SETTINGS = dataclasses.replace(PLAIN, heads=("decoder", "decode_others"))


def test_is_the_squared_error_over_rows_that_have_another_modality():
    given, present = inputs(), absent()
    present["audio"][0] = present["text"][0] = False  # row 0 has nothing else: video is absent from it, too
    found = Network(SETTINGS)(given, present)
    expected = 0.0
    for name in given:
        rows = [i for i in range(12) if present[name][i] and any(present[o][i] for o in present if o != name)]
        expected += mean_squared_error(given[name][rows].numpy(), found.reconstruction[name][rows].detach().numpy())
    assert float(masked.term(found, present, None, None).detach()) == pytest.approx(expected, rel=1e-5)


def test_a_decoder_never_sees_its_own_modality():
    network, given = Network(SETTINGS).eval(), inputs()
    other = given | {"text": given["text"] + 9}
    before, after = network(given).reconstruction, network(other).reconstruction
    torch.testing.assert_close(before["text"], after["text"])
    assert (before["video"] - after["video"]).abs().max() > 1e-3


def test_absent_modalities_tell_nothing():
    network, given, present = Network(SETTINGS).eval(), inputs(), absent()
    loud = {name: torch.where(present[name][:, None], value, 1e3) for name, value in given.items()}
    quiet, shouted = (masked.term(network(values, present), present, None, None).detach() for values in (given, loud))
    assert float(shouted) == pytest.approx(float(quiet), rel=1e-5)


def test_its_bounds_are_the_mean_vector_and_nothing_left():
    found, present = Network(SETTINGS)(inputs(), absent()), absent()
    rows = masked.beside_another(present)
    means = {n: v[rows[n]].mean(0).expand_as(v) for n, v in found.inputs.items()}
    chance, best = masked.bounds(found, present, None)
    assert float(masked.term(dataclasses.replace(found, reconstruction=means), present, None, None)) == pytest.approx(
        chance, rel=1e-5
    )
    assert (best, chance > 0) == (0.0, True)
