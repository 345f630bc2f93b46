"""A network trained on labelled pictures, with a classifier on top: shared by `finetune` and `supervised`."""

from __future__ import annotations

import copy
import dataclasses
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from conclugen.downstream import predictions
from conclugen.downstream.data import Data
from conclugen.downstream.draws import Draw, draws_of
from conclugen.downstream.heads import candidates
from conclugen.downstream.scores import first_bias, headline, loss, outputs, weights
from conclugen.downstream.settings import Budget, LabelFraction, Seeds
from conclugen.images import augment, probe, regions, shard
from conclugen.images.network import ImageNetwork
from conclugen.images.settings import Shape
from conclugen.pretrain.adamw import AdamW
from conclugen.store.devices import compute_dtype, device

AT_ONCE = 512
# Milder than in pretraining: a class must survive what is done to a picture.
CHANGES = augment.Changes(
    crop=(0.7, 1.0),
    mirror=0.5,
    brightness=0.2,
    contrast=0.2,
    saturation=0.2,
    hue=0.0,
    colour=0.8,
    blur=0.1,
    grey=0.0,
    mask=0.0,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Tuning(Shape):
    """What training on labelled pictures depends on.

    Attributes:
        size: pixels of the square that the network sees.
        target: what is predicted: `expression` or a dimension.
        seeds: of the draws.
        label_fraction: share of the training labels, in (0, 1].
        budget: rates, decays and epochs that validation chooses from.
    """

    size: int
    target: str
    seeds: Seeds
    label_fraction: LabelFraction
    budget: Budget


class Classifier(nn.Module):
    """A network's representation, dropout, and one Linear."""

    def __init__(self, network: ImageNetwork, classes: int, dropout: float) -> None:
        super().__init__()
        self.network, self.dropout = network, nn.Dropout(dropout)
        self.norm, self.linear = nn.BatchNorm1d(network.dim), nn.Linear(network.dim, classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Pictures (N, C, S, S) to logits (N, K)."""
        return self.linear(self.dropout(self.norm(self.network.represent(images)))).float()


@dataclasses.dataclass(frozen=True)
class Pictures:
    """The pictures of a data set in the order of its rows: `places` (N,) are their numbers in the shard."""

    images: shard.Images
    places: torch.Tensor
    size: int
    where: torch.device

    def changed(self, rows: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Return rows (B,) as training sees them."""
        plain = self.images.shown(self.places[rows], self.where)
        points = (regions.registered().to(self.where) * plain.shape[-1]).expand(len(plain), -1, -1)
        return augment.augment(plain, points, CHANGES, self.size, generator)

    def plain(self, rows: torch.Tensor) -> torch.Tensor:
        """Return rows (B,) as evaluation sees them."""
        return augment.plain(self.images.shown(self.places[rows], self.where), 1.0, self.size)


@dataclasses.dataclass
class Outcome:
    """A trained candidate at its best validation epoch: logits (N, K) of every image."""

    rate: float
    decay: float
    score: float = -math.inf
    loss: float = math.inf
    epoch: int = 0
    logits: torch.Tensor = dataclasses.field(default_factory=lambda: torch.empty(0))


def train(model: Classifier, pictures: Pictures, data: Data, draw: Draw, outcome: Outcome, budget: Budget) -> Outcome:
    """Train all weights; fill and return `outcome` at its best validation epoch.

    Raises ValueError where none is finite.
    """
    where, best = pictures.where, None
    wanted, class_weights = draw.targets[draw.valid].to(where), weights(draw.targets[draw.train], data.task).to(where)
    used = [p for name, p in model.named_parameters() if not name.startswith("network.head")]
    optimiser, batch = AdamW(used, outcome.rate, outcome.decay), min(budget.batch_size, len(draw.train))
    steps, number = math.ceil(len(draw.train) / batch) * budget.epochs, 0
    for epoch in range(1, budget.epochs + 1):
        generator = torch.Generator().manual_seed(draw.seed * 1_000_003 + epoch)
        model.train()
        for rows in draw.train[torch.randperm(len(draw.train), generator=generator)].split(batch):
            optimiser.learning_rate = outcome.rate * (0.5 + 0.5 * math.cos(math.pi * number / steps))
            number += 1
            if len(rows) < 2:  # a normalisation of one row is not defined
                continue
            logits = _logits(model, pictures.changed(rows, generator))
            cost = loss(logits, draw.targets[rows].to(where), class_weights, data.task)
            optimiser.zero_grad()
            cost.backward()
            optimiser.step()
        logits = predict(model, pictures, draw.valid)
        cost, score = float(loss(logits, wanted, class_weights, data.task)), float(headline(logits, wanted, data.task))
        if math.isfinite(cost) and (score, -cost) > (outcome.score, -outcome.loss):
            outcome.score, outcome.loss, outcome.epoch = score, cost, epoch
            best = copy.deepcopy(model.state_dict())
        if epoch - outcome.epoch >= budget.patience:
            break
    if best is None:
        raise ValueError(f"rate {outcome.rate:g}: no epoch has a finite loss; try a tenth of it")
    model.load_state_dict(best)
    outcome.logits = torch.zeros((len(data.ids), wanted.shape[1]))
    rows = torch.from_numpy(np.flatnonzero(np.isin(data.split, ("valid", "test"))))
    outcome.logits[rows] = predict(model, pictures, rows).cpu()
    return outcome


def _logits(model: Classifier, images: torch.Tensor) -> torch.Tensor:
    dtype = compute_dtype(images.device)
    with torch.autocast(images.device.type, dtype, enabled=dtype != torch.float32):
        return model(images).float()


@torch.no_grad()
def predict(model: Classifier, pictures: Pictures, rows: torch.Tensor) -> torch.Tensor:
    """Return logits (M, K) of rows (M,), in evaluation mode."""
    model.eval()
    return torch.cat([_logits(model, pictures.plain(batch)) for batch in rows.split(AT_ONCE)])


def run(
    args: probe.Arguments,
    settings: Tuning,
    protocol: str,
    start: Callable[[int, int], tuple[ImageNetwork, dict[str, Any] | None]],
) -> None:
    """Train every candidate of every seed and write predictions.

    `start` returns, for a seed and the channels of the pictures, a network of its own and what predictions tell of it.
    """
    data, images, where = probe.labels(args.manifest, settings.target), shard.read(args.images), device()
    place = {name: number for number, name in enumerate(images.ids.tolist())}
    places = torch.tensor([place[name] for name in data.ids.tolist()])
    pictures, selection = Pictures(images, places, settings.size, where), []
    present = torch.from_numpy(images.present)[places]
    predictions.clear(args.output)
    for draw in draws_of(data, settings.seeds, settings.label_fraction):
        draw = dataclasses.replace(draw, train=draw.train[present[draw.train]], valid=draw.valid[present[draw.valid]])
        outcomes = []
        for rate, decay in candidates(settings.budget):
            network, network_about = start(draw.seed, images.pixels.shape[3])
            torch.manual_seed(draw.seed)  # candidates of a seed start alike
            model = Classifier(network, len(data.classes), settings.budget.dropout)
            if data.task == "regression":  # far from 0 the first epochs would go into the mean alone
                model.linear.bias.data.copy_(first_bias(draw.targets[draw.train], data.task))
            model = model.to(where)
            outcomes.append(train(model, pictures, data, draw, Outcome(rate, decay), settings.budget))
        best = max(outcomes, key=lambda outcome: (outcome.score, -outcome.loss))
        about = {"protocol": protocol, "network": network_about}
        predictions.write(args.output, data, outputs(best.logits, data.task), draw.seed, draw.fraction, about, {})
        selection += predictions.selection_rows(draw, outcomes, best)
    predictions.write_selection(args.output, selection)


def model_of(models: tuple[Path, ...], seed: int) -> Path:
    """Return the folder of the network that a seed starts from: seed n mod their number."""
    return models[seed % len(models)]
