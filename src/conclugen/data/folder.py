"""A folder of media and, where there are labels, a CSV that names the files: the way to bring one's own data.

Entry module. Without a CSV every media file below the root is an utterance in no split, fit for pretraining.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from conclugen.data.common import (
    Fractions,
    LayoutError,
    hashed_split,
    read_csv,
    run,
    scan,
    split_name,
    stem,
    table,
    warn,
)
from conclugen.data.labels import number, one_of, times
from conclugen.data.manifest import Manifest
from conclugen.data.text import clean

ROLES = ("file", "id", "label", "text", "start", "end", "split", "speaker", "group")


@dataclasses.dataclass(frozen=True)
class Settings:
    """Options.

    Attributes:
        table: the CSV, relative to the root; None: there is none.
        columns: names of its columns where they differ from the roles `file, id, label, text, start, end, split,
            speaker, group`. Only `file` must be there; a column that is named here must be there, too.
        labels: columns of a multi-label task (a number above 0: present); empty where `label` holds one of n.
        classes: names and order of the classes in `label`; empty: those found, sorted.
        splits: split for each value of the split column; common names are known without it.
        fractions: shares of the groups in each split, drawn by hash, where no row names its split.
        seed: of that draw.
        extensions: of media files, lower case and with the dot.
    """

    table: str | None
    columns: dict[str, str]
    labels: tuple[str, ...]
    classes: tuple[str, ...]
    splits: dict[str, str]
    fractions: Fractions
    seed: int
    extensions: tuple[str, ...]


def build(dataset: str, root: Path, settings: Settings) -> Manifest:
    """Read the CSV or the folder. Raises LayoutError for columns that are missing and for a folder without media."""
    if unknown := sorted(settings.columns.keys() - set(ROLES)):
        raise LayoutError(f"columns: unknown role {unknown[0]!r}; allowed are {ROLES}")
    files = list(scan(root, settings.extensions))
    if settings.table is None:
        ids = default_ids(files, [""] * len(files))
        return Manifest(table({"utterance_id": ids, "media": files}), dataset, "folder", "none", ())
    rows = _rows(root, settings)
    known = {row["file"] for row in rows}
    warn(dataset, "media files that the table does not name", [file for file in files if file not in known])
    warn(dataset, "rows whose file is missing or of another kind", sorted(known - set(files)))
    rows = _unique(dataset, rows)
    ids = [row["id"] for row in rows]
    groups = [row["group"] or row["speaker"] or row["id"] for row in rows]
    written = [(row["start"], row["end"]) for row in rows]
    spans = np.array([[number(start), number(end)] for start, end in written])
    spans = times(dataset, spans, np.array([[bool(start), bool(end)] for start, end in written]), ids)
    task, classes, labels = _labels(dataset, rows, ids, settings)
    columns = {
        "utterance_id": ids,
        "split": _splits(dataset, rows, groups, settings),
        "media": [row["file"] for row in rows],
        "start_s": spans[:, 0],
        "end_s": spans[:, 1],
        "text": [clean(row["text"]) for row in rows],
        "speaker": [row["speaker"] or None for row in rows],
        "group": groups,
    }
    return Manifest(table(columns, labels), dataset, "folder", task, classes)


def _rows(root: Path, settings: Settings) -> list[dict[str, str]]:
    """The rows of the CSV with their roles as keys; label columns of a multi-label task keep their names."""
    names = {role: settings.columns.get(role, role) for role in ROLES}
    required = [names["file"], *settings.columns.values(), *settings.labels]
    rows = [
        {role: row.get(name, "") for role, name in names.items()} | {name: row[name] for name in settings.labels}
        for row in read_csv(root / settings.table, required)
    ]
    if not rows:
        raise LayoutError(f"{root / settings.table}: no rows")
    for row in rows:
        row["file"] = relative(root, row["file"])
    spans = [f"@{row['start'] or 0}-{row['end']}" if row["start"] or row["end"] else "" for row in rows]
    for row, name in zip(rows, default_ids([row["file"] for row in rows], spans), strict=True):
        row["id"] = row["id"] or name
    return rows


def relative(root: Path, file: str) -> str:
    """A path as the manifest holds it: `/` between parts, relative to the root where it lies below it."""
    path = Path(file.replace("\\", "/"))
    if path.is_absolute():
        for base in (root, root.resolve()):
            if path.is_relative_to(base):
                path = path.relative_to(base)
    return path.as_posix()


def default_ids(files: Sequence[str], spans: Sequence[str]) -> list[str]:
    """The path without its suffix, and the times of a segment; with the suffix where files differ in nothing else."""
    shared = Counter(stem(file) for file in set(files))
    return [(stem(f) if shared[stem(f)] == 1 else f) + span for f, span in zip(files, spans, strict=True)]


def _unique(dataset: str, rows: list[dict[str, str]]) -> list[dict[str, str]]:
    seen: dict[str, dict[str, str]] = {}
    again = [row["id"] for row in rows if seen.setdefault(row["id"], row) is not row]
    warn(dataset, "rows that repeat an id are left out; the first counts", again)
    return list(seen.values())


def _labels(
    dataset: str, rows: Sequence[Mapping[str, str]], ids: Sequence[str], settings: Settings
) -> tuple[str, tuple[str, ...], dict[str, Any]]:
    """Task, classes and label columns."""
    if settings.labels:
        values = {name: np.array([number(row[name]) for row in rows]) for name in settings.labels}
        for name, column in values.items():
            column[~np.isfinite(column)] = np.nan
            warn(dataset, f"{name} is no number", [ids[i] for i in np.flatnonzero(np.isnan(column))])
        return "multi", settings.labels, values
    given = [row["label"] for row in rows]
    if not any(given):
        return "none", (), {}
    classes = settings.classes or tuple(sorted({value for value in given if value}))
    return "single", classes, {"label": one_of(dataset, given, ids, classes)}


def _splits(dataset: str, rows: Sequence[Mapping[str, str]], groups: Sequence[str], settings: Settings) -> list[str]:
    given = [row["split"] for row in rows]
    if not any(given):
        return [hashed_split(group, settings.fractions, settings.seed) for group in groups]
    found = [split_name(value, settings.splits) for value in given]
    lost = [f"{row['id']} ({value})" for row, value, split in zip(rows, given, found, strict=True) if split is None]
    warn(dataset, "rows of an unknown split are in none", lost)
    return [split or "none" for split in found]


def main(argv: Sequence[str] | None = None) -> None:
    """Write the manifest."""
    run(Settings, build, argv)


if __name__ == "__main__":
    main()
