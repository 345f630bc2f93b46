"""The truth that predictions are measured against. This is the only module that asks the manifest for test labels."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from conclugen.data.manifest import Manifest, as_target, read_manifest
from conclugen.data.targets import targets


@dataclasses.dataclass(frozen=True)
class Truth:
    """Labels of the test split (or of valid), and what chance rows may know of the training split.

    Attributes:
        dataset, adapter: as in the manifest.
        task, classes: as in the manifest; `regression` and `sentiment` where that is measured.
        ids: (N,) test utterances with at least one known label.
        labels: (N, C) 1, 0, NaN for unknown; one-hot for single label; the value itself for regression.
        group: (N,) number of each utterance's group, the unit of resampling; one without a group is its own.
        priors: (C,) share of the training utterances with a known label that have the class (regression: their mean).
        train: (M, C) labels of the training utterances that have any.
        split: the split whose labels these are.
    """

    dataset: str
    task: str
    classes: tuple[str, ...]
    ids: np.ndarray
    labels: np.ndarray
    group: np.ndarray
    priors: np.ndarray
    train: np.ndarray
    split: str = "test"
    adapter: str = ""


def read_truth(manifest_path: str | Path, target: str, split: str = "test") -> Truth:
    """Read the labels of `target` in a split, and train priors. Raises ValueError where none is known in the split."""
    manifest = as_target(all_labels(manifest_path) if split == "test" else read_manifest(manifest_path), target)
    labels, splits = targets(manifest).astype(float), manifest.table["split"]
    kept = (splits == split).to_numpy() & (~np.isnan(labels)).any(1)
    if not kept.any():
        raise ValueError(f"{manifest.dataset}: no {split} utterance has a known label; there is nothing to measure")
    group = manifest.table["group"].where(
        lambda g: g.notna() & (g != ""), "utterance " + manifest.table["utterance_id"]
    )
    train = labels[(splits == "train").to_numpy()]
    known = (~np.isnan(train)).sum(0)
    return Truth(
        manifest.dataset,
        manifest.task,
        manifest.classes,
        manifest.table["utterance_id"].to_numpy(dtype=str)[kept],
        labels[kept],
        np.unique(group.to_numpy(dtype=str)[kept], return_inverse=True)[1],
        np.nansum(train, 0) / np.maximum(known, 1),
        train[(~np.isnan(train)).any(1)],
        split,
        manifest.adapter,
    )


def all_labels(manifest_path: str | Path) -> Manifest:
    """Return the manifest with the labels of every split: for tables and quality control, never for training."""
    return read_manifest(manifest_path, label_splits=("train", "valid", "test", "none"))
