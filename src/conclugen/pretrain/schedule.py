"""The learning rate as a function of training time, without state."""

from __future__ import annotations

import math

from conclugen.pretrain.settings import Schedule


def learning_rate(epoch: float, base: float, schedule: Schedule, epochs: int) -> float:
    """Return the rate at `epoch` (0 at the start, fractions within): linear warm-up, then cosine annealing with warm
    restarts (Loshchilov and Hutter 2017).

    `epochs` is the length of training, which is the length of the one cycle where the schedule names none.
    """
    moment = epoch if schedule.stepwise else math.floor(epoch)
    if moment < schedule.warmup_epochs:
        share = moment / schedule.warmup_epochs
        return base * (schedule.warmup_from + (1 - schedule.warmup_from) * share)
    moment -= schedule.warmup_epochs
    length = schedule.cycle_epochs or max(1, epochs - schedule.warmup_epochs)
    while moment >= length:
        moment -= length
        length *= schedule.cycle_factor
    return schedule.floor + (base - schedule.floor) * (1 + math.cos(math.pi * moment / length)) / 2
