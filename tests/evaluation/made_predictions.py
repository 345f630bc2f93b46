"""A manifest and predictions of known quality."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from conclugen.data.manifest import Manifest, write_manifest

CLASSES = ("happy", "sad", "anger")


def make_manifest(path, task="multi", count=300, dataset="made"):
    generator = np.random.default_rng(0)
    truth = (generator.random((count, 3)) < (0.6, 0.3, 0.2)).astype(float)
    single = np.array(CLASSES)[generator.choice(3, count, p=(0.6, 0.3, 0.1))]
    labels = dict(zip(CLASSES, truth.T, strict=True)) if task == "multi" else {"label": single}
    ids = [f"u{i:03d}" for i in range(count)]
    split = np.array(["train", "valid", "test", "test"])[np.arange(count) % 4]
    fixed = {"media": None, "audio": None, "start_s": np.nan, "end_s": np.nan, "text": "", "text_source": "none"}
    groups = [f"g{i // 6}" for i in range(count)]
    frame = pd.DataFrame({"utterance_id": ids, "split": split, **fixed, "speaker": groups, "group": groups, **labels})
    write_manifest(path, Manifest(frame, dataset, "folder", task, CLASSES))
    encoded = truth if task == "multi" else np.eye(3)[[CLASSES.index(name) for name in single]]
    return frame.assign(truth=list(encoded))


def made_network(word, seed=0, **numbers):
    """What predictions tell of a network whose pretext has this word."""
    return {"name": f"seed{seed}", "pretext": {"pretext": word, "cause": "", "numbers": numbers}}


def make_predictions(root, frame, method, protocol, score, seeds=5, fraction=1.0, dataset="made", networks=None):
    """`score` maps truth (N, 3) and a generator to scores (N, 3); `networks`: what each seed tells of its network."""
    folder = root / dataset / "corpus" / "paper" / method / protocol
    folder.mkdir(parents=True)
    kept = frame[frame["split"].isin(["valid", "test"])]
    for seed in range(seeds):
        values = score(np.stack(kept["truth"].to_list()), np.random.default_rng(100 + seed)).astype(np.float32)
        out = kept[["utterance_id", "split"]].assign(**{f"score_{n}": values[:, i] for i, n in enumerate(CLASSES)})
        about = {"streams": {"video": ["frames2d", "frames3d"], "text": ["text"]}, "label_fraction": fraction}
        about["network"] = networks[seed] if networks else None
        arrow = pa.Table.from_pandas(out.sample(frac=1, random_state=seed), preserve_index=False)
        arrow = arrow.replace_schema_metadata({b"conclugen": json.dumps(about).encode()})
        pq.write_table(arrow, folder / f"seed{seed}.parquet")
    return folder


def noisy(strength):
    return lambda truth, generator: np.clip(
        0.5 + strength * (truth - 0.5) + generator.normal(0, 0.3, truth.shape), 0, 1
    )
