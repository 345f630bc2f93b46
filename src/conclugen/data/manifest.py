"""The manifest: one row per utterance of a data set, validated on writing."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from unicodedata import category

import numpy as np
import pandas as pd
import pyarrow as pa

from conclugen.data import cross_validation, folds
from conclugen.data.cross_validation import Fold
from conclugen.data.errors import ManifestError
from conclugen.data.notes import Notes
from conclugen.data.scales import DIMENSION_RANGE, DIMENSIONS
from conclugen.store.tables import read_table, write_table

SPLITS = ("train", "valid", "test", "none")
TEXT_SOURCES = ("official", "asr", "none")
TASKS = ("single", "multi", "none")
TARGETS = ("expression", *DIMENSIONS)  # what a data set can be evaluated on
_NO_ID = {"Cc", "Cs", "Zl", "Zp"}
COLUMNS = ("utterance_id", "split", "media", "audio", "start_s", "end_s", "text", "text_source", "speaker", "group")


@dataclasses.dataclass(frozen=True)
class Manifest:
    """The table and what is known of its labels.

    Attributes:
        table: `COLUMNS`, then `label` (task single) or a float column per class (task multi), then others.
        dataset: its name in the configuration.
        adapter: the module that read it.
        task: `single` (one of n), `multi` (any of n, > 0 means present) or `none`.
        classes: class names, in the order of every score and table.
        notes: what was lost or understood otherwise than written; not part of the file.
    """

    table: pd.DataFrame
    dataset: str
    adapter: str
    task: str
    classes: tuple[str, ...]
    notes: Notes = dataclasses.field(default_factory=lambda: Notes(""), compare=False)


def write_manifest(path: str | Path, manifest: Manifest) -> None:
    """Validate, sort by utterance_id and write as parquet, atomically."""
    validate(manifest)
    table = manifest.table.sort_values("utterance_id", kind="stable").reset_index(drop=True)
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    about = {"dataset": manifest.dataset, "adapter": manifest.adapter, "task": manifest.task}
    about |= {"classes": list(manifest.classes), "folds": _folds(manifest)}
    about["lost"] = _lost(manifest)
    write_table(path, arrow, about)


def as_written(path: str | Path, fold: Fold | None = None) -> Manifest:
    """Read a manifest with every label: for `evaluation/truth.py`, and for what hands labels on into another manifest.

    Args:
        fold: whose turn it is, which makes splits of the folds of a data set that has any; None: as they are written.

    Raises TableError where the file is damaged.
    """
    arrow, about = read_table(path)
    manifest = Manifest(arrow.to_pandas(), about["dataset"], about["adapter"], about["task"], tuple(about["classes"]))
    return manifest if fold is None else in_turn(manifest, fold)


def read_manifest(
    path: str | Path, label_splits: Collection[str] = ("train", "valid"), fold: Fold | None = None
) -> Manifest:
    """Read a manifest as `as_written` does; labels outside `label_splits` are blanked."""
    manifest = as_written(path, fold)
    hidden = ~manifest.table["split"].isin(list(label_splits))
    for column in label_columns(manifest):
        manifest.table.loc[hidden, column] = None if column == "label" else np.nan
    return manifest


def in_turn(manifest: Manifest, fold: Fold) -> Manifest:
    """Return the manifest with splits in place of folds, in the turn of `fold`.

    Raises LayoutError where that fold is empty.
    """
    table = manifest.table
    group = table["group"].where(table["group"].notna() & (table["group"] != ""), table["utterance_id"])
    turn = cross_validation.recast(table["split"].tolist(), group.astype(str).tolist(), fold)
    return dataclasses.replace(manifest, table=table.assign(split=turn))


def _folds(manifest: Manifest) -> dict[str, Any]:
    """By target, how many labels each fold has."""
    counts = {"expression": folds.count(manifest.table, manifest.task, manifest.classes)}
    for name in dimensions(manifest):
        counts[name] = folds.count(manifest.table, "regression", (name,))
    return counts


def dimensions(manifest: Manifest) -> list[str]:
    """Return those of `DIMENSIONS` that the labels have beside their classes."""
    return [name for name in DIMENSIONS if name in manifest.table.columns and name not in manifest.classes]


def _lost(manifest: Manifest) -> dict[str, Any]:
    """By split that lost labels, times or files when it was read, how many of how many, and the commonest reason."""
    reasons, splits = manifest.notes.lost(), manifest.table.set_index("utterance_id")["split"]
    lost = {}
    for split, members in splits.groupby(splits).groups.items():
        split_reasons = [reasons[name] for name in members if name in reasons]
        if split_reasons:
            reason = Counter(split_reasons).most_common(1)[0][0]
            lost[str(split)] = {"lost": len(split_reasons), "count": len(members), "reason": reason}
    return lost


def as_target(manifest: Manifest, target: str) -> Manifest:
    """Return the manifest as labels of `target`: `expression` as it is; a dimension, such as `sentiment`, with that
    column as its only class and the task `regression`, which no manifest is written with. Raises ManifestError where
    there is none.
    """
    if target not in TARGETS:
        raise ManifestError(f"target is {target!r}; allowed are {TARGETS}")
    if target == "expression":
        return manifest
    if target not in dimensions(manifest):
        raise ManifestError(f"{manifest.dataset}: its labels have no {target}; it has no table of {target}")
    return dataclasses.replace(manifest, task="regression", classes=(target,))


def label_columns(manifest: Manifest) -> list[str]:
    """Columns that hold labels: those of the task and any other beyond the fixed ones (such as sentiment)."""
    return [column for column in manifest.table.columns if column not in COLUMNS]


def validate(manifest: Manifest) -> None:
    """Raise ManifestError naming the first rows that break the contract."""
    table = manifest.table
    if missing := [column for column in COLUMNS if column not in table.columns]:
        raise ManifestError(f"{manifest.dataset}: columns {missing} are missing")
    if manifest.task not in TASKS:
        raise ManifestError(f"{manifest.dataset}: task is {manifest.task!r}; allowed are {TASKS}")
    if table.empty:
        raise ManifestError(f"{manifest.dataset}: no utterance found; check its root and layout")
    repeated = table["utterance_id"].duplicated(keep=False)
    _require(manifest, ~repeated, "utterance_id is not unique; make it so, for example by the speaker's name in front,")
    _require(manifest, table["utterance_id"].map(is_id), "utterance_id is empty or holds control characters")
    turns = cross_validation.names_in(table["split"].dropna().astype(str).unique())
    _require(manifest, table["split"].isin([*SPLITS, *turns]), f"split is not one of {SPLITS}, nor a fold")
    if turns:
        _require(manifest, ~table["split"].isin(("valid", "test")), "valid and test stand beside folds")
    _require(manifest, table["text_source"].isin(TEXT_SOURCES), f"text_source is not one of {TEXT_SOURCES}")
    for column in ("media", "audio"):
        paths = table[column].where(table[column].notna(), "")  # a missing string is None or, in a str column, NaN
        _require(manifest, paths.map(is_inside), f"{column} leaves the root")
    if manifest.task == "single":
        known = table["label"].isna() | table["label"].isin(manifest.classes)
        _require(manifest, known, f"label is not one of {manifest.classes}")
    if manifest.task == "multi":
        for name in manifest.classes:
            _require(manifest, ~np.isinf(table[name].astype(float)), f"{name} is infinite")
    for name in dimensions(manifest):
        _require(manifest, ~(table[name].abs() > DIMENSION_RANGE[1] + 1e-3), f"{name} is outside -3..3")


def is_inside(path: str | None) -> bool:
    """Whether a relative path stays below its root."""
    if path is None:
        return True
    parts = PurePosixPath(path).parts
    return not PurePosixPath(path).is_absolute() and ".." not in parts and "\0" not in path


def is_id(value: object) -> bool:
    """Whether a value can be an id: text that is not empty, without control characters, line ends and stray bytes."""
    return isinstance(value, str) and value != "" and (value.isprintable() or not _NO_ID & set(map(category, value)))


def _require(manifest: Manifest, good: pd.Series, message: str) -> None:
    bad = manifest.table.loc[~good.astype(bool), "utterance_id"].astype(str)
    if len(bad):
        examples: Sequence[str] = bad.head(3).tolist()
        raise ManifestError(f"{manifest.dataset}: {message} in {len(bad)} rows, such as {examples}")
