"""Media files by the names that a label file gives them, wherever below the root their archives were unpacked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from conclugen.data.common import scan, stem
from conclugen.data.notes import Notes
from conclugen.media.suffixes import MEDIA, is_sound
from conclugen.store.ledger import Status

Found = dict[str, dict[str, str]]  # by name, the path of its `video`, its `sound`, or both


def by_name(root: Path, parts: int = 1) -> Found:
    """Return the files below `root` by the last `parts` of their paths, without suffix; the first of several counts."""
    files: Found = {}
    for path in scan(root, MEDIA):
        files.setdefault(stem(path, parts), {}).setdefault("sound" if is_sound(path) else "video", path)
    return files


def columns_of(notes: Notes, media: Mapping[str, Mapping[str, str]], ids: Sequence[str], names: Sequence[str]) -> dict:
    """Return the columns `media` and `audio` (N,) of the utterances `ids`, whose files are called `names`; one without
    any is a loss."""
    rows = [media.get(name, {}) for name in names]
    missing = {i: f"{name}.*" for i, name, row in zip(ids, names, rows, strict=True) if not row}
    notes.lose(Status.MISSING_MEDIA, missing, "no such file")
    sounds = [row.get("sound") for row in rows]
    return {"media": [row.get("video") for row in rows], "audio": sounds}


def others(media: Collection[str], named: Collection[str]) -> list[str]:
    """Return the names of files that no label file names, sorted: utterances without a label, in no split."""
    return sorted(set(media) - set(named))
