"""The switches of the objective that no loss has by itself."""

import dataclasses

import torch
from pretrain_data import make_settings
from torch.nn import functional

from conclugen.losses.mms import mms
from conclugen.models.network import Outputs
from conclugen.pretrain.objective import losses
from conclugen.pretrain.presets import PRESETS

NAMES = ("video", "audio", "text")
PRESENT = {name: torch.arange(12) != i for i, name in enumerate(NAMES)}


def outputs(scale=3.0):
    generator = torch.Generator().manual_seed(0)
    values = {name: scale * torch.randn(12, 5, generator=generator) for name in NAMES}
    return Outputs({}, {}, values, {}, {})


def value_of(objective, outputs):
    return losses(("mms",), outputs, PRESENT, objective, None)["mms"]


def test_mms_is_that_of_unit_vectors_or_as_equations_3_and_4_print_it():
    objective = make_settings(preset="paper").objective
    made = outputs()
    unit = {name: functional.normalize(value, dim=1) for name, value in made.projection.items()}
    torch.testing.assert_close(value_of(objective, made), mms(unit, PRESENT, 0.001))
    plain = dataclasses.replace(objective, normalise=False)
    torch.testing.assert_close(value_of(plain, made), mms(made.projection, PRESENT, 0.001))


def test_lengths_count_only_for_plain_dot_products():
    objective = make_settings(preset="paper").objective
    plain = dataclasses.replace(objective, normalise=False)
    torch.testing.assert_close(value_of(objective, outputs()), value_of(objective, outputs(scale=9.0)))
    assert abs(value_of(plain, outputs()) - value_of(plain, outputs(scale=9.0))) > 1


def test_every_preset_normalises():
    assert all(preset["objective"]["normalise"] for preset in PRESETS.values())
