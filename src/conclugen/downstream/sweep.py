"""Linear heads on fixed inputs, for all seeds: shared by `linear`, `linear_input`, `raw` and `shuffled`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from conclugen.downstream import heads, predictions
from conclugen.downstream.data import Data, by_model
from conclugen.downstream.draws import Draw, draws_of
from conclugen.downstream.inputs import Matrix
from conclugen.downstream.scores import outputs
from conclugen.downstream.settings import Budget, Settings

Weighted = Iterable[tuple[float, Matrix]]  # inputs, each with the weight that the representation has in them


@dataclasses.dataclass(frozen=True, eq=False)
class Best:
    """The head of a draw that validation chose.

    Attributes:
        rank: its score and the negative of its loss; the higher the better.
        weight, candidate: of the representation in its inputs, and the number among the candidates of the budget.
        logits, without: (N, C) of every utterance, and the same with a modality masked, by modality.
        state: the head and what its inputs were standardised by: weight (D, C), bias (C,), mean and scale (D,).
    """

    rank: tuple[float, float]
    weight: float
    candidate: int
    logits: torch.Tensor
    without: dict[str, torch.Tensor]
    state: dict[str, torch.Tensor]


def run(
    data: Data,
    choices: Weighted,
    draws: list[Draw],
    budget: Budget,
    folder: Path,
    about: dict[str, Any],
    network: dict[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """Train the heads of all draws, write the predictions of the best of each and the head; return selection rows.

    Validation chooses among `choices` as it does among the candidates of `budget`. `network`: what predictions tell of
    the network behind the inputs.
    """
    best: dict[int, Best] = {}
    tried: list[tuple[float, heads.Heads]] = []
    for weight, inputs in choices:
        trained = heads.fit(inputs.values, draws, data.task, budget)
        tried.append((weight, trained))
        for number, candidate in enumerate(trained.chosen().tolist()):
            rank = (float(trained.score[number, candidate]), -float(trained.loss[number, candidate]))
            if number not in best or rank > best[number].rank:
                best[number] = _best(rank, weight, inputs, trained, number, candidate)
    for number, head in sorted(best.items()):
        draw, scores = draws[number], outputs(head.logits, data.task)
        without = {name: outputs(value, data.task) for name, value in head.without.items()}
        predictions.write(folder, data, scores, draw.seed, draw.fraction, about | {"network": network}, without)
        predictions.write_head(folder, draw.seed, head.state)
    return [
        row | about for number, draw in enumerate(draws) for row in _rows(draw, tried, number, best[number], budget)
    ]


def _best(
    rank: tuple[float, float], weight: float, inputs: Matrix, trained: heads.Heads, number: int, candidate: int
) -> Best:
    head = trained.select(number, candidate)
    state = {"weight": head[0], "bias": head[1], "mean": inputs.mean, "scale": inputs.scale}
    logits = heads.logits(inputs.values, trained, number, candidate)
    return Best(rank, weight, candidate, logits, masked_logits(inputs, *head), state)


def _rows(
    draw: Draw, tried: Sequence[tuple[float, heads.Heads]], number: int, best: Best, budget: Budget
) -> Iterator[dict[str, Any]]:
    """A row per candidate of a draw."""
    for weight, trained in tried:
        for k, (rate, decay) in enumerate(heads.candidates(budget)):
            yield {
                "seed": draw.seed,
                "label_fraction": draw.fraction,
                "representation_weight": weight,
                "learning_rate": rate,
                "weight_decay": decay,
                "epoch": int(trained.epoch[number, k]),
                "valid_score": float(trained.score[number, k]),
                "valid_loss": float(trained.loss[number, k]),
                "chosen": (weight, k) == (best.weight, best.candidate),
            }


def masked_logits(inputs: Matrix, weight: torch.Tensor, bias: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return, by modality, the logits (N, C) of a head (D, C), (C,) where that modality is absent from every utterance.

    Absent means what it means in the data: its columns are zero, the mean of the training split where inputs are
    standardised. Nothing is left without the only modality, so where there is one, nothing is returned.
    """
    parts = {name: inputs.values[:, columns] @ weight[columns] for name, columns in inputs.columns.items()}
    return {
        name: bias + torch.stack([value for other, value in parts.items() if other != name]).sum(0)
        for name in parts
        if len(parts) > 1
    }


def run_by_model(
    settings: Settings,
    models: Sequence[Path],
    build: Callable[[Path | None], Weighted],
    data: Data,
    folder: Path,
    about: dict[str, Any],
    shuffled: bool = False,
    origin: Callable[[Path | None], dict[str, Any] | None] = lambda _: None,
) -> None:
    """Run all seeds, those of one network together, and write `selection.csv` last.

    `build` returns the inputs that a network makes, `origin` what predictions tell of it.
    """
    rows = []
    predictions.clear(folder)
    for number, seeds in by_model(settings.seeds, models).items():
        model = models[number] if models else None
        draws = draws_of(data, seeds, settings.label_fraction, shuffled)
        named = {**about, "model": model.name if model else ""}
        rows += run(data, build(model), draws, settings, folder, named, origin(model))
    rows.sort(key=lambda row: row["seed"])
    predictions.write_selection(folder, rows)
