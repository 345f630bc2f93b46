"""Features as columns of a table, with labels beside them: which column is what."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np

from conclugen.data.common import scan
from conclugen.data.csv_arrays import csv_columns, csv_header
from conclugen.data.csv_tables import read_csv
from conclugen.data.errors import LayoutError
from conclugen.data.labels import numbers
from conclugen.media.suffixes import MEDIA
from conclugen.survey.arrays import IDS, modality
from conclugen.survey.found import Found, SurveyError
from conclugen.survey.tables import NAMES, TABLES, unfit

LOOKED_AT = 2000  # rows, of what may be many columns
LEAST = 4  # columns of numbers beside what else is known of a row; a table with fewer holds no features
ROLES = ("split", "speaker", "group", "text")
NUMBERED = re.compile(r"(.*?)[_.\- ]?\d+$")


def features(
    root: Path, table: str | None, columns: Mapping[str, str], labels: Sequence[str], classes: Sequence[str]
) -> Found | None:
    """Return how a table of features is read; None where the folder has media, or no one table that holds any.

    Args:
        root: the folder.
        table: the table, below it; None: the only one there.
        columns: by role, columns that are known.
        labels: columns of a multi-label task.
        classes: of labels that stand as numbers.

    Raises SurveyError where the table has features, and no ids, or features that are not all told apart by their names.
    """
    tables = [path.name for path in sorted(root.iterdir()) if path.suffix.lower() in TABLES]
    chosen = table or (tables[0] if len(tables) == 1 else None)
    if chosen is None or not chosen.lower().endswith(".csv") or next(iter(scan(root, MEDIA)), None):
        return None
    try:
        rows = read_csv(root / chosen, limit=LOOKED_AT)
    except LayoutError:
        return None  # and clips say why
    if not rows:
        return None
    by_name = {name.lower(): name for name in reversed(rows[0])}
    roles = _roles(rows, by_name, columns)
    known = {*roles.values(), *(name for key in labels for name in fnmatch.filter(rows[0], key))}
    numeric = [name for name in rows[0] if name not in known and _is_number(rows, name)]
    if len(numeric) < LEAST:
        return None
    if "id" not in roles:
        raise SurveyError(f"{root / chosen}: {len(numeric)} columns of features, none of ids: --column id=NAME")
    streams = _streams(root / chosen, numeric, known)
    options = {"file": chosen, "ids": roles["id"], "streams": streams}
    options |= {role: name for role, name in roles.items() if role in (*ROLES, "sentiment")}
    options |= _labels(root / chosen, rows, roles.get("label"), labels, classes)
    modalities: dict[str, list[str]] = {}
    for name in streams:
        modalities.setdefault(modality(name) or name, []).append(name)
    named_roles = ", ".join(f"{role}: {name}" for role, name in roles.items())
    widths = ", ".join(
        f"{name} ({len(csv_columns(root / chosen, key, _hidden(options)))})" for name, key in streams.items()
    )
    return Found("features", options, modalities, (f"{chosen}, {named_roles}; features {widths}",))


def _hidden(options: Mapping) -> list[str]:
    """What is no feature, as the stage of imported features leaves it out."""
    labels = options.get("labels", {}).get("key")
    return [name for name in (options["ids"], labels, *(options.get(role) for role in ROLES)) if name]


def _roles(rows: Sequence[Mapping[str, str]], by_name: Mapping[str, str], columns: Mapping[str, str]) -> dict[str, str]:
    """The column of each role: as given, else as it is called, where it can be that."""
    if absent := [name for name in columns.values() if name not in rows[0]]:
        raise SurveyError(f"--column …={absent[0]}: no such column; there are {', '.join(list(rows[0])[:20])}")
    roles = dict(columns)
    for role, names in {"id": (*IDS, "file", "name"), "label": NAMES["label"], **{r: NAMES[r] for r in ROLES}}.items():
        free = [by_name[name] for name in names if name in by_name and by_name[name] not in roles.values()]
        fit = [name for name in free if any(row[name] for row in rows) and not unfit(role, [row[name] for row in rows])]
        if role not in roles and fit:
            roles[role] = fit[0]
    return roles


def _is_number(rows: Sequence[Mapping[str, str]], name: str) -> bool:
    cells = [row[name] for row in rows if row[name]]
    return bool(cells) and bool(np.isfinite(numbers(cells)).all())


def _streams(path: Path, numeric: Sequence[str], known: Collection[str]) -> dict[str, str]:
    """Streams by the names of their columns without the number at the end, `audio_*` of `audio_0` to `audio_9`; one
    stream of all where names are not numbered."""
    prefixes: dict[str, list[str]] = {}
    for name in numeric:
        numbered = NUMBERED.fullmatch(name)
        prefixes.setdefault(numbered[1] if numbered else "", []).append(name)
    if all(prefixes) and all(len(names) > 1 for names in prefixes.values()):
        keys = {_named(prefix): names[0][: len(prefix)] + "*" for prefix, names in prefixes.items()}
        if len(keys) == len(prefixes) and all(
            _matched(path, keys[_named(prefix)], known) == set(names) for prefix, names in prefixes.items()
        ):
            return keys
    if _matched(path, "*", known) == set(numeric):
        return {"features": "*"}
    others = sorted(_matched(path, "*", known) - set(numeric))
    raise SurveyError(
        f"{path}: features are not told from {', '.join(others[:5]) or 'one another'} by their names; number them, "
        "such as audio_0, audio_1, or delete the other columns"
    )


def _named(prefix: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]+", "_", prefix).strip("_") or "features"


def _matched(path: Path, key: str, known: Collection[str]) -> set[str]:
    """The columns that a pattern names, without those that are known."""
    header = csv_header(path)
    return {header[place] for place in csv_columns(path, key)} - set(known)


def _labels(
    path: Path,
    rows: Sequence[Mapping[str, str]],
    label: str | None,
    labels: Sequence[str],
    classes: Sequence[str],
) -> dict:
    if len(labels) > 1:
        raise SurveyError(
            f"{path}: of any of several labels, name the columns alike, such as label_happy and label_sad, and give "
            "the pattern and the classes: --labels 'label_*' --classes happy,sad"
        )
    if labels:
        if not classes:
            raise SurveyError(f"{path}: --labels {labels[0]} needs the names of its classes: --classes NAME,NAME,…")
        return {"labels": {"kind": "multi", "key": labels[0], "classes": list(classes)}}
    if label is None:
        return {}
    if all(_is_number([row], label) for row in rows if row[label]) and not classes:
        raise SurveyError(f"{path}: {label!r} has numbers; say what they stand for, in order: --classes NAME,NAME,…")
    return {"labels": {"kind": "single", "key": label} | ({"classes": list(classes)} if classes else {})}
