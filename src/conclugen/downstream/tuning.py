"""Training networks with a classifier on top, on labels: shared by `finetune` and `supervised`."""

from __future__ import annotations

import copy
import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn

from conclugen.downstream import predictions
from conclugen.downstream.data import Data
from conclugen.downstream.draws import Draw, draws_of
from conclugen.downstream.heads import candidates
from conclugen.downstream.inputs import concatenate
from conclugen.downstream.order import Alone, Sequences, Shown
from conclugen.downstream.representations import represent
from conclugen.downstream.scores import first_bias, headline, loss, outputs, weights
from conclugen.downstream.settings import Budget, Settings
from conclugen.models import io
from conclugen.models.network import Network
from conclugen.store.devices import compute_dtype

ROWS_AT_ONCE = 4096


class Model(Protocol):
    """A module with a Linear at its end that is told what to train, and that says what it is shown at once."""

    linear: nn.Linear
    shown: Shown

    def __call__(
        self, values: Mapping[str, torch.Tensor], present: Mapping[str, torch.Tensor], *order: Sequences
    ) -> Said: ...

    def learned(self, modalities: Iterable[str]) -> list[nn.Parameter]: ...


@dataclasses.dataclass(frozen=True)
class Said:
    """What a classifier says of a batch.

    Attributes:
        logits: (N, C).
        penalty: a scalar that is added to the loss; None: nothing.
        beside: logits (N, C) that are to be right, too, each with the rows (N,) that count.
    """

    logits: torch.Tensor
    penalty: torch.Tensor | None = None
    beside: Sequence[tuple[torch.Tensor, torch.Tensor]] = ()

    def cost(self, targets: torch.Tensor, class_weights: torch.Tensor, task: str) -> torch.Tensor:
        """Return the loss of all against targets (N, C), NaN for unknown, a scalar."""
        total = loss(self.logits.float(), targets, class_weights, task)
        for logits, mask in self.beside:
            total = total + loss(logits.float(), targets.masked_fill(~mask[:, None], math.nan), class_weights, task)
        return total if self.penalty is None else total + self.penalty.float()


class Classifier(nn.Module):
    """A network's representations side by side, shifted and scaled by fixed numbers, dropout, and one Linear."""

    shown = Alone()

    def __init__(self, network: Network, mean: torch.Tensor, scale: torch.Tensor, classes: int, dropout: float) -> None:
        super().__init__()
        self.network, self.dropout = network, nn.Dropout(dropout)
        self.register_buffer("mean", mean)
        self.register_buffer("scale", scale)
        self.linear = nn.Linear(len(mean), classes)

    def learned(self, modalities: Iterable[str]) -> list[nn.Parameter]:
        """Return all weights that these modalities use."""
        used = [p for name in modalities for p in self.network.representation[name].parameters()]
        return [*used, *self.linear.parameters()]

    def forward(self, values: Mapping[str, torch.Tensor], present: Mapping[str, torch.Tensor]) -> Said:
        """`{modality: (N, D_m)}` and `{modality: (N,)}` to logits (N, C); an absent modality counts as zero."""
        parts = self.network.represent(values)
        masks = [present[name][:, None].expand_as(value) for name, value in parts.items()]
        joined = (torch.cat(list(parts.values()), dim=1) - self.mean) / self.scale
        return Said(self.linear(self.dropout(joined * torch.cat(masks, dim=1))))


@dataclasses.dataclass
class Outcome:
    """A trained candidate at its best validation epoch: logits (N, C) of every utterance, and the model itself."""

    rate: float
    decay: float
    score: float
    loss: float
    epoch: int
    logits: torch.Tensor
    model: Classifier


def classifier(network: Network, data: Data, settings: Settings, where: torch.device) -> Classifier:
    """Put a classifier on `network`; its standardisation is measured once, on the training split as it starts out."""
    values = represent(network, data.inputs, where)
    matrix = concatenate(values, data.inputs.present, data.labelled("train"), settings.standardise, where)
    model = Classifier(network, matrix.mean, matrix.scale, len(data.classes), settings.dropout)
    if data.task == "regression":
        nn.init.zeros_(model.linear.weight)
        with torch.no_grad():
            model.linear.bias.copy_(first_bias(data.targets[data.labelled("train")], data.task))
    return model.to(where)


