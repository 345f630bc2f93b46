"""The learning rate against PyTorch's schedulers."""

from __future__ import annotations

import itertools

import pytest
import torch

from conclugen.pretrain.schedule import learning_rate
from conclugen.pretrain.settings import Schedule

BASE = 3.6e-4
PAPER = Schedule(warmup_epochs=0, warmup_from=1.0, cycle_epochs=20, cycle_factor=2, floor=1e-6, stepwise=False)


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
    schedule = Schedule(5, 0.1, 20, 2, 1e-6, False)
    theirs = torch.optim.lr_scheduler.LinearLR(o, start_factor=0.1, end_factor=1.0, total_iters=5)
    for epoch in range(5):
        assert learning_rate(epoch, BASE, schedule, 150) == pytest.approx(o.param_groups[0]["lr"], rel=1e-9)
        o.step()
        theirs.step()
    assert learning_rate(5, BASE, schedule, 150) == BASE
    assert learning_rate(25, BASE, schedule, 150) == BASE


def test_one_cycle_to_the_end_and_between_epochs():
    schedule = Schedule(2, 0.1, None, 1, 1e-6, True)
    rates = [learning_rate(t / 10, BASE, schedule, 12) for t in range(120)]
    assert rates[0] == pytest.approx(0.1 * BASE)
    assert rates[20] == BASE
    assert rates[70] == pytest.approx((BASE + 1e-6) / 2)
    assert all(a > b for a, b in itertools.pairwise(rates[20:]))
    assert rates[-1] == pytest.approx(1e-6, rel=0.1)
