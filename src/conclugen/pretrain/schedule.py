"""The learning rate as a function of training time, without state."""

from __future__ import annotations

import math

from conclugen.pretrain.settings import Schedule, Settings


def learning_rate(epoch: float, base: float, schedule: Schedule, epochs: int) -> float:
    """Return the rate at `epoch` (0 at the start, fractions within): linear warm-up, then cosine annealing with warm
    restarts (Loshchilov and Hutter 2017).

    `epochs` is the length of training, which is the length of the one cycle where the schedule names none.
    """
    moment = epoch if schedule.stepwise else math.floor(epoch)
    warmup = schedule.warmup_epochs if schedule.warmup_share is None else schedule.warmup_share * epochs
    if moment < warmup:
        share = moment / warmup
        return base * (schedule.warmup_from + (1 - schedule.warmup_from) * share)
    moment -= warmup
    cycle = schedule.cycle_epochs or max(1, epochs - warmup)
    while moment >= cycle:
        moment -= cycle
        cycle *= schedule.cycle_factor
    return schedule.floor + (base - schedule.floor) * (1 + math.cos(math.pi * moment / cycle)) / 2


def batches_of(rows: int, batch_size: int) -> int:
    """Return into how many batches of equal size, none larger than `batch_size`, an epoch is cut.

    >>> batches_of(635, 512), batches_of(635, 4096)
    (2, 1)
    """
    return math.ceil(rows / batch_size)


def length(settings: Settings, batches: int) -> int:
    """Return the epochs of training: `settings.epochs`, or more where so few batches make fewer than `least_steps`."""
    return max(settings.epochs, math.ceil(settings.schedule.least_steps / batches))


def patience(settings: Settings, epochs: int) -> float:
    """Return after how many epochs without a better one training ends early; infinity for never.

    `epochs` is the length of training, of which it may be a share: a small corpus has many short epochs.
    """
    schedule = settings.schedule
    if schedule.patience_share is not None:
        return max(1, math.ceil(schedule.patience_share * epochs))
    return math.inf if schedule.patience is None else schedule.patience
