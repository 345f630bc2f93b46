"""The training loop: schedule, steps, validation, checkpoint; it ends with the epoch that validated best.

There is no random state to save: batches, views and k-means are drawn from generators seeded by (seed, epoch), so a
training that goes on from a checkpoint draws what it would have drawn.
"""

from __future__ import annotations

import copy
import dataclasses
import json
import math
import time
from typing import TYPE_CHECKING, Any

import torch

from conclugen.models.network import Network
from conclugen.pretrain import health, parallel
from conclugen.pretrain.adamw import AdamW
from conclugen.pretrain.corpus import Corpus
from conclugen.pretrain.examine import examine
from conclugen.pretrain.schedule import batches_of, learning_rate, length, patience
from conclugen.pretrain.settings import Settings
from conclugen.pretrain.state import State
from conclugen.pretrain.step import Means, Training, draw_views, place, train_step, validate
from conclugen.pretrain.verdict import Pretext
from conclugen.store.atomic import write_text

if TYPE_CHECKING:
    from conclugen.pretrain.kmeans import Clusters

Row = dict[str, Any]


class NonFiniteError(RuntimeError):
    """A loss that is not a finite number."""


@dataclasses.dataclass
class Best:
    """The epoch that is exported: its number, its rank among epochs, and what its network and centroids were."""

    epoch: int = -1
    rank: tuple[bool, float] = (False, -math.inf)
    network: dict[str, torch.Tensor] = dataclasses.field(default_factory=dict)
    centroids: torch.Tensor | None = None


@dataclasses.dataclass(frozen=True)
class Trained:
    """What training leaves beside the network: a row per epoch, and how the exported network does its task."""

    history: list[Row]
    pretext: Pretext