def train(model: Model, data: Data, draw: Draw, rate: float, decay: float, budget: Budget) -> Outcome:
    """Train all weights that the evaluated modalities use; return the best validation epoch."""
    where = model.linear.weight.device
    class_weights = weights(draw.targets[draw.train], data.task).to(where)
    optimiser = torch.optim.AdamW(model.learned(data.inputs.features), lr=rate, weight_decay=decay)
    batch = min(budget.batch_size, len(draw.train))
    steps = math.ceil(len(draw.train) / batch) * budget.epochs
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 0.5 + 0.5 * math.cos(math.pi * step / steps))
    best = Outcome(rate, decay, -math.inf, math.inf, 0, torch.empty(0), model)
    state = None
    for epoch in range(1, budget.epochs + 1):
        model.train()
        for rows in model.shown.batches(draw.train, batch):
            cost = _said(model, data, rows).cost(draw.targets[rows].to(where), class_weights, data.task)
            optimiser.zero_grad()
            cost.backward()
            optimiser.step()
            schedule.step()
        logits = predict(model, data, draw.valid)
        wanted = draw.targets[draw.valid].to(where)
        cost = float(loss(logits, wanted, class_weights, data.task))
        score = float(headline(logits, wanted, data.task).nan_to_num(-math.inf)) if math.isfinite(cost) else -math.inf
        if (score, -cost) > (best.score, -best.loss):
            best.score, best.loss, best.epoch = score, cost, epoch
            state = copy.deepcopy(model.state_dict())
        if epoch - best.epoch >= budget.patience:
            break
    if state is not None:
        model.load_state_dict(state)
    best.logits = predict(model, data, torch.arange(len(data.ids)))
    return best


def _said(model: Model, data: Data, rows: torch.Tensor) -> Said:
    """What a classifier says of some rows (M,)."""
    context, order = model.shown.around(rows)
    where, part = (
        model.linear.weight.device,
        data.inputs.rows(context.to(next(iter(data.inputs.present.values())).device)),
    )
    values = {name: value.to(where).float() for name, value in part.features.items()}
    present = {name: value.to(where) for name, value in part.present.items()}
    dtype = compute_dtype(where)
    with torch.autocast(where.type, dtype, enabled=dtype != torch.float32):
        return model(values, present, *(sequences.to(where) for sequences in order))


@torch.no_grad()
def predict(model: Model, data: Data, rows: torch.Tensor) -> torch.Tensor:
    """Return logits (M, C) of `rows` (M,), in float32 and evaluation mode."""
    model.eval()
    logits = torch.empty(len(rows), model.linear.out_features, device=model.linear.weight.device)
    for places in model.shown.blocks(rows, ROWS_AT_ONCE):
        logits[places.to(logits.device)] = _said(model, data, rows[places]).logits.float()
    return logits


def run(
    data: Data,
    settings: Settings,
    fresh: Callable[[int], Model],
    folder: Path,
    about: Callable[[int], Mapping[str, Any]],
) -> None:
    """Train every candidate of every seed; `fresh` gives a seed's own classifier to start from, `about` what its
    predictions tell of themselves."""
    selection = []
    predictions.clear(folder)
    for draw in draws_of(data, settings.seeds, settings.label_fraction):
        outcomes = []
        for rate, decay in candidates(settings):
            torch.manual_seed(draw.seed)  # candidates of a seed start alike
            outcomes.append(train(fresh(draw.seed), data, draw, rate, decay, settings))
        best = max(outcomes, key=lambda outcome: (outcome.score, -outcome.loss))
        scores = outputs(best.logits, data.task)
        predictions.write(folder, data, scores, draw.seed, draw.fraction, about(draw.seed), {})
        if isinstance(best.model, Classifier):  # a fusion has no network with a linear head on it
            _keep(folder, draw.seed, best.model, {**about(draw.seed), "inputs": list(data.inputs.features)})
        selection += predictions.selection_rows(draw, outcomes, best)
    predictions.write_selection(folder, selection)


def _keep(folder: Path, seed: int, model: Classifier, about: Mapping[str, Any]) -> None:
    """Write the head as `downstream.sweep` keeps its own, and the network that was trained with it as `seed{n}/`.

    `about` names its modalities as `inputs`, in the order of the head's inputs.
    """
    head = {"weight": model.linear.weight.T, "bias": model.linear.bias, "mean": model.mean, "scale": model.scale}
    predictions.write_head(folder, seed, head)
    io.save(model.network, folder / f"seed{seed}", {**about, "seed": seed})
