"""The truth that predictions are measured against. This is the only module that asks the manifest for test labels."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from conclugen.data.cross_validation import Fold
from conclugen.data.manifest import Manifest, as_target, as_written, read_manifest
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
        names: (N,) names of the groups.
        folds: of a data set that is tested by folds, the truth of each in its turn, of which this one is the union;
            empty where there are splits.
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
    names: np.ndarray | None = None
    folds: tuple[Truth, ...] = ()


def read_pooled(manifest_path: str | Path, target: str, split: str = "test", folds: Sequence[Fold] = ()) -> Truth:
    """Read the labels of a data set as `read_truth` does or, of one that is tested by folds, of all of these together.

    Ids, labels and groups stand fold by fold. An utterance is tested once; where a share of the other folds validates,
    it may validate more than once, for classifiers that never met.
    """
    if not folds:
        return read_truth(manifest_path, target, split)
    truths = tuple(read_truth(manifest_path, target, split, fold) for fold in folds)
    names = np.concatenate([truth.names for truth in truths])
    return dataclasses.replace(
        truths[0],
        ids=np.concatenate([truth.ids for truth in truths]),
        labels=np.concatenate([truth.labels for truth in truths]),
        group=np.unique(names, return_inverse=True)[1],
        names=names,
        priors=np.average([truth.priors for truth in truths], axis=0, weights=[len(truth.ids) for truth in truths]),
        train=np.concatenate([truth.train for truth in truths]),
        folds=truths,
    )


def read_truth(manifest_path: str | Path, target: str, split: str = "test", fold: Fold | None = None) -> Truth:
    """Read the labels of `target` in a split, in the turn of a fold where there are any, and train priors.

    Raises ValueError where none is known in the split.
    """
    read = all_labels if split == "test" else read_manifest
    manifest = as_target(read(manifest_path, fold=fold), target)
    labels, splits = targets(manifest).astype(float), manifest.table["split"]
    mask = (splits == split).to_numpy() & (~np.isnan(labels)).any(1)
    if not mask.any():
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
        manifest.table["utterance_id"].to_numpy(dtype=str)[mask],
        labels[mask],
        np.unique(group.to_numpy(dtype=str)[mask], return_inverse=True)[1],
        np.nansum(train, 0) / np.maximum(known, 1),
        train[(~np.isnan(train)).any(1)],
        split,
        manifest.adapter,
        group.to_numpy(dtype=str)[mask],
    )


def all_labels(manifest_path: str | Path, fold: Fold | None = None) -> Manifest:
    """Return the manifest with the labels of every split: for tables and quality control, never for training."""
    return as_written(manifest_path, fold)
