"""What all adapters share: their command line, transcripts, folders of media, split names and hashed folds."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from conclugen.data.class_names import spelling, stated
from conclugen.data.cross_validation import hashed
from conclugen.data.csv_tables import read_csv
from conclugen.data.errors import LayoutError, ManifestError
from conclugen.data.manifest import COLUMNS, Manifest, is_id, write_manifest
from conclugen.data.notes import Notes
from conclugen.data.settings import Fractions
from conclugen.data.text import clean
from conclugen.store.ledger import Status, write_ledger
from conclugen.store.settings import parse

T = TypeVar("T")
SPLIT_NAMES = {
    "train": ("train", "training", "trn"),
    "valid": ("valid", "validation", "val", "dev", "development"),
    "test": ("test", "testing", "eval", "evaluation"),
    "none": ("", "none", "unused"),
}
_SPLITS = {alias: split for split, aliases in SPLIT_NAMES.items() for alias in aliases}
log = logging.getLogger(__name__)


def run(kind: type[T], build: Callable[[str, Path, T], Manifest], argv: Sequence[str] | None) -> None:
    """Entry point of an adapter: read flags and settings of type `kind`, build the manifest, write it."""
    parser = argparse.ArgumentParser(description="Write the manifest of a data set.")
    parser.add_argument("--dataset", required=True, help="its name in the configuration")
    parser.add_argument("--root", required=True, type=Path, help="folder that holds it, in its official layout")
    parser.add_argument("--settings", required=True, help="options of the adapter, as a JSON object")
    parser.add_argument("--output", required=True, type=Path, help="manifest to write (parquet)")
    parser.add_argument("--ledger", type=Path, help="ledger to write: what reading made of each utterance")
    parser.add_argument("--threads", type=int, default=1, help="accepted for uniformity; reading labels takes one")
    flags = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        if not flags.root.is_dir():
            raise LayoutError(f"root {flags.root} is not a folder; set datasets.{flags.dataset}.root")
        manifest = build(flags.dataset, flags.root, parse(kind, flags.settings))
        write_manifest(flags.output, manifest)
        if flags.ledger:
            write_ledger(flags.ledger, manifest.notes.ledger(manifest.table["utterance_id"]))
    except ManifestError as error:
        raise SystemExit(f"{flags.dataset}: {error}") from error
    counts = manifest.table["split"].value_counts().to_dict()
    log.info("%s: %d utterances, %s", flags.dataset, len(manifest.table), counts)


def table(columns: Mapping[str, Sequence[Any]], extra: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """Return a manifest table: the columns given, the rest as unknown, then `extra` label columns.

    Text makes `text_source` official where it is not given. Strings stay Python objects, so that a missing one is None.
    """
    count = len(columns["utterance_id"])
    text = list(columns.get("text", [""] * count))
    unknown: dict[str, Any] = {
        "split": ["none"] * count,
        "start_s": [np.nan] * count,
        "end_s": [np.nan] * count,
        "text": text,
        "text_source": ["official" if value else "none" for value in text],
        "group": columns["utterance_id"],
    }
    data: dict[str, Any] = {}
    for name in COLUMNS:
        values = columns.get(name, unknown.get(name, [None] * count))
        data[name] = pd.Series(values, dtype=float if name in ("start_s", "end_s") else object)
    for name, values in (extra or {}).items():
        data[name] = pd.Series(values, dtype=object if name == "label" else float)
    return pd.DataFrame(data)


def transcripts(path: Path | None, key: Callable[[str], str]) -> dict[str, str]:
    """Read a CSV of `file, text` (or `transcript`) into {key(file): text}; empty where there is none.

    Raises LayoutError for a file with two texts.
    """
    if path is None:
        return {}
    rows = read_csv(path, ["file"])
    column = next((name for name in ("text", "transcript") if rows and name in rows[0]), None)
    if rows and column is None:
        raise LayoutError(f"{path}: column 'text' is missing; it has {list(rows[0])}")
    texts: dict[str, str] = {}
    for row in rows:
        text = clean(row[column])
        if texts.setdefault(key(row["file"]), text) != text:
            raise LayoutError(f"{path}: two texts for {row['file']!r}; keep one")
    return texts


def stem(path: str, parts: int | None = None) -> str:
    """A relative path without its suffix, with `/` between its (last `parts`) parts."""
    pieces = [piece for piece in path.replace("\\", "/").split("/") if piece not in ("", ".")]
    name, dot, _ = pieces[-1].rpartition(".") if pieces else ("", "", "")
    if dot and name:
        pieces[-1] = name
    return "/".join(pieces if parts is None else pieces[-parts:])


def scan(root: Path, extensions: Sequence[str]) -> Iterator[str]:
    """Yield paths below `root`, sorted within each folder, of files with one of `extensions` (lower case, with dot).

    Hidden files and folders are skipped, links are followed once.
    """
    pending, linked = [""], set()
    while pending:
        folder = pending.pop()
        with os.scandir(root / folder) as entries:
            ordered = sorted(entries, key=lambda entry: entry.name, reverse=True)
        files = []
        for entry in ordered:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                target = os.path.realpath(entry.path) if entry.is_symlink() else None
                if target is None or target not in linked:
                    linked.add(target)
                    pending.append(path)
            elif entry.name.lower().endswith(tuple(extensions)):
                files.append(path)
        yield from reversed(files)


def as_id(notes: Notes, name: str) -> str:
    """An id of a file's name: characters that no id can have are written as `\\n` or `\\udcff`, which is noted."""
    if is_id(name):
        return name
    written = "".join(char if is_id(char) else char.encode("unicode_escape").decode() for char in name)
    notes.remark([written], "its name holds control characters, which are escaped in its id")
    return written


