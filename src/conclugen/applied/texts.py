"""A table of texts beside the files that they are spoken in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from conclugen.applied.clips import Clip
from conclugen.applied.errors import ApplyError
from conclugen.data.csv_tables import read_csv, scan_csv
from conclugen.data.labels import seconds
from conclugen.data.text import clean
from conclugen.survey.tables import called


def read_texts(path: Path) -> list[Clip]:
    """Read a table with the columns `text` and, as far as they are there, `file`, `start` and `end` (seconds or 1:20),
    or called as `survey.tables.NAMES` has it.

    Files are relative to the table. Raises LayoutError for a table that cannot be read, ApplyError for times that are
    none.
    """
    rows = read_csv(path, [])
    columns = {role: called(rows, role) if rows else None for role in ("file", "text", "start", "end")}
    if columns["text"] is None:
        raise ApplyError(f"{path}: has no column 'text', or no rows")
    comma = scan_csv(path, 1).dialect.decimal_comma
    cells = {role: [row.get(name or "", "") for row in rows] for role, name in columns.items()}
    times = {role: seconds(cells[role], comma) for role in ("start", "end")}
    for role, values in times.items():
        if bad := [cell for cell, time in zip(cells[role], values, strict=True) if cell and not np.isfinite(time)]:
            raise ApplyError(f"{path}: {role} {bad[0]!r} is no time in seconds, or such as 1:20")
    return [
        Clip(
            path.parent / file if file else None,
            *(float(times[role][row]) if cells[role][row] else None for role in ("start", "end")),
            clean(cells["text"][row]),
        )
        for row, file in enumerate(cells["file"])
    ]


def with_texts(files: Sequence[Path], spoken: Sequence[Clip]) -> list[Clip]:
    """Return a clip per row of `spoken` about one of `files`, and one per file without such a row; all rows where no
    files are given.

    Files are the same where they lead to the same place, else where their name alone fits. Raises ApplyError for a row
    about a file that is not there, and for texts of none of the files.
    """
    if not files:
        if missing := [clip.file for clip in spoken if clip.file is not None and not clip.file.is_file()]:
            raise ApplyError(f"{missing[0]}: no such file; the table of texts names it")
        return list(spoken)
    clips: list[Clip] = []
    for file in files:
        rows = [clip for clip in spoken if clip.file is not None and clip.file.resolve() == file.resolve()]
        rows = rows or [clip for clip in spoken if clip.file is not None and clip.file.name == file.name]
        clips += [Clip(file, clip.start_s, clip.end_s, clip.text) for clip in rows] or [Clip(file)]
    if not any(clip.text for clip in clips):
        raise ApplyError(f"the table of texts has none of the files, such as {files[0]}; correct its column 'file'")
    return clips
