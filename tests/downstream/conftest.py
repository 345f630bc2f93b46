"""A small data set with planted truth: stream `strong` tells the classes well, `weak` a little, `noise` not at all."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from conclugen.data.manifest import Manifest, write_manifest
from conclugen.models import io
from conclugen.models.network import NetworkSettings
from conclugen.store.shards import write_shard

CLASSES = ("happy", "sad", "anger")
STREAMS = {"strong": (12, 1.5), "weak": (8, 0.4), "noise": (6, 0.0)}
MODALITIES = {"video": ["strong"], "audio": ["weak", "noise"]}
NETWORK = NetworkSettings(
    input_dims={"video": 12, "audio": 14},
    heads=("projection",),
    representation_dim=16,
    hidden_dim=16,
    gated=False,
    representation_relu=False,
    residual=False,
    narrow=(),
    projection_shared=True,
    projection_dim=4,
    projection_hidden_dim=4,
    standardise=False,
)


@dataclasses.dataclass(frozen=True)
class World:
    """Files of a small data set, and its full truth (N, C) by utterance."""

    folder: Path
    manifest: Path
    features: list[str]
    models: list[Path]
    truth: pd.DataFrame
    task: str
    sentiment: pd.Series

    def settings(self, **changes: object) -> str:
        """Return JSON settings of the trained protocols."""
        values = {
            "modalities": MODALITIES,
            "evaluate": ["video", "audio"],
            "target": "expression",
            "seeds": [0, 1],
            "learning_rates": [3e-3, 3e-2],
            "weight_decays": [0.01],
            "dropout": 0.25,
            "epochs": 15,
            "batch_size": 64,
            "patience": 8,
            "standardise": True,
            "label_fraction": 1.0,
        }
        return json.dumps({**values, **changes})

    def arguments(self, output: Path, settings: str, models: bool) -> list[str]:
        """Return the command line of a protocol."""
        given = ["--manifest", str(self.manifest), "--features", *self.features, "--settings", settings]
        given += ["--models", *(str(path / "model.safetensors") for path in self.models)] if models else []
        return [*given, "--threads", "1", "--output-dir", str(output)]

    def balanced_accuracy(self, predictions: Path) -> float:
        """Return the mean balanced accuracy on test of a predictions file, straight from the planted truth."""
        table = pd.read_parquet(predictions).query("split == 'test'").set_index("utterance_id")
        scores = table[[f"score_{name}" for name in CLASSES]].to_numpy()
        true = self.truth.loc[table.index].to_numpy() > 0.5
        said = scores > 0.5 if self.task == "multi" else np.eye(len(CLASSES))[scores.argmax(1)] > 0.5
        recall = (said & true).sum(0) / true.sum(0)
        specificity = (~said & ~true).sum(0) / (~true).sum(0)
        return float(recall.mean()) if self.task == "single" else float((recall + specificity).mean() / 2)


def make_world(folder: Path, task: str, count: int = 420) -> World:
    """Write manifest, two shards per stream and two random networks; sentiment follows from the classes, with noise."""
    generator = np.random.default_rng(5)
    ids = np.array([f"clip{i:04d}" for i in range(count)])
    if task == "multi":
        truth = (generator.random((count, len(CLASSES))) < (0.5, 0.25, 0.15)).astype(float)
        labels = dict(zip(CLASSES, truth.T * 0.6667, strict=True))
    else:
        drawn = generator.choice(len(CLASSES), count, p=(0.6, 0.25, 0.15))
        truth = np.eye(len(CLASSES))[drawn]
        labels = {"label": np.array(CLASSES)[drawn]}
    split = np.array(["train", "train", "train", "valid", "test", "test", "none"])[np.arange(count) % 7]
    table = pd.DataFrame(
        {
            "utterance_id": ids,
            "split": split,
            "media": [f"{name}.mp4" for name in ids],
            "audio": None,
            "start_s": np.nan,
            "end_s": np.nan,
            "text": "",
            "text_source": "none",
            "speaker": [f"s{i // 4}" for i in range(count)],
            "group": [f"g{i // 4}" for i in range(count)],
            **labels,
            "sentiment": _sentiment(truth),
        }
    )
    write_manifest(folder / "manifest.parquet", Manifest(table, "small", "folder", task, CLASSES))
    features = []
    for stream, (dim, strength) in STREAMS.items():
        direction = generator.normal(size=(len(CLASSES), dim))
        values = (strength * truth @ direction + generator.normal(size=(count, dim)) + 3).astype(np.float16)
        present = generator.random(count) > 0.03
        present[4] = False  # a test utterance without any modality
        for shard in range(2):
            path = folder / stream / f"{shard}.h5"
            write_shard(path, ids[shard::2], values[shard::2], present[shard::2], {"backbone": stream})
            features.append(str(path))
    models = []
    for seed in range(2):
        torch.manual_seed(seed)
        io.save(io.build(NETWORK), folder / f"seed{seed}", {"method": "untrained"})
        models.append(folder / f"seed{seed}")
    return World(
        folder,
        folder / "manifest.parquet",
        features,
        models,
        pd.DataFrame(truth, index=ids),
        task,
        table.set_index("utterance_id")["sentiment"],
    )


def _sentiment(truth: np.ndarray) -> np.ndarray:
    generator = np.random.default_rng(6)
    values = np.clip(0.5 + truth @ (1.5, -2.0, -1.5) + generator.normal(0, 0.3, len(truth)), -3, 3)
    return np.where(generator.random(len(truth)) < 0.05, np.nan, np.round(3 * values) / 3)


@pytest.fixture(scope="session")
def multi_world(tmp_path_factory) -> World:
    return make_world(tmp_path_factory.mktemp("multi"), "multi")


@pytest.fixture(scope="session")
def single_world(tmp_path_factory) -> World:
    return make_world(tmp_path_factory.mktemp("single"), "single")
