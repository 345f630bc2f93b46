"""The learning rate against PyTorch's schedulers."""

from __future__ import annotations

import dataclasses
import itertools
import math

import pytest
import torch
from pretrain_data import make_settings

from conclugen.pretrain.presets import PRESETS
from conclugen.pretrain.schedule import batches_of, learning_rate, length, patience
from conclugen.pretrain.settings import Schedule

BASE = 3.6e-4
PAPER = Schedule(**PRESETS["paper"]["schedule"])


def optimiser():
    return torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], lr=BASE)


def test_warm_restarts_match_pytorch():
    o = optimiser()
    theirs = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(o, T_0=20, T_mult=2, eta_min=1e-6)
    for epoch in range(150):
        assert learning_rate(epoch, BASE, PAPER, 150) == pytest.approx(o.param_groups[0]["lr"], rel=1e-9)
        assert learning_rate(epoch + 0.7, BASE, PAPER, 150) == learning_rate(epoch, BASE, PAPER, 150)
        o.step()
        theirs.step()


def test_warm_up_matches_pytorch():
    o = optimiser()
    schedule = dataclasses.replace(PAPER, warmup_epochs=5, warmup_from=0.1)
    theirs = torch.optim.lr_scheduler.LinearLR(o, start_factor=0.1, end_factor=1.0, total_iters=5)
    for epoch in range(5):
        assert learning_rate(epoch, BASE, schedule, 150) == pytest.approx(o.param_groups[0]["lr"], rel=1e-9)
        o.step()
        theirs.step()
    assert learning_rate(5, BASE, schedule, 150) == BASE
    assert learning_rate(25, BASE, schedule, 150) == BASE


def test_one_cycle_to_the_end_and_between_epochs():
    schedule = Schedule(0, None, None, 2, None, 0.1, None, 1, 1e-6, True)
    rates = [learning_rate(t / 10, BASE, schedule, 12) for t in range(120)]
    assert rates[0] == pytest.approx(0.1 * BASE)
    assert rates[20] == BASE
    assert rates[70] == pytest.approx((BASE + 1e-6) / 2)
    assert all(a > b for a, b in itertools.pairwise(rates[20:]))
    assert rates[-1] == pytest.approx(1e-6, rel=0.1)


def test_warm_up_may_be_a_share_of_training():
    by_epochs = dataclasses.replace(PAPER, warmup_epochs=4, warmup_from=0.1, stepwise=True)
    by_share = dataclasses.replace(by_epochs, warmup_epochs=0, warmup_share=0.1)
    for moment in (0, 1.3, 3.9, 4, 25):
        assert learning_rate(moment, BASE, by_share, 40) == pytest.approx(learning_rate(moment, BASE, by_epochs, 40))


@pytest.mark.parametrize(
    ("rows", "batch", "count"), [(1, 8, 1), (8, 8, 1), (9, 8, 2), (635, 512, 2), (20_000, 512, 40)]
)
def test_an_epoch_is_cut_into_batches_no_larger_than_told(rows, batch, count):
    assert batches_of(rows, batch) == count
    assert rows // count <= batch


def test_a_small_corpus_is_gone_through_more_often():
    settings = make_settings(epochs=30, schedule=dataclasses.replace(PAPER, least_steps=600))
    assert [length(settings, batches) for batches in (1, 2, 20, 21, 2000)] == [600, 300, 30, 30, 30]


def test_patience_is_a_number_of_epochs_a_share_of_training_or_without_end():
    def of(**changes):
        return make_settings(schedule=dataclasses.replace(PAPER, **changes))

    assert patience(of(), 30) == math.inf
    assert patience(of(patience=15), 30) == 15
    assert [patience(of(patience_share=0.3), epochs) for epochs in (1, 30, 200)] == [1, 9, 60]
