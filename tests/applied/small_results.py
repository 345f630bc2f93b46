"""The results of a run in small: features, a network, a head and its predictions, where the workflow puts them."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from conclugen.data.common import table
from conclugen.data.manifest import Manifest, write_manifest
from conclugen.downstream import finetune, linear, linear_input, raw, supervised
from conclugen.downstream.protocols import PROTOCOLS as DOWNSTREAM
from conclugen.faces.shard import FaceShardWriter
from conclugen.models import io
from conclugen.models.network import NetworkSettings
from conclugen.store.atomic import write_text
from conclugen.store.packaged import PACKAGED
from conclugen.store.shards import write_shard

CLASSES = ("anger", "joy", "sorrow")
TRUSTED = {"text": "minilm", "frames2d": "mobilenet_v2"}
MODALITIES = {"words": ["text"], "face": ["frames2d"]}
SETTINGS = {
    "text": {"backbone": "minilm", "model": None, "weights": None, "batch_texts": 8, "dtype": "float32"},
    "frames2d": {
        "backbone": "mobilenet_v2", "model": None, "weights": None, "fps": 1.0, "size": 64, "batch_frames": 8,
        "dtype": "float32",
    },
}  # fmt: skip
FACES = {
    "detector": "none", "fps": 4.0, "detect_lines": 360, "detect_every": 4, "min_face": 0.1, "min_probability": 0.9,
    "margin": 0.3, "smooth_s": 0.15, "crop_size": 64, "jpeg_quality": 92, "keep": True, "min_frames": 1,
    "max_seconds": 60.0, "timeout_s": 60.0,
}  # fmt: skip
WIDTHS = {"text": 384, "frames2d": 1280}
HEADS = {
    "learning_rates": [0.01],
    "weight_decays": [0.01],
    "dropout": 0.0,
    "epochs": 4,
    "batch_size": 16,
    "patience": 4,
}
PROTOCOLS = {
    "linear": linear.main, "linear_input": linear_input.main, "raw": raw.main, "finetune": finetune.main,
    "supervised": supervised.main,
}  # fmt: skip
DRAWN = {
    "representation_dim": 8, "hidden_dim": 8, "gated": False, "representation_relu": False, "residual": False,
    "narrow": [], "standardise_inputs": True,
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Results:
    """The folder of results, and what was written about each utterance."""

    folder: Path
    ids: list[str]

    def protocol(self, name: str, target: str = "") -> Path:
        """Where the predictions of a protocol lie."""
        method = "raw-features" if name == "raw" else "untrained"
        return self.folder / f"downstream/mine{target}/mine/improved/{method}/{name}"

    def shards(self) -> dict[str, list[Path]]:
        """The feature shards of each stream."""
        return {name: [self.folder / f"features/mine/{name}/0000.h5"] for name in SETTINGS}

    def network(self) -> Path:
        """Where the network lies."""
        return self.folder / "pretrain/mine/improved/untrained/seed0"

    def evaluate(self, name: str, target: str = "expression") -> Path:
        """Run a protocol as its rule does; return the folder of its predictions."""
        output = self.protocol(name, "" if target == "expression" else "-sentiment")
        given = ["--manifest", str(self.folder / "manifests/mine.parquet"), "--output-dir", str(output)]
        given += ["--features", *(str(path) for [path] in self.shards().values())]
        given += ["--settings", json.dumps(HEADS | {
            "modalities": MODALITIES, "evaluate": ["words", "face"], "target": target, "seeds": [0, 1],
            "standardise": True, "label_fraction": 1.0, **(DRAWN if name == "supervised" else {}),
        })]  # fmt: skip
        models = ["--models", str(self.network() / "model.safetensors")] if DOWNSTREAM[name].network else []
        PROTOCOLS[name]([*given, *models])
        return output


def make(folder: Path, task: str, ids: list[str], texts: list[str], features: bool = True) -> Results:
    """Write a manifest, a network and, with `features`, features that were drawn; `task`: single or multi."""
    generator = np.random.default_rng(3)
    count = len(ids)
    drawn = np.arange(count) % len(CLASSES)
    labels = (
        {"label": np.array(CLASSES)[drawn]} if task == "single" else dict(zip(CLASSES, np.eye(3)[drawn].T, strict=True))
    )
    columns = {
        "utterance_id": ids,
        "split": [("train", "valid", "test")[(i // 3) % 3] for i in range(count)],
        "media": [f"{name}.mp4" for name in ids],
        "text": texts,
    }
    extra = labels | {"sentiment": np.linspace(-3, 3, count)}
    write_manifest(folder / "manifests/mine.parquet", Manifest(table(columns, extra), "mine", "folder", task, CLASSES))
    shape = NetworkSettings({"words": 384, "face": 1280}, 8, 8, False, False, False, (), True)
    torch.manual_seed(0)
    made = Results(folder, ids)
    io.save(io.build(shape), made.network(), {
        "method": "untrained", "corpus": "mine", "preset": "improved", "seed": 0, "modalities": MODALITIES,
        "utterances": {"train": count},
    })  # fmt: skip
    if features:
        for stream, width in WIDTHS.items():
            here = generator.random(count) > 0.1
            here[8] = False  # a test utterance without any modality
            sha256 = PACKAGED[TRUSTED[stream]][""].sha256
            about = {"backbone": TRUSTED[stream], "weights_sha256": sha256, "stream": stream, "licence": "none"}
            about["settings"] = json.dumps(SETTINGS[stream])
            values = generator.normal(size=(count, width)).astype(np.float32) * here[:, None]
            write_shard(folder / f"features/mine/{stream}/0000.h5", ids, values, here, about)
        with FaceShardWriter(folder / "faces/mine/0000.h5", FACES["crop_size"], {"settings": json.dumps(FACES)}):
            pass  # of its utterances nothing is asked here
    return made


def write_row(results: Results, method: str, protocol: str, metric: str = "recall_macro") -> None:
    """Write a table with a row of a method, as far as cards read it."""
    row = {"method": method, "protocol": protocol, "data": "own", "seeds": 2, "n_test": 12, "groups": 12}
    row |= {metric: "0.4100", f"{metric}_lo": "0.3000", f"{metric}_hi": "0.5200", "beats_chance": "no"}
    write_text(results.folder / "tables/mine.full.csv", pd.DataFrame([row]).to_csv(index=False))
