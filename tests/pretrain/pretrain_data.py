"""A small corpus with a planted class, as shards and a table of splits, for the tests of pretraining."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd

from conclugen.pretrain.methods import METHODS, told
from conclugen.pretrain.presets import PRESETS
from conclugen.pretrain.settings import (
    Architecture,
    ClusterSettings,
    Objective,
    Schedule,
    Settings,
    Sizes,
)
from conclugen.store.settings import dump
from conclugen.store.shards import write_shard

DIMS = {"frames2d": 24, "frames3d": 16, "audio": 20, "text": 12}
JOINED = {"video": ("frames2d", "frames3d"), "audio": ("audio",), "text": ("text",)}
SIZES = Sizes(representation=32, hidden=32, projection=16, projection_hidden=16, clustering=8, decoder_hidden=32)


@dataclasses.dataclass(frozen=True)
class Made:
    """Where a corpus lies: its table of splits, shards, shards by stream, and the planted classes."""

    splits: Path
    features: list[str]
    shards: dict[str, list[str]]
    labels: dict[str, int]


def make_corpus(
    folder: Path,
    rows: int = 200,
    seed: int = 0,
    valid: int = 0,
    test: int = 0,
    absent: float = 0.1,
    noise: float = 1.0,
    poison: float | None = None,
    poisoned: tuple[str, ...] = ("test",),
    views: int = 0,
) -> Made:
    """Write a corpus of `rows` training utterances in two shards per stream.

    Every stream sees the class and its own noise. `poison` is the value of all features in the splits `poisoned`.
    """
    rng = np.random.default_rng(seed)
    count = rows + valid + test
    ids = [f"clip{i:05d}" for i in range(count)]
    split = np.array(["train"] * rows + ["valid"] * valid + ["test"] * test)
    label = rng.integers(4, size=count)
    shared = rng.normal(size=(4, 6))[label] + 0.3 * rng.normal(size=(count, 6))
    shards: dict[str, list[str]] = {}
    for stream, dim in DIMS.items():
        clean = shared @ rng.normal(size=(6, dim)) + 2.0
        copies = [clean + noise * rng.normal(size=(count, dim)) for _ in range(views or 1)]
        values = np.concatenate(copies, axis=1).astype(np.float16)
        if poison is not None:
            values[np.isin(split, poisoned)] = poison
        present = rng.random(count) >= absent
        name = f"{stream}_views" if views else stream
        for shard, part in enumerate(np.array_split(np.arange(count), 2)):
            path = folder / "features" / name / f"{shard:04d}.h5"
            attributes = {"backbone": "none", "weights_sha256": stream}
            write_shard(path, [ids[i] for i in part], values[part], present[part], attributes)
            shards.setdefault(name, []).append(str(path))
    table = pd.DataFrame({"utterance_id": ids, "split": split, "group": [f"film{i // 4}" for i in range(count)]})
    table.to_csv(folder / "splits.csv", index=False)
    features = [path for paths in shards.values() for path in paths]
    return Made(folder / "splits.csv", features, shards, dict(zip(ids, label.tolist(), strict=True)))


def collapsing() -> Settings:
    """Return settings that break a network: clustering by plain dot products at a rate far too high."""
    objective = Objective(**{**PRESETS["paper"]["objective"], "normalise": False})
    return make_settings(preset="paper", epochs=12, learning_rate=0.3, objective=objective)


def make_settings(method: str = "ConCluGen", preset: str = "improved", **changes) -> Settings:
    """Return small settings: a few epochs of small batches, clustering from the second epoch on."""
    recipe, switches = METHODS[method], PRESETS[preset]
    clusters = {**switches["clusters"], "start_epoch": 1, "start_share": None, "count": 4, "refit_every": 3}
    losses = changes.get("losses", recipe.losses)
    read = told(losses, {"sizes": dataclasses.asdict(SIZES), **switches, "clusters": clusters})
    values = {
        "corpus": "synthetic",
        "preset": preset,
        "method": method,
        "modalities": {m: ["frames3d"] if recipe.views else JOINED[m] for m in recipe.modalities},
        "splits": ("train",),
        "validation_fraction": 0.1,
        "losses": losses,
        "heads": tuple(read["heads"]),
        "views": 3 if recipe.views else 0,
        "learning_rate": 1e-3,
        "weight_decay": recipe.weight_decay,
        "epochs": 3,
        "batch_size": 32,
        "sizes": read["sizes"],
        "architecture": Architecture(**read["architecture"]),
        "objective": Objective(**read["objective"]),
        "clusters": None if read["clusters"] is None else ClusterSettings(**clusters),
        "schedule": Schedule(**{**switches["schedule"], "least_steps": 0}),
    }
    values |= changes
    return Settings(**{"candidates": ((values["learning_rate"], values["weight_decay"]),), **values})


def arguments(made: Made, settings: Settings, folder: Path, **changes: list[str]) -> list[str]:
    """Return the command line of pretraining into `folder`."""
    flags = {
        "--manifest": [str(made.splits)],
        "--features": made.features,
        "--settings": [dump(settings)],
        "--seed": ["3"],
        "--threads": ["1"],
        "--state": [str(folder / "state")],
        "--code": ["loop.py@123", "run.py@456"],
        "--output-dir": [str(folder / "model")],
        **changes,
    }
    return [word for flag, words in flags.items() for word in (flag, *words)]
