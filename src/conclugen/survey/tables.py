"""Clips of one's own: which table is about them, and which of its columns is what."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from conclugen.data.common import scan, split_name
from conclugen.data.csv_tables import ROLES, read_csv
from conclugen.data.errors import LayoutError
from conclugen.data.labels import seconds
from conclugen.media.suffixes import MEDIA
from conclugen.survey.found import Found, SurveyError

TABLES = (".csv", ".tsv", ".tab")
LOOKED_AT = 20_000  # rows of a table
MOST_CLASSES = 60
NAMES = {  # of columns, in lower case, by role; the first that a table has is taken
    "file": ("file", "path", "filename", "file_name", "media", "clip", "video", "audio", "wav", "name"),
    "id": ("id", "utterance_id", "clip_id"),
    "label": ("label", "emotion", "expression", "class", "category", "emotion_label", "target"),
    "text": ("text", "transcript", "transcription", "utterance", "sentence", "words"),
    "start": ("start", "start_s", "start_time", "begin", "onset", "from"),
    "end": ("end", "end_s", "end_time", "stop", "offset", "to"),
    "split": ("split", "fold", "set", "subset", "partition", "part", "usage"),
    "speaker": ("speaker", "speaker_id", "actor", "subject", "participant", "person", "identity"),
    "group": ("group", "video_id", "dialogue", "dialogue_id", "dialog_id", "session", "episode"),
}
Rows = Sequence[Mapping[str, str]]


def clips(root: Path, table: str | None, columns: Mapping[str, str], labels: Sequence[str]) -> Found:
    """Return how clips or texts below a folder are read.

    Args:
        root: the folder.
        table: the table, below it; None: the one that is about the clips, if there is one.
        columns: by role, columns that are known.
        labels: columns of a multi-label task; empty where a label is one of n.

    Raises SurveyError where nothing that could be read lies there, or several tables may be meant.
    """
    files = set(scan(root, MEDIA))
    chosen, others = (table, []) if table else _table(root, files)
    if chosen is None:
        if not files:
            raise SurveyError(f"{root}: neither media nor a table nor arrays lie there; name another folder")
        notes = [f"{len(files)} media files and no table that names them", *others]
        if rows := by_folder(files):
            kinds = ", ".join(sorted({label for _, label, _ in rows})[:5])
            notes.append(f"they lie in folders ({kinds}): --labels-from-folders takes the names of these as labels")
        return Found("folder", notes=tuple(notes))
    rows = _read(root / chosen)
    known, notes = _roles(files, rows, columns)
    if labels:
        known.pop("label", None)
        if absent := [name for name in labels if name not in rows[0]]:
            raise SurveyError(f"{chosen}: has no column {absent[0]!r}; it has {', '.join(rows[0])}")
    elif "label" not in known:
        notes += _may_be_labels(rows, set(known.values()))
    renamed = {role: name for role, name in known.items() if name != role}
    key = "table" if labels else "labels"
    options = {key: chosen} | ({"columns": renamed} if renamed else {}) | ({"labels": list(labels)} if labels else {})
    named_roles = ", ".join(f"{role}: {name}" for role, name in known.items())
    return Found("folder", options, notes=(f"{chosen}, {len(rows)} rows, columns {named_roles}", *notes, *others))


def by_folder(files: Iterable[str]) -> list[tuple[str, str, str]]:
    """Return file, label and split of media in folders that are called like classes, perhaps below such as train and
    test; nothing where they do not lie so. The split is empty where no folder names it."""
    parts = {file: file.split("/") for file in sorted(files)}
    kinds = {path[-2] for path in parts.values() if len(path) > 1}
    if any(len(path) < 2 for path in parts.values()) or not 2 <= len(kinds) <= min(MOST_CLASSES, len(parts) // 2):
        return []
    split = all(len(path) > 2 and split_name(path[0]) not in (None, "none") for path in parts.values())
    return [(file, path[-2], path[0] if split else "") for file, path in parts.items()]


def _table(root: Path, files: set[str]) -> tuple[str | None, list[str]]:
    """The table of a folder, or of one in it, that names media there, else one of texts; and why others are not."""
    named, texts, others = [], [], []
    for path in sorted([*root.glob("*"), *root.glob("*/*")]):
        if path.suffix.lower() not in TABLES or path.name.startswith("."):
            continue
        try:
            rows = _read(path)
        except (LayoutError, SurveyError) as error:
            others.append(f"not taken for the table: {' '.join(str(error).split())}")
            continue
        place = path.relative_to(root).as_posix()
        if _file_column(files, rows):
            named.append(place)
        elif not files and called(rows, "text"):
            texts.append(place)
        else:
            others.append(f"not taken for the table: {place}, which names no media and has no text")
    tables = named or texts
    if len(tables) > 1:
        raise SurveyError(f"{root}: {', '.join(tables)} could each be the table; say which: --table {tables[0]}")
    return (tables[0] if tables else None), others


def _read(path: Path) -> list[dict[str, str]]:
    rows = read_csv(path, limit=LOOKED_AT)
    if not rows:
        raise SurveyError(f"{path}: has no rows; name another table by --table")
    return rows


def _roles(files: set[str], rows: Rows, named: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The column of each role that there is, in the order of the roles, and what was left out."""
    if unknown := sorted(named.keys() - set(ROLES)):
        raise SurveyError(f"--column {unknown[0]}=…: no role; roles are {', '.join(ROLES)}")
    if absent := [name for name in named.values() if name not in rows[0]]:
        raise SurveyError(f"--column …={absent[0]}: no such column; there are {', '.join(rows[0])}")
    columns, notes = {}, []
    for role in ROLES:
        if role in named:
            columns[role] = named[role]
            continue
        name = _file_column(files, rows) if role == "file" else called(rows, role)
        if name is None or name in (*columns.values(), *named.values()):
            continue
        if why := unfit(role, [row[name] for row in rows]):
            notes.append(f"the column {name} is not taken for the {role}, since {why}")
        else:
            columns[role] = name
    return columns, notes


