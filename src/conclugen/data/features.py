"""Features that others have extracted: arrays with an id per row, labels and folds in one `.npz`, `.h5` or `.csv`.

Entry module. The manifest holds ids, labels and splits; `conclugen.features.imported` brings the arrays into shards.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from conclugen.data.arrays import ArrayError, matrix, read_array, strings
from conclugen.data.common import Fractions, LayoutError, hashed_split, run, split_name, table, warn
from conclugen.data.labels import in_range, one_of
from conclugen.data.manifest import SENTIMENT, SENTIMENT_RANGE, Manifest


@dataclasses.dataclass(frozen=True)
class Labels:
    """Where labels lie.

    Attributes:
        kind: `single` (a class name, or its index in `classes`, per row) or `multi` ((N, C) numbers, above 0: present).
        key: the array.
        classes: their names in order; may be empty for a `single` array of names.
    """

    kind: str
    key: str
    classes: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Settings:
    """Options; keys name arrays of the file.

    Attributes:
        file: the file, relative to the root.
        ids: key of the ids (N,).
        labels: what the labels are, or None.
        split: key of the splits (N,), or None: drawn by hash of the group.
        splits: split for each value of that array; common names are known without it.
        fractions: shares of the groups where there is no split.
        seed: of that draw.
        group: key of the unit of resampling, or None: every row is one.
        speaker: key of the speakers, or None.
        text: key of the texts, or None.
        sentiment: key of the sentiment (N,) from -3 to 3, kept beside the labels, or None.
    """

    file: str
    ids: str
    labels: Labels | None
    split: str | None
    splits: dict[str, str]
    fractions: Fractions
    seed: int
    group: str | None
    speaker: str | None
    text: str | None
    sentiment: str | None


def build(dataset: str, root: Path, settings: Settings) -> Manifest:
    """Read ids, labels and splits. Raises LayoutError for an array that is missing or has another length."""
    path = root / settings.file
    try:
        ids = strings(read_array(path, settings.ids, text=True))
        groups = _column(path, settings.group, ids) or ids
        columns: dict[str, Any] = {
            "utterance_id": ids,
            "split": _splits(dataset, path, settings, ids, groups),
            "group": [group or name for group, name in zip(groups, ids, strict=True)],
            "text": _column(path, settings.text, ids) or [""] * len(ids),
            "speaker": [name or None for name in _column(path, settings.speaker, ids) or [""] * len(ids)],
        }
        task, classes, labels = _labels(dataset, path, settings.labels, ids)
        labels |= _sentiment(dataset, path, settings.sentiment, ids, classes)
    except ArrayError as error:
        raise LayoutError(str(error)) from error
    return Manifest(table(columns, labels), dataset, "features", task, classes)


def _column(path: Path, key: str | None, ids: Sequence[str]) -> list[str]:
    """Strings of the array `key` (N,), or an empty list where there is none."""
    if key is None:
        return []
    values = read_array(path, key, text=True)
    _same_length(path, key, values, ids)
    return strings(values)


def _same_length(path: Path, key: str, values: np.ndarray, ids: Sequence[str]) -> None:
    if len(values) != len(ids):
        raise LayoutError(f"{path}: {key!r} has {len(values)} rows, but there are {len(ids)} ids")


def _splits(dataset: str, path: Path, settings: Settings, ids: Sequence[str], groups: Sequence[str]) -> list[str]:
    if settings.split is None:
        return [hashed_split(group, settings.fractions, settings.seed) for group in groups]
    given = _column(path, settings.split, ids)
    found = [split_name(value, settings.splits) for value in given]
    lost = [f"{name} ({value})" for name, value, split in zip(ids, given, found, strict=True) if split is None]
    warn(dataset, "rows of an unknown split are in none", lost)
    return [split or "none" for split in found]


def _labels(
    dataset: str, path: Path, labels: Labels | None, ids: Sequence[str]
) -> tuple[str, tuple[str, ...], dict[str, Any]]:
    """Task, classes and label columns."""
    if labels is None:
        return "none", (), {}
    values = read_array(path, labels.key)
    _same_length(path, labels.key, values, ids)
    if labels.kind == "multi":
        return "multi", labels.classes, _multi(dataset, path, labels, values, ids)
    if labels.kind != "single":
        raise LayoutError(f"labels.kind is {labels.kind!r}; allowed are single and multi")
    names = _indexed(values, labels.classes) if values.dtype.kind in "iuf" and labels.classes else strings(values)
    classes = labels.classes or tuple(sorted({name for name in names if name}))
    return "single", classes, {"label": one_of(dataset, names, ids, classes)}


def _multi(dataset: str, path: Path, labels: Labels, values: np.ndarray, ids: Sequence[str]) -> dict[str, np.ndarray]:
    numbers = matrix(values, f"{path}: {labels.key}").astype(float)
    if numbers.shape[1] != len(labels.classes):
        raise LayoutError(f"{path}: {labels.key!r} has {numbers.shape[1]} columns for {len(labels.classes)} classes")
    numbers[~np.isfinite(numbers)] = np.nan
    warn(dataset, "labels that are no number", [ids[i] for i in np.flatnonzero(np.isnan(numbers).any(1))])
    return {name: numbers[:, i] for i, name in enumerate(labels.classes)}


def _sentiment(
    dataset: str, path: Path, key: str | None, ids: Sequence[str], classes: Sequence[str]
) -> dict[str, np.ndarray]:
    if key is None:
        return {}
    if SENTIMENT in classes:
        raise LayoutError(f"{path}: a class is called {SENTIMENT!r}, as is the column of {key!r}; rename the class")
    values = read_array(path, key)
    _same_length(path, key, values, ids)
    numbers = matrix(values, f"{path}: {key}").astype(float)
    if numbers.shape[1] != 1:
        raise LayoutError(f"{path}: {key!r} has {numbers.shape[1]} numbers per row; sentiment is one")
    return {SENTIMENT: in_range(dataset, SENTIMENT, numbers[:, 0], ids, *SENTIMENT_RANGE)}


def _indexed(values: np.ndarray, classes: Sequence[str]) -> list[str]:
    """Names of class indices (N,); an index out of range stays a number, which no class is called."""
    found = [int(v) if np.isfinite(v) and v == int(v) else -1 for v in values.tolist()]
    return [classes[i] if 0 <= i < len(classes) else str(v) for i, v in zip(found, values.tolist(), strict=True)]


def main(argv: Sequence[str] | None = None) -> None:
    """Write the manifest."""
    run(Settings, build, argv)


if __name__ == "__main__":
    main()
