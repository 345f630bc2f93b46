"""The training loop: schedule, forward, losses, backward, step, k-means when due, log, validate, checkpoint.

There is no random state to save: batches, views and k-means are drawn from generators seeded by (seed, epoch), so a
training that goes on from a checkpoint draws what it would have drawn.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch

from conclugen.models.network import Network, Outputs
from conclugen.pretrain import parallel
from conclugen.pretrain.adamw import AdamW
from conclugen.pretrain.corpus import Corpus
from conclugen.pretrain.objective import fused_clusters, losses, total
from conclugen.pretrain.schedule import learning_rate
from conclugen.pretrain.settings import Settings
from conclugen.pretrain.state import State
from conclugen.store.atomic import write_text
from conclugen.store.devices import compute_dtype
from conclugen.store.resident import Resident

if TYPE_CHECKING:
    from conclugen.pretrain.kmeans import Clusters

Row = dict[str, Any]
Inputs = tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]
GPU_SHARE = 0.6  # of the free memory that resident features may take


class NonFiniteError(RuntimeError):
    """A loss that is not a finite number."""


@dataclasses.dataclass(frozen=True)
class Training:
    """What a step works on. Network, optimiser and clusters change as it goes."""

    network: Network
    optimiser: AdamW
    clusters: Clusters | None
    data: Resident
    settings: Settings
    where: torch.device


def train(
    network: Network,
    corpus: Corpus,
    settings: Settings,
    seed: int,
    where: torch.device,
    state: State,
    checkpoint_seconds: float = 60,
) -> list[Row]:
    """Train `network` in place and return the history, a row per epoch.

    Goes on from `state` where it holds something; saves to it at the end of an epoch when `checkpoint_seconds` have
    passed since the last time, and at the very end. Raises NonFiniteError, with the batch's ids saved beside the state.
    """
    size = min(settings.batch_size, len(corpus.train))
    size = max(1, size // parallel.world()) * parallel.world()
    batches = len(corpus.train) // size
    network.to(where).train()
    optimiser = AdamW(network.parameters(), settings.learning_rate, settings.weight_decay)
    training = Training(
        network, optimiser, make_clusters(settings, batches, size, seed), place(corpus.data, where), settings, where
    )
    history, saved = restore(training, state), time.monotonic()
    for epoch in range(len(history), settings.epochs):
        started = time.monotonic()
        row = {"epoch": epoch, **train_epoch(training, corpus.train, epoch, seed, size, state)}
        row |= validate(training, corpus.valid)
        row["seconds"] = time.monotonic() - started
        history.append(row)
        if not parallel.is_first():
            continue
        print(describe(row, settings.epochs), flush=True)
        if epoch + 1 == settings.epochs or time.monotonic() - saved >= checkpoint_seconds:
            checkpoint(training, state, history)
            saved = time.monotonic()
    return history


def train_epoch(
    training: Training, rows: torch.Tensor, epoch: int, seed: int, size: int, state: State
) -> dict[str, float]:
    """Run over the training rows once, in a random order; a rest smaller than a batch is left out.

    Returns the mean of each loss over the batches where it was active, and the state of the clusters.
    """
    generator = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
    order = rows[torch.randperm(len(rows), generator=generator)]
    steps = len(rows) // size
    if training.clusters is not None:
        training.clusters.start_epoch()
    mean = Means()
    for step in range(steps):
        settings = training.settings
        rate = learning_rate(epoch + step / steps, settings.learning_rate, settings.schedule, settings.epochs)
        batch = order[step * size : (step + 1) * size]
        views = draw_views(size, settings.views, generator)
        try:
            mean.add(train_step(training, batch, views, rate, epoch))
        except FloatingPointError as error:
            raise non_finite(training, batch, state, epoch, step, error) from error
    return {"learning_rate": rate, **mean.values(""), **cluster_report(training.clusters)}


def train_step(
    training: Training, batch: torch.Tensor, views: torch.Tensor | None, rate: float, epoch: int
) -> dict[str, torch.Tensor]:
    """Learn from one batch and return its losses, without gradients. Raises FloatingPointError."""
    training.optimiser.learning_rate = rate
    mine = None if views is None else parallel.part(views)
    inputs, present = take(training.data, parallel.part(batch), training.where, mine)
    outputs, present = parallel.gather(forward(training, inputs, present), present, training.settings.views)
    if training.clusters is not None:
        training.clusters.update(fused_clusters(outputs, present), epoch)
        parallel.agree(training.clusters.centroids)
    active = evaluate(training, outputs, present)
    training.optimiser.zero_grad()
    active["loss"].backward()
    parallel.add_gradients(training.network)
    training.optimiser.step()
    return {name: value.detach() for name, value in active.items()}


@torch.no_grad()
def validate(training: Training, rows: torch.Tensor) -> dict[str, float]:
    """Return the mean losses over the validation rows, in batches of nearly equal size; nothing when there are none."""
    mean = Means()
    with evaluating(training.network):
        for batch in rows.tensor_split(math.ceil(len(rows) / training.settings.batch_size) or 1):
            if len(batch):
                views = torch.tensor([[0], [1]]).expand(2, len(batch)) if training.settings.views else None
                inputs, present = take(training.data, batch, training.where, views)
                mean.add(evaluate(training, forward(training, inputs, present), present, stop=False))
    return mean.values("valid_")


def forward(training: Training, inputs: dict[str, torch.Tensor], present: dict[str, torch.Tensor]) -> Outputs:
    """Run the network, in bfloat16 on a GPU."""
    dtype = compute_dtype(training.where)
    with torch.autocast(training.where.type, dtype=dtype, enabled=dtype == torch.bfloat16):
        return training.network(inputs, present)


def evaluate(
    training: Training, outputs: Outputs, present: dict[str, torch.Tensor], stop: bool = True
) -> dict[str, torch.Tensor]:
    """Return the active losses and, as `loss`, their total. Raises FloatingPointError, unless told not to `stop`."""
    settings = training.settings
    active = losses(settings.losses, outputs, present, settings.objective, training.clusters)
    loss = total(active, settings.objective)
    if stop and not bool(torch.isfinite(loss)):
        raise FloatingPointError(", ".join(f"{name} = {value.item():g}" for name, value in active.items()))
    return {"loss": loss, **active}


def take(data: Resident, batch: torch.Tensor, where: torch.device, views: torch.Tensor | None) -> Inputs:
    """Return the inputs and presence of the rows of `batch` (B,), on the training device.

    With `views` (2, B), the numbers of two views of each row, the result has 2B rows: first views, then second views.
    """
    home = next(iter(data.features.values())).device
    rows = batch.to(home)
    if views is not None:
        rows, which = rows.repeat(2), views.reshape(-1).to(home)
        inputs = {name: value[rows, which].to(where) for name, value in data.features.items()}
    else:
        inputs = {name: value[rows].to(where) for name, value in data.features.items()}
    return inputs, {name: value[rows].to(where) for name, value in data.present.items()}


def draw_views(rows: int, views: int, generator: torch.Generator) -> torch.Tensor | None:
    """Return the numbers of two different views per row, (2, rows); None where there are no views."""
    if not views:
        return None
    first = torch.randint(views, (rows,), generator=generator)
    return torch.stack([first, (first + torch.randint(1, views, (rows,), generator=generator)) % views])


def place(data: Resident, where: torch.device) -> Resident:
    """Move the features to the training device if they fit; they stay in main memory otherwise."""
    if where.type != "cuda":
        return data
    needed = sum(value.numel() * value.element_size() for value in data.features.values())
    free, _ = torch.cuda.mem_get_info(where)
    return data.to(where) if needed < GPU_SHARE * free else data


def make_clusters(settings: Settings, batches: int, size: int, seed: int) -> Clusters | None:
    """Return the clusters of a method that has them. Raises ValueError for a corpus with fewer rows than clusters."""
    if "clustering" not in settings.losses:
        return None
    from conclugen.pretrain.kmeans import Clusters

    clusters = Clusters(settings.clusters, batches, seed)
    if clusters.full * size < settings.clusters.count:
        raise ValueError(f"{clusters.full * size} utterances cannot make {settings.clusters.count} clusters")
    return clusters


def cluster_report(clusters: Clusters | None) -> dict[str, float]:
    """Return the entropy of the clusters' sizes over the queue, and how many are in use, once there are any."""
    if clusters is None or clusters.centroids is None:
        return {}
    from conclugen.pretrain.kmeans import entropy

    sizes = clusters.sizes()
    return {"cluster_entropy": entropy(sizes), "clusters_used": int((sizes > 0).sum())}


