"""Means over the modalities of a row, by hand."""

import dataclasses

import pytest
import torch
from test_network import PLAIN

from conclugen.models import fused
from conclugen.models.network import Network

VALUES = {"a": torch.tensor([[1.0], [2.0], [3.0]]), "b": torch.tensor([[5.0], [6.0], [7.0]]), "c": torch.ones(3, 1)}
PRESENT = {
    "a": torch.tensor([True, False, False]),
    "b": torch.tensor([True, True, False]),
    "c": torch.tensor([False, False, False]),
}


def test_means_are_of_what_is_there():
    assert fused.of_all(VALUES, PRESENT)[:, 0].tolist() == [3.0, 6.0, 0.0]
    others = {name: value[:, 0].tolist() for name, value in fused.of_others(VALUES, PRESENT).items()}
    assert others == {"a": [5.0, 6.0, 0.0], "b": [1.0, 0.0, 0.0], "c": [3.0, 6.0, 0.0]}


def test_without_presence_all_is_there():
    assert fused.of_all(VALUES)[0].item() == pytest.approx(7 / 3)
    assert fused.of_others(VALUES)["c"][:, 0].tolist() == [3.0, 4.0, 5.0]


@pytest.mark.parametrize(
    ("heads", "message"),
    [
        (("temperature",), "name projection"),
        (("decode_all",), "name decoder"),
        (("decoder", "decode_all", "decode_others"), "one of the two"),
    ],
)
def test_heads_that_do_not_go_together_are_refused(heads, message):
    with pytest.raises(ValueError, match=message):
        Network(dataclasses.replace(PLAIN, heads=heads))
