"""Digests of what lies outside the results, by which the workflow notices that a data set has changed.

Label files are compared by content, so neither a touch nor a clock that was set back misleads; media by name, size and
time. Nothing here is part of a stage: the workflow puts what it returns beside the settings of a rule.
"""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

HASHED_BYTES = 32 << 20  # a larger file is compared by size and time
ENTRIES = 20_000  # looked at unless told otherwise: some 40 ms
UNWATCHED = "unwatched"


def contents(root: Path, paths: Iterable[Path]) -> list[str]:
    """Return `path@digest` per source: the path relative to `root`, and what is in it.

    A path is a file; a folder, whose entries count; or a folder and a pattern, for all files in it that match.
    """
    return sorted(f"{os.path.relpath(path, root)}@{_digest_of(path)}" for path in paths)


@functools.cache
def names(root: Path, extensions: Sequence[str], limit: int | None) -> str:
    """Return a digest of the paths of all media files below `root`, `UNWATCHED` where there are more than `limit`."""
    return _digest(path for path, _ in files(root, tuple(extensions), limit))


@functools.cache
def stamps(root: Path, extensions: Sequence[str], limit: int | None, named: tuple[str, ...] = ()) -> str:
    """Return a digest of path, bytes and time (seconds) of all media files below `root`; the same limit.

    `named`: files beside them, below `root` and whatever their suffix or place, which a table names.
    """
    return _digest(f"{path}\t{_seen(entry)}" for path, entry in _stamped(root, tuple(extensions), limit, named))


def _stamped(
    root: Path, extensions: tuple[str, ...], limit: int | None, named: tuple[str, ...]
) -> Iterator[tuple[str, os.DirEntry | Path]]:
    seen = set()
    for path, entry in files(root, extensions, limit):
        seen.add(path)
        yield path, entry
    yield from ((path, root / path) for path in sorted({*named} - seen))


def _seen(entry: os.DirEntry | Path) -> str:
    try:
        stat = entry.stat()
    except (OSError, ValueError):
        return "gone"
    return f"{stat.st_size}\t{int(stat.st_mtime)}"


class TooManyError(Exception):
    """More entries than may be looked at."""


def _digest(lines: Iterable[str]) -> str:
    try:
        ordered = sorted(lines)
    except TooManyError:
        return UNWATCHED
    except OSError:  # no such folder: the manifest says so
        ordered = []
    digest = hashlib.sha256("\n".join(ordered).encode(errors="surrogateescape")).hexdigest()
    return f"{len(ordered)} files, {digest[:12]}"


def files(root: Path, extensions: tuple[str, ...], limit: int | None) -> Iterator[tuple[str, os.DirEntry]]:
    """Yield media files with their path below `root`; hidden ones are skipped, linked folders followed once.

    Raises TooManyError after `limit` entries, OSError where there is no such folder.
    """
    pending, linked, seen = [""], set(), 0
    while pending:
        folder = pending.pop()
        with os.scandir(root / folder) as entries:
            for entry in entries:
                seen += 1
                if limit is not None and seen > limit:
                    raise TooManyError
                if entry.name.startswith("."):
                    continue
                path = f"{folder}/{entry.name}" if folder else entry.name
                if entry.is_dir():
                    target = os.path.realpath(entry.path) if entry.is_symlink() else None
                    if target is None or target not in linked:
                        linked.add(target)
                        pending.append(path)
                elif entry.name.lower().endswith(extensions):
                    yield path, entry


def _digest_of(path: Path) -> str:
    if "*" not in path.name:
        return _content(path, *_stamp(path))
    files = [file for file in path.parent.glob(path.name) if file.is_file()]
    return _digest(f"{file.name}\t{_content(file, *_stamp(file))}" for file in files)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError:
        return -1, -1
    return stat.st_size, stat.st_mtime_ns


@functools.cache
def _content(path: Path, size: int, modified: int) -> str:
    """A digest of a file's bytes, of its size and time where it is large, of a folder's entries."""
    if size < 0:
        return "missing"
    if path.is_dir():
        return hashlib.sha256("\n".join(sorted(os.listdir(path))).encode(errors="surrogateescape")).hexdigest()[:12]
    if size > HASHED_BYTES:
        return f"{size}-{modified}"
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
