"""Features that others have extracted: arrays with an id per row, labels and folds in one `.npz`, `.h5` or `.csv`.

Entry module. The manifest holds ids, labels and splits; `conclugen.features.imported` brings the arrays into shards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from conclugen.data import cross_validation
from conclugen.data.array_files import CSV, suffix_of
from conclugen.data.arrays import ArrayError, matrix, read_array, strings
from conclugen.data.class_names import alike, class_labels, without
from conclugen.data.common import hashed_split, run, splits, table
from conclugen.data.csv_arrays import check_csv, class_columns
from conclugen.data.dimensions import on_scale
from conclugen.data.errors import LayoutError
from conclugen.data.label_arrays import column, label_names
from conclugen.data.labels import in_range, require_absences, require_range
from conclugen.data.manifest import Manifest
from conclugen.data.notes import Notes
from conclugen.data.scales import DIMENSION_RANGE, SENTIMENT
from conclugen.data.settings import Dimension, Labels
from conclugen.data.settings import Features as Settings
from conclugen.store.ledger import Status


def build(dataset: str, root: Path, settings: Settings) -> Manifest:
    """Read ids, labels and splits. Raises LayoutError for an array that is missing or has another length."""
    path, notes = root / settings.file, Notes(dataset)
    try:
        if suffix_of(path) in CSV:
            check_csv(path)
        ids = strings(read_array(path, settings.ids, text=True))
        nobody = [""] * len(ids)
        speakers = alike(notes, _column(path, settings.speaker, ids) or nobody, ids, "speaker")
        groups = alike(notes, _column(path, settings.group, ids) or nobody, ids, "group")
        groups = [group or who or name for group, who, name in zip(groups, speakers, ids, strict=True)]
        columns: dict[str, Any] = {
            "utterance_id": ids,
            "split": _splits(notes, path, settings, ids, groups),
            "group": groups,
            "text": _column(path, settings.text, ids) or nobody,
            "speaker": [name or None for name in speakers],
        }
        task, classes, labels = _labels(notes, path, settings.labels, ids)
        labels |= _sentiment(notes, path, settings.sentiment, ids, classes)
        labels |= _dimensions(notes, path, settings.dimensions, ids, classes)
    except ArrayError as error:
        raise LayoutError(str(error) if str(path) in str(error) else f"{path}: {error}") from error
    return Manifest(table(columns, labels), dataset, "features", task, classes, notes)


def _read(path: Path, key: str, ids: Sequence[str], text: bool = False) -> np.ndarray:
    """The array `key` (N, …). Raises LayoutError where it has not a row per id."""
    values = read_array(path, key, text=text)
    if len(values) != len(ids):
        raise LayoutError(f"{path}: {key!r} has {len(values)} rows, but there are {len(ids)} ids")
    return values


def _column(path: Path, key: str | None, ids: Sequence[str]) -> list[str]:
    """Strings of the array `key` (N,), or an empty list where there is none."""
    return [] if key is None else strings(column(_read(path, key, ids, text=True)))


def _splits(notes: Notes, path: Path, settings: Settings, ids: Sequence[str], groups: Sequence[str]) -> list[str]:
    if settings.folds is not None:
        if settings.split is None:
            return cross_validation.drawn(groups, settings.folds, settings.seed)
        written = _column(path, settings.split, ids)
        return cross_validation.given(written, settings.folds, f"{path}: {settings.split}")
    if settings.split is None:
        return [hashed_split(group, settings.fractions, settings.seed) for group in groups]
    return splits(notes, _column(path, settings.split, ids), settings.splits, ids, f"{path}: {settings.split}")


def _labels(
    notes: Notes, path: Path, labels: Labels | None, ids: Sequence[str]
) -> tuple[str, tuple[str, ...], dict[str, Any]]:
    """Task, classes and label columns."""
    if labels is None:
        return "none", (), {}
    source = f"{path}: {labels.key}"
    if labels.kind == "multi":
        values = _by_class(path, labels, _read(path, labels.key, ids))
        return "multi", labels.classes, _multi(notes, values, labels.classes, ids, source)
    if labels.kind != "single":
        raise LayoutError(f"labels.kind is {labels.kind!r}; allowed are single and multi")
    values = _read(path, labels.key, ids, text=True)
    if values.dtype.kind in "SUO":
        values = np.array(strings(column(values)), dtype=object)
    names = label_names(notes, _by_class(path, labels, values), ids, labels.classes, source)
    names = without(notes, names, ids, labels.ignored)
    classes, of_rows = class_labels(notes, names, ids, labels.classes, source)
    return "single", classes, {"label": of_rows}


def _by_class(path: Path, labels: Labels, values: np.ndarray) -> np.ndarray:
    """Columns (N, C) in the order of the classes, where a CSV names them; anything else as it is."""
    if path.suffix.lower() not in CSV or values.ndim != 2 or not labels.classes:
        return values
    return values[:, class_columns(path, labels.key, labels.classes)]


def _multi(
    notes: Notes, values: np.ndarray, classes: Sequence[str], ids: Sequence[str], source: str
) -> dict[str, np.ndarray]:
    numbers = matrix(values, source).astype(float)
    if numbers.shape[1] != len(classes):
        raise LayoutError(f"{source}: {numbers.shape[1]} columns for {len(classes)} classes")
    notes.lose(Status.NO_LABEL, [ids[i] for i in np.flatnonzero(np.isinf(numbers).any(1))], "a label is infinite")
    notes.remark([ids[i] for i in np.flatnonzero(np.isnan(numbers).any(1))], "a label is missing")
    numbers[~np.isfinite(numbers)] = np.nan
    require_absences(source, numbers)
    return {name: numbers[:, i] for i, name in enumerate(classes)}


def _sentiment(
    notes: Notes, path: Path, key: str | None, ids: Sequence[str], classes: Sequence[str]
) -> dict[str, np.ndarray]:
    if key is None:
        return {}
    numbers = _numbers(path, key, ids, SENTIMENT, classes)
    require_range(f"{path}: {key}", numbers, *DIMENSION_RANGE)
    return {SENTIMENT: in_range(notes, SENTIMENT, numbers, ids, *DIMENSION_RANGE)}


def _dimensions(
    notes: Notes, path: Path, dimensions: Mapping[str, Dimension], ids: Sequence[str], classes: Sequence[str]
) -> dict[str, np.ndarray]:
    """Each dimension (N,), from its own scale to that of the manifest."""
    return {
        name: on_scale(notes, name, dimension, _numbers(path, dimension.key, ids, name, classes), ids, str(path))
        for name, dimension in dimensions.items()
    }


def _numbers(path: Path, key: str, ids: Sequence[str], name: str, classes: Sequence[str]) -> np.ndarray:
    """The array `key` as numbers (N,). Raises LayoutError where it has several per row, or a class is called `name`."""
    if name in classes:
        raise LayoutError(f"{path}: a class is called {name!r}, as is the column of {key!r}; rename the class")
    numbers = matrix(_read(path, key, ids), f"{path}: {key}").astype(float)
    if numbers.shape[1] != 1:
        raise LayoutError(f"{path}: {key!r} has {numbers.shape[1]} numbers per row; {name} is one")
    return numbers[:, 0]


def main(argv: Sequence[str] | None = None) -> None:
    """Write the manifest."""
    run(Settings, build, argv)


if __name__ == "__main__":
    main()
