"""The loop of pretraining on images: steps, measures, checkpoints.

There is no random state to save: the order of an epoch is drawn from (seed, epoch) and what a step does from (seed,
step), so a training that goes on from a checkpoint, within an epoch, too, takes the steps it would have taken.
"""

from __future__ import annotations

import dataclasses
import json
import math
import time
from typing import Any

import torch

from conclugen.images import health
from conclugen.images.clip_views import Clips
from conclugen.images.network import ImageNetwork
from conclugen.images.schedule import learning_rate
from conclugen.images.settings import Pretraining
from conclugen.images.views import Stills
from conclugen.losses.nt_xent import nt_xent
from conclugen.pretrain.adamw import AdamW
from conclugen.pretrain.state import State
from conclugen.store.atomic import write_text
from conclugen.store.devices import compute_dtype

Row = dict[str, Any]


class NonFiniteError(RuntimeError):
    """A loss that is not a finite number."""


@dataclasses.dataclass
class Progress:
    """How far a training is: steps taken, the sum of losses in this epoch, a row per epoch that is over."""

    step: int = 0
    loss: float = 0.0
    history: list[Row] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True)
class Job:
    """What a training works on: `train` and `held` are numbers (M,) of items of the source."""

    network: ImageNetwork
    source: Stills | Clips
    train: torch.Tensor
    held: torch.Tensor
    settings: Pretraining
    seed: int
    state: State
    optimiser: AdamW

    def batches(self) -> int:
        """Return the steps of an epoch: whole batches alone, or one of all rows."""
        return max(1, len(self.train) // self.settings.batch_size)


def job(
    network: ImageNetwork, source: Stills | Clips, train: torch.Tensor, held: torch.Tensor, seed: int, state: State
) -> Job:
    """Return the training of `network`, which lies where the source puts its batches."""
    settings = source.settings
    decay = settings.weight_decay if settings.decoupled else 0.0
    optimiser = AdamW(network.parameters(), settings.learning_rate, decay)
    return Job(network, source, train, held, settings, seed, state, optimiser)


def train(training: Job, checkpoint_seconds: float = 120.0, stop_after: int | None = None) -> list[Row]:
    """Train in place and return a row per epoch; goes on from `training.state` where it holds something.

    `stop_after`: end after so many steps, as a kill would, with what was saved. Raises NonFiniteError.
    """
    progress, batches = restore(training), training.batches()
    total, saved, started = training.settings.epochs * batches, time.monotonic(), time.monotonic()
    training.network.train()
    while progress.step < total:
        rows = order(training, progress.step // batches)
        place = progress.step % batches
        progress.loss += step(
            training, rows[place * training.settings.batch_size :][: training.settings.batch_size], progress.step
        )
        progress.step += 1
        if progress.step % batches == 0:
            progress.history.append(close_epoch(training, progress, time.monotonic() - started))
            progress.loss, started = 0.0, time.monotonic()
        if progress.step == total or time.monotonic() - saved >= checkpoint_seconds:
            checkpoint(training, progress)
            saved = time.monotonic()
        if stop_after is not None and progress.step >= stop_after:
            break
    return progress.history


def order(training: Job, epoch: int) -> torch.Tensor:
    """Return the training items in the order of an epoch."""
    generator = torch.Generator().manual_seed(training.seed * 1_000_003 + epoch)
    return training.train[torch.randperm(len(training.train), generator=generator)]


def step(training: Job, rows: torch.Tensor, number: int) -> float:
    """Learn from items (B,) and return the loss. Raises NonFiniteError, with the ids of the batch beside the state."""
    settings, where = training.settings, training.source.where
    generator = torch.Generator().manual_seed((training.seed + 1) * 1_000_000_007 + number)
    batch = training.source.batch(rows, generator)
    dtype = compute_dtype(where)
    with torch.autocast(where.type, dtype, enabled=dtype != torch.float32):
        units = training.network(batch.images)
    loss = nt_xent(units, batch.positive, settings.temperature, batch.false_negative, settings.attraction)
    if not bool(torch.isfinite(loss)):
        path = training.state.folder / "non_finite.json"
        ids = training.source.names(rows)
        write_text(path, json.dumps({"step": number, "images": ids}, indent=2))
        raise NonFiniteError(
            f"step {number}: the loss is {float(loss.detach())}; the images of the batch are in {path}"
        )
    training.optimiser.zero_grad()
    loss.backward()
    if not settings.decoupled:  # Adam's decay is a part of the gradient
        for parameter in training.network.parameters():
            parameter.grad.add_(parameter.detach(), alpha=settings.weight_decay)
    args = (training.batches(), settings.epochs, settings.learning_rate, settings.annealed)
    training.optimiser.learning_rate = learning_rate(number, *args)
    training.optimiser.step()
    return float(loss.detach())


def close_epoch(training: Job, progress: Progress, seconds: float) -> Row:
    """Return the row of the epoch that is over, and print it."""
    batches = training.batches()
    measures = health.measure(training.network, training.source, training.held)
    row = {
        "epoch": progress.step // batches - 1,
        "learning_rate": training.optimiser.learning_rate,
        "loss": progress.loss / batches,
        **{f"valid_{name}": value for name, value in measures.items() if name != "rows"},
        "seconds": seconds,
    }
    measured = ", ".join(f"{name} {value:.4g}" for name, value in row.items() if name != "epoch")
    print(f"epoch {row['epoch'] + 1}/{training.settings.epochs}: {measured}", flush=True)
    return row


def checkpoint(training: Job, progress: Progress) -> None:
    """Save everything that changes."""
    training.state.save(
        {
            "network": training.network.state_dict(),
            "optimiser": training.optimiser.state_dict(),
            "progress": dataclasses.asdict(progress),
        }
    )


def restore(training: Job) -> Progress:
    """Go on from a checkpoint, if there is one, and return how far it is."""
    saved = training.state.load()
    if saved is None:
        return Progress()
    training.network.load_state_dict(saved["network"])
    training.optimiser.load_state_dict(saved["optimiser"])
    progress = Progress(**saved["progress"])
    print(f"going on after step {progress.step}", flush=True)
    if not math.isfinite(progress.loss):
        raise NonFiniteError(f"{training.state.path}: holds a loss that is not finite; delete it to start afresh")
    return progress
