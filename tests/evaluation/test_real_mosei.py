"""Real features and labels: 922 videos of CMU-MOSEI, the raw-features control against a known anchor.

A balanced logistic regression with its strength chosen on validation reaches, on the official test fold, a mean
balanced accuracy of .641 (text), .592 (audio), .592 (vision) and .652 (all three), AUROC .694, .604, .630 and .704.
Ridge regression of the sentiment, chosen likewise, has an error of .448 (text) and .456 (all), a correlation of .584
and .576; the training median's error is .559.
"""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from conclugen.data.manifest import Manifest, write_manifest
from conclugen.downstream import raw
from conclugen.evaluation import table
from conclugen.store.shards import write_shard
from measuring import measure, viewed

EMOTIONS = ("happy", "sad", "anger", "surprise", "disgust", "fear")
STREAMS = ("text", "audio", "vision")
ANCHORS = {"text": (0.641, 0.694), "audio": (0.592, 0.604), "vision": (0.592, 0.630), "all": (0.652, 0.704)}
SENTIMENT = {"text": (0.448, 0.584), "all": (0.456, 0.576)}
TOLERANCE = 0.03  # the test fold has 180 videos: an interval is about twice as wide
SETTINGS = {
    "modalities": {name: [name] for name in STREAMS},
    "seeds": [0, 1, 2],
    "learning_rates": [0.001, 0.01],
    "weight_decays": [0.01, 1.0, 10.0],
    "dropout": 0.5,
    "epochs": 50,
    "batch_size": 256,
    "patience": 15,
    "standardise": True,
    "label_fraction": 1.0,
}


def write_inputs(source, folder):
    """Write manifest and shards; values that are not finite become the mean of their column."""
    with np.load(source, allow_pickle=False) as arrays:
        ids, split, emotions = arrays["ids"].astype(str), arrays["fold"].astype(str), arrays["emo_max"].astype(float)
        streams = {name: arrays[name].astype(np.float64) for name in STREAMS}
        sentiment = arrays["sent_mean"].astype(float)
    fixed = {"media": None, "audio": None, "start_s": np.nan, "end_s": np.nan, "text": "", "text_source": "none"}
    labels = dict(zip(EMOTIONS, emotions.T, strict=True)) | {"sentiment": sentiment}
    frame = pd.DataFrame({"utterance_id": ids, "split": split, **fixed, "speaker": ids, "group": ids, **labels})
    write_manifest(folder / "manifest.parquet", Manifest(frame, "mosei922", "features", "multi", EMOTIONS))
    for name, values in streams.items():
        values[~np.isfinite(values)] = np.nan
        filled = np.where(np.isnan(values), np.nanmean(values, axis=0), values).astype(np.float32)
        write_shard(folder / name / "0.h5", ids, filled, np.ones(len(ids), bool), {"backbone": name})


@pytest.mark.real
@pytest.mark.slow
def test_raw_features_reach_the_anchors(shared_data, tmp_path):
    write_inputs(shared_data / "mosei-922" / "mosei_video_level_922.npz", tmp_path)
    found = measured(tmp_path, ANCHORS, "expression")
    for name, (accuracy, area) in ANCHORS.items():
        assert found.loc[name, "balanced_accuracy_mean"] == pytest.approx(accuracy, abs=TOLERANCE)
        assert found.loc[name, "auroc_macro"] == pytest.approx(area, abs=TOLERANCE)
        assert found.loc[name, "beats_chance"] == "yes"
    assert found.loc["all", "n_test"] == 180


@pytest.mark.real
@pytest.mark.slow
def test_raw_features_reach_the_sentiment_of_ridge(shared_data, tmp_path):
    write_inputs(shared_data / "mosei-922" / "mosei_video_level_922.npz", tmp_path)
    found = measured(tmp_path, SENTIMENT, "sentiment")
    for name, (error, correlation) in SENTIMENT.items():
        assert found.loc[name, "mae"] == pytest.approx(error, abs=TOLERANCE)
        assert found.loc[name, "pearson"] == pytest.approx(correlation, abs=2 * TOLERANCE)
        assert found.loc[name, "beats_chance"] == "yes"
    assert found.loc["training median", "mae"] == pytest.approx(0.559, abs=5e-4)


def measured(folder, names, target):
    """The table of raw features of each name, one stream or all."""
    common = ["--manifest", str(folder / "manifest.parquet"), "--settings"]
    folders = {}
    for name in names:
        evaluate = list(STREAMS) if name == "all" else [name]
        folders[name] = folder / "none" / "none" / name / "raw"
        features = [str(folder / stream / "0.h5") for stream in evaluate]
        settings = json.dumps({**SETTINGS, "evaluate": evaluate, "target": target})
        raw.main([*common, settings, "--features", *features, "--output-dir", str(folders[name])])
    options = {
        "resamples": 200,
        "level": 0.95,
        "seed": 0,
        "target": target,
        "reference": "ConCluGen",
        "paper": None,
        "seen": {},
        "data": "own",
    }
    output, given = folder / "table.csv", measure(folder / "manifest.parquet", folders.values(), options)
    table.main(
        [
            *given,
            "--settings",
            json.dumps(viewed(options)),
            "--full",
            str(output),
            "--output",
            str(folder / "short.csv"),
        ]
    )
    return pd.read_csv(output).set_index("method")
