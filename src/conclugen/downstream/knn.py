"""k nearest neighbours on frozen representations: no classifier is trained, only the number of neighbours is chosen.

Entry module. Similarity is the mean cosine over the modalities present in both utterances. Neighbours vote with weight
exp(cosine / TEMPERATURE); votes are divided by how common a class is among the training utterances, as the class
weights do for linear heads, since an unweighted vote would never name a rare class. Sentiment is the weighted mean of
the neighbours'. A seed changes the pretrained network (and the subset of a label fraction), nothing else.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from conclugen.downstream import predictions
from conclugen.downstream.data import Data, by_model, parse_arguments, read
from conclugen.downstream.draws import Draw, draws_of
from conclugen.downstream.inputs import concatenate
from conclugen.downstream.networks import origin
from conclugen.downstream.representations import represent
from conclugen.downstream.scores import headline
from conclugen.downstream.settings import Evaluated, Vote
from conclugen.models.io import load_placed
from conclugen.store.devices import device, set_threads
from conclugen.store.settings import parse

ROWS_AT_ONCE = 2048
TEMPERATURE = 0.1  # of the vote, in units of cosine


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings(Evaluated, Vote):
    """What the protocol is told."""


def unit_rows(values: dict[str, torch.Tensor], data: Data, standardise: bool, where: torch.device) -> torch.Tensor:
    """Return (N, ΣR): each modality standardised and of length 1, zero where absent, scaled so that a product of two
    rows with all modalities is the mean of their cosines."""
    train, blocks = data.labelled("train"), []
    for name, value in values.items():
        matrix = concatenate({name: value}, data.inputs.present, train, standardise, where)
        blocks.append(functional.normalize(matrix.values, dim=1))
    joined = torch.cat(blocks, dim=1)
    return functional.normalize(joined, dim=1)  # by the root of the number of modalities present


@dataclasses.dataclass(frozen=True)
class Neighbours:
    """Of each query, the K nearest keys, nearest first: their similarity (Q, K) and their place among the keys."""

    near: torch.Tensor
    index: torch.Tensor

    def __getitem__(self, rows: torch.Tensor | slice) -> Neighbours:
        """Return those of some queries."""
        return Neighbours(self.near[rows], self.index[rows])


def search(queries: torch.Tensor, keys: torch.Tensor, subsets: Sequence[torch.Tensor], k: int) -> list[Neighbours]:
    """Return, for each subset (places among the keys (M, D)), the k nearest of its keys to each of queries (Q, D).

    Similarities are computed once for all subsets, in blocks; the index counts within the subset.
    """
    nearest: list[list[Neighbours]] = [[] for _ in subsets]
    for block in queries.split(ROWS_AT_ONCE):
        similarity = block @ keys.T
        for subset, parts in zip(subsets, nearest, strict=True):
            subset_similarity = similarity if len(subset) == len(keys) else similarity[:, subset]
            parts.append(Neighbours(*subset_similarity.topk(min(k, len(subset)), dim=1)))
    return [
        Neighbours(torch.cat([part.near for part in parts]), torch.cat([part.index for part in parts]))
        for parts in nearest
    ]


def votes(neighbours: Neighbours, targets: torch.Tensor, k: int, task: str) -> torch.Tensor:
    """Return outputs (Q, C) from the k nearest of the keys, whose targets are (M, C), NaN for unknown.

    Multi-label: p/π against (1-p)/(1-π) with p the positive share of the vote and π that of all keys. Single label:
    p_c/π_c, normalised. Regression: the weighted mean. Where no neighbour's label is known, p is π (the mean of all).
    """
    known = ~targets.isnan()
    wanted = targets.nan_to_num(0)
    prior = wanted.sum(0) / known.sum(0).clamp_min(1)
    prior = prior if task == "regression" else prior.clamp(1e-6, 1 - 1e-6)
    near, index = neighbours.near[:, :k], neighbours.index[:, :k]
    weight = torch.exp((near - near[:, :1]) / TEMPERATURE)[..., None] * known[index]
    share = (weight * wanted[index]).sum(1) / weight.sum(1).clamp_min(1e-12)
    share = torch.where(weight.sum(1) > 0, share, prior)
    if task == "regression":
        return share
    lifted = share / prior
    if task == "multi":
        return lifted / (lifted + (1 - share) / (1 - prior))
    return lifted / lifted.sum(1, keepdim=True).clamp_min(1e-12)


def evaluate(rows: torch.Tensor, data: Data, draws: Sequence[Draw], settings: Settings) -> Iterator[Chosen]:
    """Yield, for each draw on one network's `rows` (N, ΣR), what validation chose and its predictions."""
    keys = data.labelled("train")
    queries = torch.from_numpy(np.flatnonzero(np.isin(data.split, ("valid", "test"))))
    place = torch.full((len(rows),), -1).scatter(0, keys, torch.arange(len(keys)))
    where, most = rows.device, max(settings.neighbours)
    subsets = [place[draw.train].to(where) for draw in draws]
    nearest = search(rows[queries.to(where)], rows[keys.to(where)], subsets, most)
    for draw, neighbours in zip(draws, nearest, strict=True):
        targets = draw.targets[draw.train].to(where)
        held = torch.isin(queries, draw.valid).to(where)
        wanted = draw.targets[queries].to(where)[held]
        scores = {
            k: _score(votes(neighbours[held], targets, k, data.task), wanted, data.task)
            for k in sorted(set(settings.neighbours))
        }
        best = max(scores, key=lambda k: (scores[k], -k))
        predicted = torch.zeros((len(rows), targets.shape[1]))
        predicted[queries] = votes(neighbours, targets, best, data.task).cpu()
        yield Chosen(draw, scores, best, predicted)