def _may_be_labels(rows: Rows, taken: set[str]) -> list[str]:
    """A sentence for each column that nothing is known of and that could hold labels, by its values."""
    columns = {name: [row[name] for row in rows] for name in rows[0] if name not in taken}
    return [
        f"no column is called like a label; {name} has {len(set(cells) - {''})} values: --column label={name} takes it"
        for name, cells in columns.items()
        if not unfit("label", cells)
    ]


def called(rows: Rows, role: str) -> str | None:
    """Return the column that is called like a role, if it holds anything; None where there is none."""
    by_name = {name.lower(): name for name in rows[0]}
    names = [by_name[name] for name in NAMES[role] if name in by_name]
    return next((name for name in names if any(row[name] for row in rows)), None)


def _file_column(files: set[str], rows: Rows) -> str | None:
    """The column most of whose cells are names of media: the one that names most of those that are there; None where
    no media are there at all."""
    if not files:
        return None
    media_names = files | {os.path.basename(file) for file in files}
    counts = {
        name: (sum(row[name] in media_names for row in rows), sum(row[name].lower().endswith(MEDIA) for row in rows))
        for name in rows[0]
    }
    best = max(counts, key=lambda name: counts[name])
    return best if 2 * max(counts[best]) > len(rows) else None


def unfit(role: str, cells: Sequence[str]) -> str:
    """Return why a column that is called like a role cannot be it; empty where it can."""
    filled = [cell for cell in cells if cell]
    kinds = set(filled)
    if role == "label" and (len(kinds) < 2 or len(kinds) > min(MOST_CLASSES, max(2, len(filled) // 2))):
        return f"it has {len(kinds)} values in {len(filled)} rows"
    if role == "id" and len(kinds) < len(cells):
        return "it is not unique"
    if role == "split" and (odd := sorted(value for value in kinds if split_name(value) is None)):
        return f"{odd[0]!r} is none of train, valid and test; splits are drawn"
    if role in ("start", "end") and not np.isfinite(seconds(filled)).all():
        return "not all of it are times"
    return ""
