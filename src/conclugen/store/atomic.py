"""Atomic writes: a file appears under its name only when it is complete."""

from __future__ import annotations

import contextlib
import glob
import os
import re
from collections.abc import Iterator
from pathlib import Path

from conclugen.store import fence


@contextlib.contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success flush it to disk and rename it, on failure remove it.

    The temporary name keeps the suffix of `path`, since some writers choose their format by it. What writers of the
    same file left that were killed is removed. Raises SupersededError in a process of a run that is over.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(path)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.tmp{path.suffix}")
    try:
        yield temporary
        with open(temporary, "rb") as written:
            os.fsync(written.fileno())
        fence.check(path)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _remove_leftovers(path: Path) -> None:
    """Delete temporary files of `path` whose process is gone."""
    for left in path.parent.glob(f".{glob.escape(path.stem)}.*.tmp{glob.escape(path.suffix)}"):
        number = re.fullmatch(rf"\.{re.escape(path.stem)}\.(\d+)\.tmp{re.escape(path.suffix)}", left.name)
        if number and not _runs(int(number[1])):
            left.unlink(missing_ok=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):  # another user's; no process has such a number
        return True
    return True


def write_text(path: str | Path, text: str) -> None:
    """Write UTF-8 text atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


def write_if_changed(path: str | Path, text: str) -> bool:
    """Write UTF-8 text atomically unless the file already holds it; return whether it was written."""
    path = Path(path)
    if path.exists() and path.read_bytes() == text.encode():
        return False
    write_text(path, text)
    return True
