"""One step of training, and what it shares with validation: rows, forward pass, losses."""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch

from conclugen.models.network import Network, Outputs
from conclugen.pretrain import parallel
from conclugen.pretrain.adamw import AdamW
from conclugen.pretrain.objective import fused_clusters, losses, total
from conclugen.pretrain.settings import Settings
from conclugen.store.devices import compute_dtype
from conclugen.store.resident import Resident

if TYPE_CHECKING:
    from conclugen.pretrain.kmeans import Clusters

Inputs = tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]
GPU_SHARE = 0.6  # of the free memory that resident features may take


@dataclasses.dataclass(frozen=True)
class Training:
    """What a step works on; `epochs` is the length of training. Network, optimiser and clusters change as it goes."""

    network: Network
    optimiser: AdamW
    clusters: Clusters | None
    data: Resident
    settings: Settings
    epochs: int
    where: torch.device


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
