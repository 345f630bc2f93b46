"""One code for all modalities: the squared error of each, decoded from the mean of those that are there."""

import dataclasses

import pytest
import torch
from pairs import PLAIN, absent, inputs
from sklearn.metrics import mean_squared_error

from conclugen.losses import shared
from conclugen.models.network import Network

SETTINGS = dataclasses.replace(PLAIN, heads=("decoder", "decode_all"))


def test_is_the_squared_error_of_what_is_decoded_from_the_mean():
    network, given = Network(SETTINGS).eval(), inputs()
    present = absent()
    found, expected = network(given, present), 0.0
    for name in given:
        for row in range(12):
            here = [found.representation[other][row] for other in given if present[other][row]]
            decoded = network.decoder[name](torch.stack(here).mean(0))
            torch.testing.assert_close(decoded, found.reconstruction[name][row])
        rows = present[name]
        expected += mean_squared_error(given[name][rows].numpy(), found.reconstruction[name][rows].detach().numpy())
    assert float(shared.term(found, present, None, None).detach()) == pytest.approx(expected, rel=1e-5)


def test_a_single_modality_is_a_plain_auto_encoder():
    settings = dataclasses.replace(SETTINGS, input_dims={"video": 12})
    network = Network(settings)
    found = network({"video": inputs()["video"]})
    torch.testing.assert_close(found.reconstruction["video"], network.decoder["video"](found.representation["video"]))