def storable(notes: Notes, path: str, name: str) -> str | None:
    """The path of an utterance's file, None where it is not UTF-8, so that no list can hold it: a loss."""
    try:
        path.encode()
    except UnicodeEncodeError:
        notes.lose(Status.MISSING_MEDIA, [name], "the name of its file is not UTF-8; rename it")
        return None
    return path


def splits(notes: Notes, values: Sequence[str], names: Mapping[str, str], ids: Sequence[str], source: str) -> list[str]:
    """Return the split that each value names (N,); an empty one is in none, which is noted.

    Raises LayoutError for a value that names no split: nobody can tell where its rows belong, and left out they would
    be missing from every score.
    """
    known = {value: split_name(value, names) for value in set(values)}
    assigned = [known[value] for value in values]
    if unknown := Counter(value for value, split in zip(values, assigned, strict=True) if split is None):
        sample = ", ".join(f"{value!r} ({count} rows)" for value, count in unknown.most_common(5))
        raise LayoutError(
            f"{source}: unknown split {sample}; say which it is, for example splits: {{{next(iter(unknown))!r}: test}}"
        )
    notes.remark([name for name, value in zip(ids, values, strict=True) if not stated(value)], "no split")
    return [split or "none" for split in assigned]


def split_name(value: str, names: Mapping[str, str] | None = None) -> str | None:
    """Return the split that `value` names (`dev` is valid), first by `names`, in any spelling of one of them; None
    where it is not known."""
    if names and value in names:
        return names[value]
    if len(alike := {split for name, split in (names or {}).items() if spelling(name) == spelling(value)}) == 1:
        return alike.pop()
    return _SPLITS.get(stated(value.strip()).lower())


def hashed_split(group: str, fractions: Fractions, seed: int) -> str:
    """Assign a group to a split by its hash: adding or removing other groups moves nothing."""
    place = hashed(group, seed)
    for name in ("train", "valid", "test"):
        share = getattr(fractions, name)
        if place < share:
            return name
        place -= share
    return "none"
