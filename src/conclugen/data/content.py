"""What a data set has of video, sound and text, found out before anything runs.

A corpus may be sound alone, silent video, or text alone. The workflow asks `kinds` so that rules for what is not there
do not run and their absence is no loss. Of media files the suffix says what they may hold, and the headers of a few of
them whether they do. What cannot be looked at is taken to be there, so that its loss is noticed.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from conclugen.data import official, sources, tree
from conclugen.data.csv_tables import read_csv, role_columns
from conclugen.media import probe, suffixes

KINDS = ("video", "audio", "text")
MADE_OF = {
    "frames2d": "video",
    "frames3d": "video",
    "keypoints": "video",
    "audio": "audio",
    "text": "text",
}  # by stream
LOOKED_AT = 20_000  # files, or rows of a table
OPENED = 24  # files whose headers are read, chosen by the hash of their paths


def kinds(adapter: str, root: Path, options: Mapping[str, Any], recognised: bool) -> tuple[str, ...]:
    """Return which of `KINDS` a data set with media has.

    Args:
        adapter: the module that reads it.
        root: its folder; where there is none yet, it has all that the adapter can give.
        options: of the adapter.
        recognised: words are recognised in its sound where it has no text.
    """
    return _kinds(adapter, root, json.dumps(options, sort_keys=True), recognised)


@functools.cache
def _kinds(adapter: str, root: Path, options: str, recognised: bool) -> tuple[str, ...]:
    if not root.is_dir():
        return KINDS
    try:
        video, audio, text = _LOOKS.get(adapter, _named)(root, json.loads(options))
    except (OSError, ValueError):  # what is wrong with it the manifest says, with its reason
        return KINDS
    present = {"video": video, "audio": audio, "text": text or (recognised and audio)}
    return tuple(kind for kind in KINDS if present[kind])


def named_files(root: Path, options: Mapping[str, Any]) -> list[str]:
    """Return the files that the table of a `folder` names; none without a table that can be read, or of a large one."""
    try:
        rows = list(itertools.islice(_rows(root, options), LOOKED_AT + 1)) if options.get("table") else []
    except (OSError, ValueError):
        rows = []
    return [file for file, _ in rows if file] if len(rows) <= LOOKED_AT else []


def spelled_otherwise(root: Path, options: Mapping[str, Any]) -> bool:
    """Whether the table of a `folder` names a file that is not there under this very name: then what the manifest
    makes of it depends on what else is there."""
    return any(not os.path.exists(root / file) for file in named_files(root, options))


def is_cut(root: Path, options: Mapping[str, Any]) -> bool:
    """Whether the table of a `folder` cuts several utterances from one file, as far as its first rows tell; True where
    it cannot be looked at, so that what is wrong with it the manifest says."""
    try:
        rows = read_csv(root / options["table"], limit=LOOKED_AT) if options.get("table") else []
    except (OSError, ValueError):
        return True
    columns = role_columns(list(rows[0]) if rows else [], options["columns"])
    cut = Counter(row[columns["file"]] for row in rows if row.get(columns["file"]) and row.get(columns["start"]))
    return any(count > 1 for count in cut.values())


def _folder(root: Path, options: Mapping[str, Any]) -> tuple[bool, bool, bool]:
    if not options.get("table"):
        return *_media(root, _below(root, tuple(options["extensions"]))), False
    rows = list(itertools.islice(_rows(root, options), LOOKED_AT))
    files, text = [file for file, _ in rows if file], any(text for _, text in rows)
    return *(_media(root, files) if files or not text else (False, False)), text


def _official(root: Path, options: Mapping[str, Any]) -> tuple[bool, bool, bool]:
    return True, True, True


def _mosei(root: Path, options: Mapping[str, Any]) -> tuple[bool, bool, bool]:
    return True, True, bool(sources.mosei_transcripts(root, dict(options)))


def _caer(root: Path, options: Mapping[str, Any]) -> tuple[bool, bool, bool]:
    base = sources.caer_base(root)
    return True, True, bool(sources.transcripts_csv(root, base or root))


def _voxceleb2(root: Path, options: Mapping[str, Any]) -> tuple[bool, bool, bool]:
    base = sources.voxceleb2_base(root)
    parts = [part for part in options["parts"] if (base / part).is_dir()]
    video, audio = (any((base / part / kind).is_dir() for part in parts) for kind in ("mp4", "aac"))
    if video and not audio:  # then sound lies in the videos, or nowhere
        audio = _media(
            base, (f"{part}/mp4/{path}" for part in parts for path in _below(base / part / "mp4", (".mp4",)))
        )[1]
    text = bool(sources.transcripts_csv(root, base))
    return (video, audio, text) if video or audio else (True, True, text)


def _ravdess(root: Path, options: Mapping[str, Any]) -> tuple[bool, bool, bool]:
    seen = {kind for path in _below(root, suffixes.MEDIA) for kind in sources.ravdess_kinds(path)}
    return "video" in seen or not seen, "audio" in seen or not seen, True


def _cremad(root: Path, options: Mapping[str, Any]) -> tuple[bool, bool, bool]:
    folders = {folder.name for folder in sources.cremad(root, {})}
    return sources.CREMAD_VIDEO in folders or not folders, True, True


def _named(root: Path, options: Mapping[str, Any]) -> tuple[bool, bool, bool]:
    """Of an adapter without a look of its own: whatever media lie below the root, and perhaps the words."""
    return *_media(root, _below(root, suffixes.MEDIA)), True


def _wordless(root: Path, options: Mapping[str, Any]) -> tuple[bool, bool, bool]:
    """The same where words come from a file of transcripts alone."""
    return *_media(root, _below(root, suffixes.MEDIA)), (root / official.TRANSCRIPTS).is_file()


_LOOKS = {
    **dict.fromkeys(official.WORDLESS, _wordless),
    "folder": _folder,
    "mosei": _mosei,
    "meld": _official,
    "caer": _caer,
    "voxceleb2": _voxceleb2,
    "ravdess": _ravdess,
    "cremad": _cremad,
}


def _media(root: Path, files: Iterable[str]) -> tuple[bool, bool]:
    """Whether files below `root` have video and sound: by their suffixes, and of those that may have both by a few
    headers. All have both where none can be opened."""
    files = set(files)
    sound = any(suffixes.is_sound(file) for file in files)
    others = sorted((file for file in files if not suffixes.is_sound(file)), key=_drawn)
    if sound and not others:
        return False, True
    opened, video, audio = probe.contents([str(root / file) for file in others[:OPENED]])
    return (video > 0, sound or audio > 0) if opened else (True, True)


def _drawn(path: str) -> str:
    return hashlib.sha256(path.encode(errors="surrogateescape")).hexdigest()


def _below(root: Path, endings: tuple[str, ...]) -> Iterator[str]:
    """Yield paths below `root` of files with one of the suffixes, as far as the first `LOOKED_AT` entries go."""
    try:
        for path, _ in tree.files(root, endings, LOOKED_AT):
            yield path
    except tree.TooManyError:
        return


def _rows(root: Path, options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (file, text) of each row of a `folder` table, empty where it has no such column."""
    rows = read_csv(root / options["table"], limit=LOOKED_AT + 1)
    columns = role_columns(list(rows[0]) if rows else [], options["columns"])
    for row in rows:
        yield row.get(columns["file"], "").replace("\\", "/"), row.get(columns["text"], "")