def checkpoint(training: Training, state: State, history: list[Row]) -> None:
    """Save everything that changes."""
    clusters = None if training.clusters is None else training.clusters.state()
    state.save(
        {
            "network": training.network.state_dict(),
            "optimiser": training.optimiser.state_dict(),
            "clusters": clusters,
            "history": history,
        }
    )


def restore(training: Training, state: State) -> list[Row]:
    """Go on from a checkpoint, if there is one, and return its history."""
    saved = state.load()
    if saved is None:
        return []
    training.network.load_state_dict(saved["network"])
    training.optimiser.load_state_dict(saved["optimiser"])
    if training.clusters is not None:
        training.clusters.restore(saved["clusters"], training.where)
    print(f"going on after epoch {len(saved['history'])}", flush=True)
    return saved["history"]


def non_finite(
    training: Training, batch: torch.Tensor, state: State, epoch: int, step: int, error: FloatingPointError
) -> NonFiniteError:
    """Save the ids of a batch whose loss is not finite, and return the error to raise."""
    ids = training.data.ids[batch.numpy()].tolist()
    path = state.folder / "non_finite.json"
    write_text(path, json.dumps({"epoch": epoch, "step": step, "losses": str(error), "utterances": ids}, indent=2))
    return NonFiniteError(f"epoch {epoch}, batch {step}: {error}; the utterances of the batch are in {path}")


def describe(row: Row, epochs: int) -> str:
    """Return one line for the log."""
    shown = ", ".join(f"{name} {value:.5g}" for name, value in row.items() if name != "epoch")
    return f"epoch {row['epoch'] + 1}/{epochs}: {shown}"


@contextlib.contextmanager
def evaluating(network: Network) -> Iterator[None]:
    """Evaluation mode within, training mode after."""
    network.eval()
    try:
        yield
    finally:
        network.train()


class Means:
    """Means of scalars that are not always there, summed where they were computed."""

    def __init__(self) -> None:
        self.sums: dict[str, torch.Tensor] = {}
        self.counts: dict[str, int] = {}

    def add(self, values: dict[str, torch.Tensor]) -> None:
        """Take in the scalars of a batch."""
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, 0) + value.double()
            self.counts[name] = self.counts.get(name, 0) + 1

    def values(self, prefix: str) -> dict[str, float]:
        """Return the means by name."""
        return {prefix + name: float(value) / self.counts[name] for name, value in self.sums.items()}
