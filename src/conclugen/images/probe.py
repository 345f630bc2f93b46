"""What the protocols on frozen representations share: the command line, a shard per network, what tables are told.

Labels are those of train and valid alone (`conclugen.downstream.data`); test labels are asked for by tables.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from conclugen.downstream.data import Data, read
from conclugen.downstream.inputs import Matrix, concatenate
from conclugen.images import network
from conclugen.images.features import STREAM
from conclugen.pretrain import verdict
from conclugen.store import resident
from conclugen.store.devices import set_threads

KEPT = ("pretext", "cause", "epoch", "epochs", "measured_on", "weights_sha256")


@dataclasses.dataclass(frozen=True)
class Arguments:
    """The command line of a protocol: folders of shards and of networks, one a pretraining seed."""

    manifest: Path
    shards: tuple[Path, ...]
    models: tuple[Path, ...]
    images: Path | None
    settings: str
    output: Path


def arguments(description: str, argv: Sequence[str] | None) -> Arguments:
    """Read the flags, and give the job its threads."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--features", nargs="*", type=Path, default=[], help=f"…/seedN/{STREAM}/0000.h5")
    parser.add_argument("--models", nargs="*", type=Path, default=[], help="model.safetensors of each pretraining seed")
    parser.add_argument("--images", type=Path, help="image shard, where a protocol trains on pictures")
    parser.add_argument("--settings", required=True, help="JSON")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--output-dir", type=Path, required=True)
    args = parser.parse_args(argv)
    set_threads(args.threads)
    models = tuple(path.parent for path in args.models)
    return Arguments(args.manifest, tuple(args.features), models, args.images, args.settings, args.output_dir)


def labels(manifest: Path, target: str) -> Data:
    """Return the labels of train and valid, of `expression` or a dimension, without any features."""
    return read(manifest, {}, {}, (), target)


def with_features(data: Data, path: Path, standardise: bool, where: torch.device) -> tuple[Data, Matrix]:
    """Return the data set with the vectors of a shard, and the matrix that a head sees."""
    inputs = resident.load({STREAM: [path]}, data.ids)
    matrix = concatenate(inputs.features, inputs.present, data.labelled("train"), standardise, where)
    return dataclasses.replace(data, inputs=inputs, streams={STREAM: (STREAM,)}), matrix


def origin(folder: Path | None) -> dict[str, Any] | None:
    """Return what predictions tell of a pretrained network: its name and how it does its own task; None without one."""
    if folder is None:
        return None
    record = verdict.read(folder, network.about(folder)["weights_sha256"])
    numbers = {name: value if math.isfinite(value) else None for name, value in record["numbers"].items()}
    return {"name": folder.name, "pretext": {name: record[name] for name in KEPT} | {"numbers": numbers}}
