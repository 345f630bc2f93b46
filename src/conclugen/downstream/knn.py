"""k nearest neighbours on frozen representations: no classifier is trained, only the number of neighbours is chosen.

Entry module. Similarity is the mean cosine over the modalities present in both utterances. Neighbours vote with weight
exp(cosine / temperature); votes are divided by how common a class is among the training utterances, as the class
weights do for linear heads, since an unweighted vote would never name a rare class. A seed changes the pretrained
network (and the subset of a label fraction), nothing else.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from conclugen.downstream import predictions
from conclugen.downstream.data import Data, by_model, parse_arguments, read
from conclugen.downstream.draws import Draw, draws_of
from conclugen.downstream.inputs import concatenate
from conclugen.downstream.representations import represent
from conclugen.downstream.scores import headline
from conclugen.downstream.settings import check_common
from conclugen.models.io import load
from conclugen.store.devices import device, set_threads
from conclugen.store.settings import parse

ROWS_AT_ONCE = 2048


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the protocol depends on beside data, networks and code.

    Attributes:
        modalities, evaluate, seeds, standardise, label_fractions: as for linear evaluation.
        neighbours: candidates for k; the validation split chooses.
        temperature: of the vote, in units of cosine.
    """

    modalities: dict[str, tuple[str, ...]]
    evaluate: tuple[str, ...]
    seeds: tuple[int, ...]
    neighbours: tuple[int, ...]
    temperature: float
    standardise: bool
    label_fractions: tuple[float, ...]

    def __post_init__(self) -> None:
        check_common(self.seeds, self.evaluate, self.label_fractions)
        if not self.neighbours or min(self.neighbours) < 1 or self.temperature <= 0:
            raise ValueError("neighbours must not be empty and at least 1 each; temperature must be above 0")


def unit_rows(values: dict[str, torch.Tensor], data: Data, standardise: bool, where: torch.device) -> torch.Tensor:
    """Return (N, ΣR): each modality standardised and of length 1, zero where absent, scaled so that a product of two
    rows with all modalities is the mean of their cosines."""
    train, blocks = data.labelled("train"), []
    for name, value in values.items():
        matrix = concatenate({name: value}, data.inputs.present, train, standardise, where)
        blocks.append(functional.normalize(matrix.values, dim=1))
    joined = torch.cat(blocks, dim=1)
    return functional.normalize(joined, dim=1)  # by the root of the number of modalities present


def votes(
    queries: torch.Tensor, keys: torch.Tensor, targets: torch.Tensor, k: int, temperature: float, task: str
) -> torch.Tensor:
    """Return probabilities (N, C) for queries (N, D) from keys (M, D) with targets (M, C), NaN for unknown.

    Multi-label: p/π against (1-p)/(1-π) with p the positive share of the vote and π that of all keys. Single label:
    p_c/π_c, normalised. Where no neighbour's label is known, p is π.
    """
    known = ~targets.isnan()
    wanted = targets.nan_to_num(0)
    prior = (wanted.sum(0) / known.sum(0).clamp_min(1)).clamp(1e-6, 1 - 1e-6)
    parts = []
    for block in queries.split(ROWS_AT_ONCE):
        near, index = (block @ keys.T).topk(min(k, len(keys)), dim=1)
        weight = torch.exp((near - near[:, :1]) / temperature)[..., None] * known[index]
        share = (weight * wanted[index]).sum(1) / weight.sum(1).clamp_min(1e-12)
        parts.append(torch.where(weight.sum(1) > 0, share, prior))
    share = torch.cat(parts)
    lifted = share / prior
    if task == "multi":
        return lifted / (lifted + (1 - share) / (1 - prior))
    return lifted / lifted.sum(1, keepdim=True).clamp_min(1e-12)


def _run(rows: torch.Tensor, data: Data, draw: Draw, settings: Settings, folder: Path) -> list[dict[str, Any]]:
    """Choose k on validation, write the predictions, return selection rows."""
    keys, targets = rows[draw.train.to(rows.device)], draw.targets[draw.train].to(rows.device)
    valid = draw.valid.to(rows.device)

    def score(k: int) -> float:
        found = votes(rows[valid], keys, targets, k, settings.temperature, data.task)
        centred = found - 0.5 if data.task == "multi" else found
        return float(headline(centred, draw.targets[draw.valid].to(rows.device), data.task).nan_to_num(-1))

    scores = {k: score(k) for k in sorted(set(settings.neighbours))}
    best = max(scores, key=lambda k: (scores[k], -k))
    found = votes(rows, keys, targets, best, settings.temperature, data.task)
    predictions.write(folder, data, found, draw.seed, draw.fraction, {"protocol": "knn"})
    shared = {"seed": draw.seed, "label_fraction": draw.fraction}
    return [{**shared, "neighbours": k, "valid_score": s, "chosen": k == best} for k, s in scores.items()]


def main(argv: Sequence[str] | None = None) -> None:
    """Write predictions for every seed."""
    arguments = parse_arguments(__doc__ or "", argv, needs_model=True)
    settings = parse(Settings, arguments.settings)
    set_threads(arguments.threads)
    data, where = read(arguments.manifest, arguments.features, settings.modalities, settings.evaluate), device()
    selection = []
    predictions.clear(arguments.output)
    for number, seeds in by_model(settings.seeds, arguments.models).items():
        values = represent(load(arguments.models[number]), data.inputs, where)
        rows = unit_rows(values, data, settings.standardise, where)
        for draw in draws_of(data, seeds, settings.label_fractions):
            selection += _run(rows, data, draw, settings, arguments.output)
    selection.sort(key=lambda row: (row["seed"], -row["label_fraction"]))
    predictions.write_selection(arguments.output, selection)


if __name__ == "__main__":
    main()
