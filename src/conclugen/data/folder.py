"""A folder of media and, where there are labels, a CSV that names the files: the way to bring one's own data.

Entry module. Without a CSV every media file below the root is an utterance in no split, fit for pretraining; a sound
file beside a video of the same name is that video's sound. A CSV of texts alone names no files.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from conclugen.data import cross_validation
from conclugen.data.class_names import alike, class_labels, folded, stated, without
from conclugen.data.common import as_id, hashed_split, run, scan, splits, stem, storable, table
from conclugen.data.csv_tables import ROLES, read_csv, role_columns, scan_csv
from conclugen.data.dimensions import on_scale
from conclugen.data.errors import LayoutError
from conclugen.data.label_arrays import label_names
from conclugen.data.labels import numbers, presences, seconds, times
from conclugen.data.manifest import Manifest, is_inside
from conclugen.data.notes import Notes, warn
from conclugen.data.settings import Folder as Settings
from conclugen.data.text import clean
from conclugen.media.suffixes import is_sound
from conclugen.store.ledger import Status

_RATED = "={}"  # the key of a dimension in a row, which no role and no class of a layout has


def build(dataset: str, root: Path, settings: Settings) -> Manifest:
    """Read the CSV or the folder. Raises LayoutError for columns that are missing and for a folder without media."""
    if unknown := sorted(settings.columns.keys() - set(ROLES)):
        raise LayoutError(f"columns: unknown role {unknown[0]!r}; allowed are {ROLES}")
    files, notes = list(scan(root, settings.extensions)), Notes(dataset)
    if settings.table is None:
        if not files:
            raise LayoutError(f"{root}: no media lie below it, such as clip{settings.extensions[0]}; correct the root")
        files, sounds = paired(files)
        ids = [as_id(notes, name) for name in default_ids(files, [""] * len(files))]
        media = [storable(notes, file, name) for file, name in zip(files, ids, strict=True)]
        columns = {"utterance_id": ids, "media": list(map(_video, media)), "audio": list(map(_sound, media, sounds))}
        return Manifest(table(columns), dataset, "folder", "none", (), notes)
    source = str(root / settings.table)
    rows = _unique(notes, _rows(root, files, settings), source)
    named = {row["file"] for row in rows if row["file"]}
    warn(dataset, "media files that the table does not name", [file for file in files if file not in named])
    _require_some(root, source, named, files)
    warn(dataset, "rows whose file is missing or of another kind", sorted(named - set(files)))
    ids = [row["id"] for row in rows]
    speakers, groups = (alike(notes, [row[role] for row in rows], ids, role) for role in ("speaker", "group"))
    cut = Counter(row["file"] for row in rows if row["file"])
    alone = [row["file"] if cut[row["file"]] > 1 else row["id"] for row in rows]
    groups = [group or who or name for group, who, name in zip(groups, speakers, alone, strict=True)]
    comma = scan_csv(root / settings.table, 1).dialect.decimal_comma
    spans = seconds([row[end] for row in rows for end in ("start", "end")], comma).reshape(-1, 2)
    spans = times(notes, spans, np.array([[bool(stated(row[end])) for end in ("start", "end")] for row in rows]), ids)
    task, classes, labels = _all_labels(notes, rows, ids, settings, source, comma)
    columns = {
        "utterance_id": ids,
        "split": _splits(notes, rows, ids, groups, settings, source),
        "media": [_video(row["file"]) for row in rows],
        "audio": [_sound(row["file"], None) for row in rows],
        "start_s": spans[:, 0],
        "end_s": spans[:, 1],
        "text": [clean(row["text"]) for row in rows],
        "speaker": [speaker or None for speaker in speakers],
        "group": groups,
    }
    return Manifest(table(columns, labels), dataset, "folder", task, classes, notes)


def _rows(root: Path, files: Sequence[str], settings: Settings) -> list[dict[str, str]]:
    """The rows of the CSV with their roles as keys; label columns of a multi-label task keep their names."""
    path = root / settings.table
    rated = {_RATED.format(name): dimension.key for name, dimension in settings.dimensions.items()}
    table_rows = read_csv(path, [*settings.columns.values(), *settings.labels, *rated.values()])
    if not table_rows:
        raise LayoutError(f"{path}: no rows")
    names = _roles(path, list(table_rows[0]), settings)
    label_columns = {name: name for name in settings.labels} | rated
    rows = [
        {role: row.get(name, "") for role, name in names.items()}
        | {name: row[key] for name, key in label_columns.items()}
        for row in table_rows
    ]
    on_disk = spelled_otherwise(files)
    for row in rows:
        row["file"] = _found(root, on_disk, row["file"]) if row["file"] else ""
    spans = [f"@{row['start'] or 0}-{row['end']}" if row["start"] or row["end"] else "" for row in rows]
    digits = len(str(len(rows)))
    for i, (row, name) in enumerate(zip(rows, default_ids([row["file"] for row in rows], spans), strict=True), 1):
        row_id = unicodedata.normalize("NFC", row["id"])
        row["id"] = row_id or (name if row["file"] else f"row{i:0{digits}d}")
    return rows


def _roles(path: Path, header: Sequence[str], settings: Settings) -> dict[str, str]:
    """The column of each role: as the settings name it, else called like the role, in capitals or not.

    Raises LayoutError where there is no column of files or texts, or two for a role.
    """
    names = role_columns(header, settings.columns)
    for role in ROLES:
        alike = [name for name in header if name.lower() == role]
        if role not in settings.columns and role not in header and alike and names[role] not in header:
            raise LayoutError(f"{path}: the columns {alike} differ in capitals alone; name one in columns.{role}")
    if not {names["file"], names["text"]} & set(header):
        raise LayoutError(
            f"{path}: column {names['file']!r} is missing, and so is {names['text']!r}, which is enough where there "
            f"are no media; its first row, which must name the columns, has {list(header)}. Say which column is "
            f"which, such as columns: {{file: {next(iter(header), 'path')!r}}}"
        )
    return names


def spelled_otherwise(files: Sequence[str]) -> dict[str, str]:
    """The file for each way to write its path that leads to it alone: composed or not, in capitals or not."""
    ways: dict[str, set[str]] = defaultdict(set)
    for file in files:
        for way in (unicodedata.normalize("NFC", file), folded(file)):
            ways[way].add(file)
    return {way: next(iter(paths)) for way, paths in ways.items() if len(paths) == 1} | {file: file for file in files}


def _found(root: Path, on_disk: Mapping[str, str], file: str) -> str:
    """A path as the manifest holds it: that of the file it leads to, else as it is written."""
    path = relative(root, file)
    composed = unicodedata.normalize("NFC", path)
    return on_disk.get(path) or on_disk.get(composed) or on_disk.get(folded(path)) or path


def _require_some(root: Path, source: str, named: Collection[str], files: Sequence[str]) -> None:
    """Raise LayoutError where the table names files, and none of them lies below the root."""
    if not named or not all(is_inside(file) and not (root / file).exists() for file in named):
        return
    state = f"what lies there is called such as {files[0]!r}" if files else "no media lie there at all"
    raise LayoutError(
        f"{source}: none of the {len(named)} files that it names lies below {root}, such as {min(named)!r}; {state}. "
        "Correct the names or the root, or take the column of files out where texts alone are meant"
    )


def paired(files: Sequence[str]) -> tuple[list[str], list[str | None]]:
    """Return the files that make utterances, and the sound file that each has beside it, if any: the only one of the
    same folder and name, suffix aside, where there is but one video of that name."""
    videos = Counter(stem(file) for file in files if not is_sound(file))
    sounds = Counter(stem(file) for file in files if is_sound(file))
    beside = {s: file for file in files if is_sound(file) and videos[s := stem(file)] == sounds[s] == 1}
    utterance_files = [file for file in files if beside.get(stem(file)) != file]
    return utterance_files, [beside.get(stem(file)) for file in utterance_files]


def _video(file: str | None) -> str | None:
    return None if not file or is_sound(file) else file


def _sound(file: str | None, beside: str | None) -> str | None:
    return file if file and is_sound(file) else beside


def relative(root: Path, file: str) -> str:
    """A path as the manifest holds it: `/` between parts, relative to the root where it lies below it."""
    path = Path(file.replace("\\", "/"))
    if path.is_absolute():
        for base in (root, root.resolve()):
            if path.is_relative_to(base):
                path = path.relative_to(base)
    return path.as_posix()


def default_ids(files: Sequence[str], spans: Sequence[str]) -> list[str]:
    """The path without its suffix, and the times of a segment; with the suffix where files differ in nothing else.

    Names are composed (NFC), as they come from any keyboard; some disks hold them decomposed.
    """
    files = [unicodedata.normalize("NFC", file) for file in files]
    shared = Counter(stem(file) for file in set(files))
    return [(stem(f) if shared[stem(f)] == 1 else f) + span for f, span in zip(files, spans, strict=True)]


def _unique(notes: Notes, rows: list[dict[str, str]], source: str) -> list[dict[str, str]]:
    """The rows without those that say the same again. Raises LayoutError where rows of one id say different things."""
    by_id: dict[str, dict[str, str]] = {}
    again = [row for row in rows if by_id.setdefault(row["id"], row) is not row]
    if other := Counter(row["id"] for row in again if row != by_id[row["id"]]):
        names = ", ".join(f"{name!r} ({count + 1} rows)" for name, count in other.most_common(5))
        raise LayoutError(
            f"{source}: {len(other)} ids repeat in rows that differ, such as {names}. Make them unique, for example by "
            "the speaker's name in front; without a column of ids, file and times name a row"
        )
    notes.remark([row["id"] for row in again], "stands in the table more than once")
    return list(by_id.values())


def _labels(
    notes: Notes,
    rows: Sequence[Mapping[str, str]],
    ids: Sequence[str],
    settings: Settings,
    source: str,
    comma: bool,
) -> tuple[str, tuple[str, ...], dict[str, Any]]:
    """Task, classes and label columns."""
    if settings.labels:
        cells = [[row[name] for row in rows] for name in settings.labels]
        return "multi", settings.labels, presences(notes, cells, ids, settings.labels, source, comma)
    values = [row["label"] for row in rows]
    if not any(values):
        return "none", (), {}
    values = label_names(notes, np.array(values, dtype=object), ids, settings.classes, source)
    values = without(notes, values, ids, settings.ignored)
    classes, labels = class_labels(notes, values, ids, settings.classes, source)
    return "single", classes, {"label": labels}


def _all_labels(
    notes: Notes, rows: Sequence[dict[str, str]], ids: Sequence[str], settings: Settings, source: str, comma: bool
) -> tuple[str, tuple[str, ...], dict[str, Any]]:
    """Task, classes, and the columns of labels and dimensions."""
    task, classes, labels = _labels(notes, rows, ids, settings, source, comma)
    return task, classes, labels | _dimensions(notes, rows, ids, settings, source, comma, classes)


def _dimensions(
    notes: Notes,
    rows: Sequence[dict[str, str]],
    ids: Sequence[str],
    settings: Settings,
    source: str,
    comma: bool,
    classes: Collection[str],
) -> dict[str, np.ndarray]:
    """Each dimension (N,) on the scale of the manifest; a cell that is no number, nor empty, is a loss."""
    ratings = {}
    for name, dimension in settings.dimensions.items():
        if name in classes:
            raise LayoutError(f"{source}: a class is called {name!r}, as is the dimension; rename the class")
        cells = [row[_RATED.format(name)] for row in rows]
        values = numbers(cells, comma, truth=False)
        odd = {
            utterance_id: cell
            for utterance_id, cell, v in zip(ids, cells, values, strict=True)
            if v != v and stated(cell)
        }
        notes.lose(Status.NO_LABEL, odd, f"{name} is no number")
        ratings[name] = on_scale(notes, name, dimension, values, ids, source)
    return ratings


def _splits(
    notes: Notes,
    rows: Sequence[Mapping[str, str]],
    ids: Sequence[str],
    groups: Sequence[str],
    settings: Settings,
    source: str,
) -> list[str]:
    values = [row["split"] for row in rows]
    if settings.folds is not None:
        if any(values):
            return cross_validation.given(values, settings.folds, source)
        return cross_validation.drawn(groups, settings.folds, settings.seed)
    if not any(values):
        return [hashed_split(group, settings.fractions, settings.seed) for group in groups]
    return splits(notes, values, settings.splits, ids, source)


def main(argv: Sequence[str] | None = None) -> None:
    """Write the manifest."""
    run(Settings, build, argv)


if __name__ == "__main__":
    main()