@dataclasses.dataclass(frozen=True)
class Chosen:
    """A draw, the validation score of each k, the best k, and scores (N, C): zero for training utterances."""

    draw: Draw
    scores: dict[int, float]
    best: int
    predicted: torch.Tensor


def _score(said: torch.Tensor, wanted: torch.Tensor, task: str) -> float:
    return float(headline(said - 0.5 if task == "multi" else said, wanted, task).nan_to_num(-math.inf))


def _run(
    rows: torch.Tensor, data: Data, draws: Sequence[Draw], settings: Settings, folder: Path, model: Path
) -> list[dict]:
    """Write the predictions of all draws on one network, return selection rows."""
    selection, about = [], {"protocol": "knn", "network": origin(model)}
    for result in evaluate(rows, data, draws, settings):
        predictions.write(folder, data, result.predicted, result.draw.seed, result.draw.fraction, about, {})
        shared = {"seed": result.draw.seed, "label_fraction": result.draw.fraction}
        for k, score in result.scores.items():
            selection.append({**shared, "neighbours": k, "valid_score": score, "chosen": k == result.best})
    return selection


def main(argv: Sequence[str] | None = None) -> None:
    """Write predictions for every seed."""
    arguments = parse_arguments(__doc__ or "", argv, needs_model=True)
    settings = parse(Settings, arguments.settings)
    set_threads(arguments.threads)
    where = device()
    data = read(
        arguments.manifest, arguments.features, settings.modalities, settings.evaluate, settings.target, settings.fold
    )
    selection = []
    predictions.clear(arguments.output)
    for number, seeds in by_model(settings.seeds, arguments.models).items():
        model = arguments.models[number]
        values = represent(load_placed(model), data.inputs, where)
        rows = unit_rows(values, data, settings.standardise, where)
        draws = draws_of(data, seeds, settings.label_fraction)
        selection += _run(rows, data, draws, settings, arguments.output, model)
    selection.sort(key=lambda row: row["seed"])
    predictions.write_selection(arguments.output, selection)


if __name__ == "__main__":
    main()
