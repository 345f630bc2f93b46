"""Where validation utterances lie: in the raw features, in the network untrained, and in the network pretrained.

Entry module. Labels are those of validation; no label of the test split is read. A picture of neighbours shows islands
where there are none, so what is said of a map is measured in the space itself, before it is laid out: how often the
nearest neighbours are of the same class, of other speakers alone, and how often of the same speaker; each beside chance
and beside the two spaces that pretraining had no part in.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

from conclugen.data.cross_validation import Fold
from conclugen.data.manifest import as_target, read_manifest
from conclugen.data.targets import targets
from conclugen.downstream.representations import represent
from conclugen.evaluation import layout
from conclugen.evaluation.settings import Maps
from conclugen.models import io
from conclugen.store import resident
from conclugen.store.devices import device
from conclugen.store.settings import parse
from conclugen.store.shards import by_stream

NEIGHBOURS = 10
DIMENSIONS = 50  # of the principal components that neighbours are laid out from
PERPLEXITY = 30.0
SEVERAL, NONE = "several", "none of them"
SIGNS = ("negative", "neutral", "positive")
MOST_UTTERANCES = 500  # on a map


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings(Maps):
    """What is mapped, and how.

    Attributes:
        modalities: the streams of each modality.
        evaluate: the modalities that are used.
        target: whose classes are coloured: `expression` or a dimension, such as `sentiment`.
        fold: in whose turn utterances validate; None in a data set with splits.
    """

    OPTIONAL = ("fold",)

    modalities: dict[str, list[str]]
    evaluate: list[str]
    target: str
    fold: Fold | None = None


@dataclasses.dataclass(frozen=True)
class Utterances:
    """Validation utterances that have every modality: their inputs, the number (N,) of their class and speaker, -1
    where it is not known, the names of classes, what speakers are told apart by, and how many were left out."""

    inputs: resident.Resident
    classes: tuple[str, ...]
    marks: dict[str, np.ndarray]
    of: str
    left_out: int


def chosen(manifest_path: Path, features: Mapping[str, Sequence[Path]], settings: Settings) -> Utterances:
    """Return the validation utterances that are drawn, evenly spread over those that have every modality."""
    manifest = as_target(read_manifest(manifest_path, fold=settings.fold), settings.target)
    valid = manifest.table[manifest.table["split"] == "valid"].reset_index(drop=True)
    joined = {name: tuple(settings.modalities[name]) for name in settings.evaluate}
    inputs = resident.load_modalities(features, joined, valid["utterance_id"].to_numpy(dtype=str))
    whole = np.flatnonzero(np.logical_and.reduce([present.numpy() for present in inputs.present.values()]))
    indices = whole[np.unique(np.linspace(0, len(whole) - 1, min(len(whole), MOST_UTTERANCES)).round().astype(int))]
    classes, of_class = categories(targets(dataclasses.replace(manifest, table=valid)), manifest.task, manifest.classes)
    unit, of_speaker = speakers(valid)
    marks = {"class": of_class[indices], "speaker": of_speaker[indices]}
    return Utterances(inputs.rows(torch.from_numpy(indices)), classes, marks, unit, len(valid) - len(indices))


def categories(labels: np.ndarray, task: str, classes: Sequence[str]) -> tuple[tuple[str, ...], np.ndarray]:
    """Return names, and of each row of labels (N, C) the number of its own (N,), -1 where it is unknown.

    Of any of n classes, an utterance with several is of none of these but of `SEVERAL`; sentiment has its sign.
    """
    known = ~np.isnan(labels).any(1)
    if task == "regression":
        return SIGNS, np.where(known, np.sign(np.nan_to_num(labels[:, 0])).astype(int) + 1, -1)
    count = np.nansum(labels, 1)
    number = np.where(count == 1, np.nan_to_num(labels).argmax(1), np.where(count > 1, len(classes), len(classes) + 1))
    names = (*classes, *((SEVERAL, NONE) if task == "multi" else ()))
    return names, np.where(known, number, -1)


def speakers(table: pd.DataFrame) -> tuple[str, np.ndarray]:
    """Return what utterances are told apart by, and the number of each, -1 where it is not known: the speaker, or the
    group, such as a video, where speakers are not known."""
    for name in ("speaker", "group"):
        known = table[name].notna() & (table[name] != "")
        if known.any():
            numbers, _ = pd.factorize(table[name].where(known))
            return name, np.where(known, numbers, -1)
    return "speaker", np.full(len(table), -1)


def space(values: Mapping[str, torch.Tensor]) -> np.ndarray:
    """Return modalities side by side, (N, D), each number with mean 0 and deviation 1, as heads see them."""
    joined = torch.cat([value.float().cpu() for value in values.values()], dim=1).numpy().astype(np.float64)
    return (joined - joined.mean(0)) / np.maximum(joined.std(0), 1e-6)


def placed(values: np.ndarray, drawn_as: str) -> np.ndarray:
    """Return rows (N, D) in two dimensions, (N, 2): the first principal components, or t-SNE (van der Maaten and Hinton
    2008) from up to `DIMENSIONS` of them. The same rows give the same places."""
    count = min(2 if drawn_as == "PCA" else DIMENSIONS, *values.shape)
    reduced = PCA(count, svd_solver="full").fit_transform(values)
    if drawn_as == "PCA":
        return reduced
    perplexity = min(PERPLEXITY, (len(values) - 1) / 3)
    return TSNE(perplexity=perplexity, init="pca", random_state=0, n_jobs=1).fit_transform(reduced)


def agreement(values: np.ndarray, marks: Mapping[str, np.ndarray]) -> tuple[dict[str, float], dict[str, float]]:
    """Return, by kind, how often the nearest neighbours of rows (N, D) are of the same kind, and how often any are.

    Neighbours that class is asked of are of other speakers, so that no speaker is taken for a class. NaN where nothing
    can be told.
    """
    apart = ((values**2).sum(1)[:, None] + (values**2).sum(1)) - 2 * values @ values.T
    np.fill_diagonal(apart, np.inf)
    known = marks["speaker"] >= 0
    same = (marks["speaker"][:, None] == marks["speaker"]) & known[:, None] & known
    others = ~np.eye(len(values), dtype=bool)
    pairs = {"class": others & ~same, "speaker": others & known[:, None] & known}
    shared, chance = {}, {}
    for kind, allowed in pairs.items():
        labelled = marks[kind] >= 0
        allowed = allowed & labelled[:, None] & labelled
        alike = marks[kind][:, None] == marks[kind]
        rows = np.flatnonzero(allowed.any(1))
        nearest_shares, any_of = [], []
        for row in rows:
            candidates = np.flatnonzero(allowed[row])
            nearest = candidates[np.argsort(apart[row, candidates], kind="stable")[:NEIGHBOURS]]
            nearest_shares.append(alike[row, nearest].mean())
            any_of.append(alike[row, candidates].mean())
        shared[kind] = float(np.mean(nearest_shares)) if nearest_shares else float("nan")
        chance[kind] = float(np.mean(any_of)) if any_of else float("nan")
    return shared, chance


def layout_of(utterances: Utterances, networks: Mapping[str, Path], settings: Settings) -> layout.Layout:
    """Return places and neighbours in each space. Without two utterances there are no places."""
    spaces = {"raw": utterances.inputs.features}
    for name, folder in networks.items():
        spaces[name] = represent(io.load(folder), utterances.inputs, device())
    metadata = io.about(networks["pretrained"])
    about = {"target": settings.target, "drawn_as": settings.maps, "of": utterances.of}
    about |= {"corpus": metadata["corpus"], "method": metadata["method"], "network": networks["pretrained"].name}
    about["left_out"] = str(utterances.left_out)
    few = len(utterances.inputs) < 3
    places, shared, chance = {}, {}, dict.fromkeys(layout.KINDS, float("nan"))
    for name in layout.SPACES:
        values = space(spaces[name])
        places[name] = np.zeros((len(values), 2)) if few else placed(values, settings.maps)
        shared[name], chance = agreement(values, utterances.marks)
    return layout.Layout(about, utterances.classes, utterances.marks, places, shared, chance, NEIGHBOURS)


def main(argv: Sequence[str] | None = None) -> None:
    """Write the places of a data set's validation utterances."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--features", nargs="+", action="extend", required=True, help="…/STREAM/SHARD.h5")
    parser.add_argument("--pretrained", type=Path, required=True, help="model.safetensors")
    parser.add_argument("--untrained", type=Path, required=True, help="model.safetensors")
    parser.add_argument("--settings", required=True, help="JSON")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args(argv)
    settings = parse(Settings, arguments.settings)
    networks = {"untrained": arguments.untrained.parent, "pretrained": arguments.pretrained.parent}
    utterances = chosen(arguments.manifest, by_stream(arguments.features), settings)
    layout.write(arguments.output, layout_of(utterances, networks, settings))


if __name__ == "__main__":
    main()
