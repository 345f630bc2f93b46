"""Linear heads on fixed inputs, for all seeds: shared by `linear`, `linear_input`, `raw` and `shuffled`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from conclugen.downstream import heads, predictions
from conclugen.downstream.data import Data, by_model
from conclugen.downstream.draws import Draw, draws_of
from conclugen.downstream.inputs import Matrix
from conclugen.downstream.scores import outputs
from conclugen.downstream.settings import Settings
from conclugen.store.atomic import atomic_path


def run(
    data: Data,
    inputs: Matrix,
    draws: list[Draw],
    budget: heads.Budget,
    folder: Path,
    about: dict[str, Any],
    network: dict[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """Train the heads of all draws on `inputs`, write their predictions and heads; return selection rows.

    `network`: what predictions tell of the network that `inputs` come from, `networks.origin`.
    """
    trained = heads.fit(inputs.values, draws, data.task, budget)
    chosen = trained.chosen()
    rows = []
    for number, draw in enumerate(draws):
        best = int(chosen[number])
        head = trained.select(number, best)
        scores = outputs(heads.logits(inputs.values, trained, number, best), data.task)
        without = {name: outputs(value, data.task) for name, value in masked_logits(inputs, *head).items()}
        predictions.write(folder, data, scores, draw.seed, draw.fraction, about | {"network": network}, without)
        _save_head(folder, draw.seed, inputs, head)
        for k, (rate, decay) in enumerate(budget.candidates()):
            rows.append(
                {
                    "seed": draw.seed,
                    "label_fraction": draw.fraction,
                    "learning_rate": rate,
                    "weight_decay": decay,
                    "epoch": int(trained.epoch[number, k]),
                    "valid_score": float(trained.score[number, k]),
                    "valid_loss": float(trained.loss[number, k]),
                    "chosen": k == best,
                    **about,
                }
            )
    return rows


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


def _save_head(folder: Path, seed: int, inputs: Matrix, head: tuple[torch.Tensor, torch.Tensor]) -> None:
    """Keep the chosen head and what its inputs were standardised by: weight (D, C), bias (C,), mean and scale (D,)."""
    state = {"weight": head[0], "bias": head[1], "mean": inputs.mean, "scale": inputs.scale}
    with atomic_path(folder / f"seed{seed}.head.safetensors") as temporary:
        save_file({name: value.detach().cpu().contiguous() for name, value in state.items()}, temporary)


def run_by_model(
    settings: Settings,
    models: Sequence[Path],
    build: Callable[[Path | None], Matrix],
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
        rows += run(data, build(model), draws, settings.budget(), folder, named, origin(model))
    rows.sort(key=lambda row: row["seed"])
    predictions.write_selection(folder, rows)
