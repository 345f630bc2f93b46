"""What every downstream protocol reads: features by modality, and the labels of train and valid alone."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from conclugen.data.cross_validation import Fold
from conclugen.data.manifest import as_target, read_manifest
from conclugen.data.targets import targets
from conclugen.store import resident
from conclugen.store.shards import by_stream

SPLITS = ("train", "valid", "test")


@dataclasses.dataclass(frozen=True)
class Data:
    """A labelled data set, in the manifest's order, without the utterances that are in no split.

    Attributes:
        ids, split: (N,).
        task: `single`, `multi` or `regression`.
        classes: C names.
        targets: (N, C) float32, 1 or 0 (one-hot for `single`), the value itself for `regression`; NaN where the label
            is unknown, and in all of test.
        inputs: features (N, D_m) and presence (N,) by modality.
        streams: the streams of each modality.
        fold: whose turn it is; None in a data set with splits.
    """

    ids: np.ndarray
    split: np.ndarray
    task: str
    classes: tuple[str, ...]
    targets: torch.Tensor
    inputs: resident.Resident
    streams: Mapping[str, Sequence[str]]
    fold: Fold | None = None

    def labelled(self, split: str) -> torch.Tensor:
        """Return the row numbers (M,) of a split that have at least one known label."""
        return torch.from_numpy(np.flatnonzero((self.split == split) & (~self.targets.isnan()).any(1).numpy()))


def read(
    manifest_path: str | Path,
    features: Mapping[str, Sequence[Path]],
    modalities: Mapping[str, Sequence[str]],
    evaluate: Sequence[str],
    target: str,
    fold: Fold | None = None,
) -> Data:
    """Read the labels of train and valid, and the modalities named in `evaluate`; `target`: expression or a dimension;
    `fold`: whose turn it is, None for a data set with splits.

    Raises ValueError when the data set has no such labels, no labelled train or valid utterance, or a stream has no
    shard.
    """
    manifest = as_target(read_manifest(manifest_path, fold=fold), target)
    if manifest.task == "none":
        raise ValueError(f"{manifest.dataset} has no labels; it can be pretrained on but not evaluated on")
    if unknown := [name for name in evaluate if name not in modalities]:
        raise ValueError(f"evaluate names {unknown}; modalities are {sorted(modalities)}")
    used = {name: tuple(modalities[name]) for name in evaluate}
    needed = {stream for streams in used.values() for stream in streams}
    if missing := sorted(needed - features.keys()):
        raise ValueError(f"no feature shards for the streams {missing}")
    table = manifest.table[manifest.table["split"].isin(SPLITS)].reset_index(drop=True)
    ids = table["utterance_id"].to_numpy(dtype=str)
    data = Data(
        ids,
        table["split"].to_numpy(dtype=str),
        manifest.task,
        manifest.classes,
        torch.from_numpy(targets(dataclasses.replace(manifest, table=table))),
        resident.load_modalities(features, used, ids),
        used,
        fold,
    )
    for split in ("train", "valid"):
        if not len(data.labelled(split)):
            raise ValueError(
                f"{manifest.dataset}: no labelled utterance in {split}; heads learn on train, are chosen on valid"
            )
    return data


@dataclasses.dataclass(frozen=True)
class Arguments:
    """The command line of a protocol: `features` by stream, and the folders of `models`."""

    manifest: Path
    features: dict[str, list[Path]]
    models: tuple[Path, ...]
    settings: str
    threads: int
    output: Path


def parse_arguments(description: str, argv: Sequence[str] | None, needs_model: bool) -> Arguments:
    """Read the flags that all protocols share."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--features", nargs="+", action="extend", required=True, help="…/STREAM/SHARD.h5")
    parser.add_argument("--models", nargs="+", type=Path, default=[], help="model.safetensors of each pretraining seed")
    parser.add_argument("--settings", required=True, help="JSON")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--output-dir", type=Path, required=True)
    args = parser.parse_args(argv)
    if needs_model and not args.models:
        parser.error("this protocol starts from pretrained networks: give at least one of --models")
    if args.models and not needs_model:
        parser.error("this protocol uses no pretrained network: leave --models out")
    models = tuple(path.parent for path in args.models)
    features = by_stream(args.features)
    return Arguments(args.manifest, features, models, args.settings, args.threads, args.output_dir)


def by_model(seeds: Iterable[int], models: Sequence[Path]) -> dict[int, list[int]]:
    """Return the downstream seeds that use each model: seed n uses model n mod the number of models."""
    count = max(1, len(models))
    used: dict[int, list[int]] = {}
    for seed in seeds:
        used.setdefault(seed % count, []).append(seed)
    return used
