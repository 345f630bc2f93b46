"""What all adapters share: their command line, CSV files, folders of media, split names and hashed folds."""

from __future__ import annotations

import argparse
import csv
import dataclasses
import hashlib
import io
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from conclugen.data.manifest import COLUMNS, Manifest, ManifestError, write_manifest
from conclugen.data.text import clean, decode
from conclugen.store.settings import parse

T = TypeVar("T")
VIDEO_EXTENSIONS = (".mp4", ".avi", ".mkv", ".mov", ".webm", ".flv", ".mpg", ".mpeg", ".m4v", ".wmv")
SPLIT_NAMES = {
    "train": ("train", "training", "trn"),
    "valid": ("valid", "validation", "val", "dev", "development"),
    "test": ("test", "testing", "eval", "evaluation"),
    "none": ("", "none", "unused"),
}
_SPLITS = {alias: split for split, aliases in SPLIT_NAMES.items() for alias in aliases}
log = logging.getLogger(__name__)


class LayoutError(ManifestError):
    """A data set that is not where, or not as, its settings say."""


@dataclasses.dataclass(frozen=True)
class Fractions:
    """Shares of the groups; what is left over belongs to no split."""

    train: float
    valid: float
    test: float


def run(kind: type[T], build: Callable[[str, Path, T], Manifest], argv: Sequence[str] | None) -> None:
    """Entry point of an adapter: read flags and settings of type `kind`, build the manifest, write it."""
    parser = argparse.ArgumentParser(description="Write the manifest of a data set.")
    parser.add_argument("--dataset", required=True, help="its name in the configuration")
    parser.add_argument("--root", required=True, type=Path, help="folder that holds it, in its official layout")
    parser.add_argument("--settings", required=True, help="options of the adapter, as a JSON object")
    parser.add_argument("--output", required=True, type=Path, help="manifest to write (parquet)")
    parser.add_argument("--threads", type=int, default=1, help="accepted for uniformity; reading labels takes one")
    flags = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        if not flags.root.is_dir():
            raise LayoutError(f"root {flags.root} is not a folder; set datasets.{flags.dataset}.root")
        manifest = build(flags.dataset, flags.root, parse(kind, flags.settings))
        write_manifest(flags.output, manifest)
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


def read_csv(path: Path, required: Iterable[str] = ()) -> list[dict[str, str]]:
    """Read a CSV file into dicts of stripped strings, whatever its byte-order mark, line ends, quotes or delimiter.

    Rows without any value are skipped; missing cells are empty. Raises LayoutError that names absent columns.
    """
    try:
        text = decode(path.read_bytes())
    except OSError as error:
        raise LayoutError(f"{path}: {error.strerror}") from error
    header = text[: text.find("\n")] if "\n" in text else text
    delimiter = max(",;\t", key=header.count)
    csv.field_size_limit(sys.maxsize)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    names = [name.strip() for name in next(reader, [])]
    if absent := [name for name in required if name not in names]:
        raise LayoutError(f"{path}: column {absent[0]!r} is missing; it has {names}")
    return [  # a short row is filled up, of a long one the rest is left out: so the lengths differ
        dict(zip(names, [*(cell.strip() for cell in row), *[""] * len(names)], strict=False))
        for row in reader
        if any(cell.strip() for cell in row)
    ]


def transcripts(path: Path | None, key: Callable[[str], str]) -> dict[str, str]:
    """Read a CSV of `file, text` (or `transcript`) into {key(file): text}; empty where there is none."""
    if path is None:
        return {}
    rows = read_csv(path, ["file"])
    column = next((name for name in ("text", "transcript") if rows and name in rows[0]), None)
    if rows and column is None:
        raise LayoutError(f"{path}: column 'text' is missing; it has {list(rows[0])}")
    return {key(row["file"]): clean(row[column]) for row in rows}


def stem(path: str, parts: int | None = None) -> str:
    """A relative path without its suffix, with `/` between its (last `parts`) parts."""
    pieces = [piece for piece in path.replace("\\", "/").split("/") if piece not in ("", ".")]
    name, dot, _ = pieces[-1].rpartition(".") if pieces else ("", "", "")
    if dot and name:
        pieces[-1] = name
    return "/".join(pieces if parts is None else pieces[-parts:])


def scan(root: Path, extensions: Sequence[str]) -> Iterator[str]:
    """Yield paths below `root`, sorted within each folder, of files with one of `extensions` (lower case, with dot).

    Hidden files and folders are skipped, links are followed once. A name that cannot be an id is logged and skipped.
    """
    pending, linked = [""], set()
    while pending:
        folder = pending.pop()
        with os.scandir(root / folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name, reverse=True)
        files = []
        for entry in found:
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
        for path in reversed(files):
            if path.isprintable():
                yield path
            else:
                log.warning("skipped %r: its name holds control characters", path)


def split_name(value: str, names: Mapping[str, str] | None = None) -> str | None:
    """Return the split that `value` names (`dev` is valid), first by `names`; None where it is not known."""
    if names and value in names:
        return names[value]
    return _SPLITS.get(value.strip().lower())


def hashed_split(group: str, fractions: Fractions, seed: int) -> str:
    """Assign a group to a split by its hash: adding or removing other groups moves nothing."""
    digest = hashlib.sha256(f"{seed}:{group}".encode()).digest()
    place = int.from_bytes(digest[:8], "big") / 2**64
    for name in ("train", "valid", "test"):
        share = getattr(fractions, name)
        if place < share:
            return name
        place -= share
    return "none"


def warn(dataset: str, message: str, examples: Sequence[str]) -> None:
    """Log how many rows a finding concerns, with the first three; nothing where it concerns none."""
    if examples:
        shown = ", ".join(examples[:3])
        log.warning("%s: %s: %d, such as %s", dataset, message, len(examples), shown)
