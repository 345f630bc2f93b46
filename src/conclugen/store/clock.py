"""Results that are dated in the future, as after a clock was set back.

Snakemake compares times: what is made now would look older than a result of the future, and that one up to date. So
before anything is planned, what is dated later than now is dated now.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

SLACK_S = 2.0  # between the clocks of a file server and of this machine
SKIPPED = ("demo", "logs", "benchmarks", "state")  # no rule compares times there, except of the demo's index


def pull_back(results: Path, now: float | None = None) -> int:
    """Date files below `results` that are later than `now` (seconds; None: the clock) to now; return how many."""
    now = time.time() if now is None else now
    late = [entry.path for entry in _files(results) if entry.stat(follow_symlinks=False).st_mtime > now + SLACK_S]
    for path in late:
        os.utime(path, (now, now), follow_symlinks=False)
    return len(late)


def _files(results: Path) -> Iterator[os.DirEntry]:
    pending = [results]
    while pending:
        folder = pending.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError:  # not made yet, or gone between two calls
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if folder != results or entry.name not in SKIPPED:
                    pending.append(Path(entry.path))
                elif entry.name == "demo":
                    yield from (file for layout in _folders(entry.path) for file in _named(layout, "index.csv"))
            else:
                yield entry


def _folders(path: str) -> list[str]:
    with os.scandir(path) as entries:
        return [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]


def _named(folder: str, name: str) -> list[os.DirEntry]:
    with os.scandir(folder) as entries:
        return [entry for entry in entries if entry.name == name]
