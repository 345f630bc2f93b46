"""The matrix that linear heads see."""

from __future__ import annotations

import numpy as np
import torch

from conclugen.downstream.inputs import concatenate
from conclugen.downstream.representations import represent
from conclugen.models import io
from conclugen.store.resident import Resident

CPU = torch.device("cpu")


def test_standardised_by_present_training_rows_and_zero_where_absent():
    generator = torch.Generator().manual_seed(0)
    values = {"a": torch.randn((50, 3), generator=generator) * 4 + 2, "b": torch.ones(50, 2, dtype=torch.float16)}
    present = {"a": torch.rand(50, generator=generator) > 0.2, "b": torch.ones(50, dtype=torch.bool)}
    values["a"][~present["a"]] = 1e6  # must not matter
    train = torch.arange(30)
    found = concatenate(values, present, train, True, CPU)
    used = found.values[:30][present["a"][:30], :3]
    torch.testing.assert_close(used.mean(0), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(used.std(0, correction=0), torch.ones(3))
    assert (found.values[~present["a"], :3] == 0).all()
    assert (found.values[:, 3:] == 0).all()  # constant: centred, not divided by nothing
    here = present["a"]
    torch.testing.assert_close(found.values[here, :3] * found.scale[:3] + found.mean[:3], values["a"][here])


def test_left_alone_without_standardising():
    values, present = {"a": torch.arange(6.0).view(3, 2)}, {"a": torch.tensor([True, False, True])}
    found = concatenate(values, present, torch.arange(2), False, CPU)
    assert found.values.tolist() == [[0, 1], [0, 0], [4, 5]]


def test_a_modality_absent_from_training_stays_finite():
    values, present = {"a": torch.ones(4, 2)}, {"a": torch.tensor([False, False, True, True])}
    assert concatenate(values, present, torch.arange(2), True, CPU).values.isfinite().all()


def test_represent_in_blocks_is_represent(multi_world, monkeypatch):
    network = io.load(multi_world.models[0])
    features = {"video": torch.randn(10, 12), "audio": torch.randn(10, 14)}
    present = {name: torch.rand(10) > 0.3 for name in features}
    monkeypatch.setattr("conclugen.downstream.representations.ROWS_AT_ONCE", 4)
    found = represent(network, Resident(np.arange(10).astype(str), features, present), CPU)
    with torch.no_grad():
        whole = network.represent(features, present)
    for name in features:
        torch.testing.assert_close(found[name], whole[name])
        assert (found[name][~present[name]] == 0).all()


def test_columns_of_less_weight_are_smaller_and_those_of_none_are_gone():
    values = {"a": torch.randn(20, 3) + 1, "b": torch.randn(20, 2)}
    present = {name: torch.ones(20, dtype=torch.bool) for name in values}
    whole = concatenate(values, present, torch.arange(20), True, CPU)
    assert whole.weighted({"a": 2, "b": 1}, 1.0) is whole
    half, none = (whole.weighted({"a": 2, "b": 1}, weight) for weight in (0.5, 0.0))
    factor = torch.tensor([0.5, 0.5, 1, 0.5, 1])
    torch.testing.assert_close(half.values, whole.values * factor)
    joined = torch.cat(list(values.values()), 1)
    for matrix in (half, none):  # what is written beside a head makes its inputs again
        torch.testing.assert_close((joined - matrix.mean) / matrix.scale, matrix.values)
    assert none.values[:, [0, 1, 3]].abs().max() == 0