def train(
    network: Network,
    corpus: Corpus,
    settings: Settings,
    seed: int,
    where: torch.device,
    state: State,
    checkpoint_seconds: float = 60,
) -> Trained:
    """Train `network` in place, to the epoch with the least validation loss, and return how it went.

    Epochs count from the one in which every loss of the method is active: before it their sums do not compare. Without
    validation rows, the last epoch is kept.

    Goes on from `state` where it holds something; saves to it at the end of an epoch when `checkpoint_seconds` have
    passed since the last time, and at the very end. Raises NonFiniteError, with the batch's ids saved beside the state.
    """
    batches = batches_of(len(corpus.train), settings.batch_size)
    size = max(1, len(corpus.train) // batches // parallel.world()) * parallel.world()
    epochs = length(settings, batches)
    network.to(where).train()
    optimiser = AdamW(network.parameters(), settings.learning_rate, settings.weight_decay)
    clusters = make_clusters(settings, batches, size, seed, epochs)
    training = Training(network, optimiser, clusters, place(corpus.data, where), settings, epochs, where)
    measured = corpus.valid if len(corpus.valid) else corpus.train
    untrained = examine(training, measured)
    history, best = restore(training, state)
    waits = patience(settings, epochs)
    saved = time.monotonic()
    for epoch in range(len(history), epochs):
        if history and history[-1]["epoch"] - best.epoch >= waits:
            break
        started = time.monotonic()
        row = {"epoch": epoch, **train_epoch(training, corpus.train, epoch, seed, size, state)}
        row |= validate(training, corpus.valid) | in_history(examine(training, measured))
        keep_best(best, training, row)
        row["seconds"] = time.monotonic() - started
        history.append(row)
        if not parallel.is_first():
            continue
        print(describe(row, epochs), flush=True)
        ended = epoch + 1 == epochs or epoch - best.epoch >= waits
        if ended or time.monotonic() - saved >= checkpoint_seconds:
            checkpoint(training, state, history, best)
            saved = time.monotonic()
    return conclude(training, corpus, history, best, untrained)


def conclude(training: Training, corpus: Corpus, history: list[Row], best: Best, untrained: health.Numbers) -> Trained:
    """Put the best epoch's weights back and measure them."""
    if best.network:
        training.network.load_state_dict(best.network)
    if training.clusters is not None:
        training.clusters.centroids = best.centroids
    for row in history:
        row["exported"] = int(row["epoch"] == best.epoch)
    on_train = examine(training, corpus.train)
    on_valid = examine(training, corpus.valid) if len(corpus.valid) else on_train
    verdict = health.judge(on_valid, on_train, untrained, training.settings)
    measured_on = "valid" if len(corpus.valid) else "train"
    pretext = Pretext(verdict, best.epoch, len(history), measured_on, on_valid, on_train, untrained)
    return Trained(history, pretext)


def keep_best(best: Best, training: Training, row: Row) -> None:
    """Take over the network as it is, where the epoch of `row` ranks above all before.

    An epoch in which every loss is active ranks above one that still waits for clusters; then the lower validation loss
    wins or, without validation rows, the later epoch.
    """
    active = all(name in row for name in training.settings.losses)
    rank = (active, -row["valid_loss"] if "valid_loss" in row else float(row["epoch"]))
    if not math.isfinite(rank[1]) or rank <= best.rank:
        return
    best.epoch, best.rank = row["epoch"], rank
    best.network = copy.deepcopy(training.network.state_dict())
    best.centroids = None if training.clusters is None else training.clusters.centroids


def in_history(numbers: health.Numbers) -> Row:
    """Return the measures that stand in each epoch's row."""
    shares = {name for name in numbers if name.endswith("_share")} - {"cluster_entropy_share"}
    named = shares | {"retrieval", "effective_rank", "mean_cosine"}
    return {f"valid_{name}": value for name, value in numbers.items() if name in named}


def train_epoch(
    training: Training, rows: torch.Tensor, epoch: int, seed: int, size: int, state: State
) -> dict[str, float]:
    """Run over the training rows once, in a random order; a rest smaller than the number of batches is left out.

    Returns the mean of each loss over the batches where it was active, and the state of the clusters.
    """
    generator = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
    order = rows[torch.randperm(len(rows), generator=generator)]
    steps, settings = len(rows) // size, training.settings
    if training.clusters is not None:
        training.clusters.start_epoch()
    mean = Means()
    for step in range(steps):
        rate = learning_rate(epoch + step / steps, settings.learning_rate, settings.schedule, training.epochs)
        batch = order[step * size : (step + 1) * size]
        views = draw_views(size, settings.views, generator)
        try:
            mean.add(train_step(training, batch, views, rate, epoch))
        except FloatingPointError as error:
            raise non_finite(training, batch, state, epoch, step, error) from error
    return {"learning_rate": rate, **mean.values(""), **cluster_report(training.clusters)}


def make_clusters(settings: Settings, batches: int, size: int, seed: int, epochs: int) -> Clusters | None:
    """Return the clusters of a method that has them. Raises ValueError for a corpus with fewer rows than clusters."""
    if settings.clusters is None:
        return None
    from conclugen.pretrain.kmeans import Clusters

    clusters = Clusters(settings.clusters, batches, seed, epochs)
    least = size * (1 if settings.clusters.queue_before else clusters.full)
    if least < settings.clusters.count:
        raise ValueError(f"{least} utterances cannot make {settings.clusters.count} clusters")
    return clusters


def cluster_report(clusters: Clusters | None) -> dict[str, float]:
    """Return the entropy of the clusters' sizes over the queue, and how many are in use, once there are any."""
    if clusters is None or clusters.centroids is None:
        return {}
    from conclugen.pretrain.kmeans import entropy

    sizes = clusters.sizes()
    return {"cluster_entropy": entropy(sizes), "clusters_used": int((sizes > 0).sum())}


def checkpoint(training: Training, state: State, history: list[Row], best: Best) -> None:
    """Save everything that changes."""
    clusters = None if training.clusters is None else training.clusters.state()
    state.save(
        {
            "network": training.network.state_dict(),
            "optimiser": training.optimiser.state_dict(),
            "clusters": clusters,
            "history": history,
            "best": vars(best),
        }
    )


def restore(training: Training, state: State) -> tuple[list[Row], Best]:
    """Go on from a checkpoint, if there is one, and return its history and its best epoch."""
    saved = state.load()
    if saved is None:
        return [], Best()
    training.network.load_state_dict(saved["network"])
    training.optimiser.load_state_dict(saved["optimiser"])
    if training.clusters is not None:
        training.clusters.restore(saved["clusters"], training.where)
    print(f"going on after epoch {len(saved['history'])}", flush=True)
    best = Best(**saved["best"])
    if best.centroids is not None:  # the state was read to main memory; a GPU's are compared with its own batches
        best.centroids = best.centroids.to(training.where)
    return saved["history"], best


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
    values = ", ".join(f"{name} {value:.5g}" for name, value in row.items() if name != "epoch")
    return f"epoch {row['epoch'] + 1}/{epochs}: {values}"
