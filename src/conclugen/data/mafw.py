"""MAFW: clips of films, series and short videos, with one expression of eleven, or several at once, in five folds.

Entry module. `Train & Test Set/single/no_caption/set_1/train.txt` has a line `00025.mp4 anger` per clip, and `compound`
one such as `09932.mp4 sadness_surprise`; 10,045 clips lie in `clips`, 9,172 of them with a single label. The text that
describes each face in words is an annotation, not what is said, and is never read: it would be the label. The owners
name no validation fold, nor the source or the people of a clip, so every clip is a group of its own. 21 clips have no
sound, which the stream of sound finds and records.

Layout and counts are those of the owners' page and of public code that reads the lists; the archive itself was not at
hand. How the parts of a compound label are joined was seen on the owners' page alone (`_`); `-`, `&`, `,` and `+` are
taken as well.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from conclugen.data.class_names import class_labels, folded
from conclugen.data.common import run, stem, table
from conclugen.data.csv_tables import check_text
from conclugen.data.errors import LayoutError, require_choice
from conclugen.data.listed import Lists, columns, gather, require_lists
from conclugen.data.manifest import Manifest
from conclugen.data.notes import Notes
from conclugen.data.official import files
from conclugen.data.published import Mafw as Settings
from conclugen.data.text import decode
from conclugen.store.ledger import Status

CLASSES = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
CLASSES += ("contempt", "anxiety", "helplessness", "disappointment")
SETS = ("single", "compound")
_LIST = re.compile(r".*/(single|compound)/(?:no_caption/)?set_(\d)/(train|test)\.txt")
_LINE = re.compile(r"(\S+)[ \t]+(\S+)(?:[ \t].*)?")
_JOINED = re.compile(r"[_\-&,+]")


def build(dataset: str, root: Path, settings: Settings) -> Manifest:
    """Read the lists and find their clips. Raises LayoutError where the lists of the fold are missing."""
    require_choice("labels", settings.labels, SETS)
    notes, lists = Notes(dataset), read_lists(root, settings.labels)
    require_lists(
        root,
        lists,
        settings.fold,
        f"`Train & Test Set`, which holds {settings.labels}/no_caption/set_{{fold}}/train.txt and test.txt",
    )
    ids, label_names, table_columns = columns(notes, root, lists, settings.fold, settings.valid_fraction)
    if settings.labels == "single":
        _, labels = class_labels(notes, label_names, ids, CLASSES, str(root), listed=False)
        return Manifest(table(table_columns, {"label": labels}), dataset, "mafw", "single", CLASSES, notes)
    values = _several(notes, label_names, ids)
    named = {name: values[:, i] for i, name in enumerate(CLASSES)}
    return Manifest(table(table_columns, named), dataset, "mafw", "multi", CLASSES, notes)


def folds(root: Path, labels: str = "single") -> dict[str, int]:
    """Return the official fold, 1 to 5, that tests each clip."""
    return read_lists(root, labels).folds


def read_lists(root: Path, labels: str) -> Lists:
    """Read the lists of all folds of the single or compound set; of a fold with and without captions, either."""
    rows = []
    for path in files("mafw", root):
        match = _LIST.fullmatch(path.as_posix())
        if match is None or match[1] != labels:
            continue
        for line in decode(check_text(path, path.read_bytes())).splitlines():
            if row := _LINE.fullmatch(line.strip()):
                rows.append((match[3], int(match[2]), stem(row[1], 1), row[2]))
            elif line.strip():
                raise LayoutError(f"{path}: {line.strip()[:60]!r} is no line such as `00025.mp4 anger`")
    return gather(root, rows)


def _several(notes: Notes, written: Sequence[str], ids: Sequence[str]) -> np.ndarray:
    """The expressions of each clip as 1 and 0 (N, 11), NaN where there is no label; a name that is none is a loss."""
    values, unknown = np.full((len(ids), len(CLASSES)), np.nan), {}
    for row, (name, label) in enumerate(zip(ids, written, strict=True)):
        parts = [folded(part) for part in _JOINED.split(label) if part]
        if any(part not in CLASSES for part in parts):
            unknown[name] = label
        elif parts:
            values[row] = [class_name in parts for class_name in CLASSES]
    notes.lose(Status.NO_LABEL, unknown, f"label names what is none of {', '.join(CLASSES)}")
    notes.remark([name for name, label in zip(ids, written, strict=True) if not label], "no label")
    return values


def main(argv: Sequence[str] | None = None) -> None:
    """Write the manifest."""
    run(Settings, build, argv)


if __name__ == "__main__":
    main()
