"""Files that are not there: what git-lfs, git-annex and servers that fail leave in their place."""

from __future__ import annotations

import codecs
import os
from pathlib import Path

LARGEST = 1024  # bytes; git-lfs keeps its pointers below this
SHOWN = 60  # characters of a text
_ANNEX = "annex/objects/"
_STARTS = {
    b"version https://git-lfs.github.com/spec/": ("git-lfs", "git lfs pull"),
    b"version https://hawser.github.com/spec/": ("git-lfs", "git lfs pull"),
    b"/annex/objects/": ("git-annex", "git annex get"),
}


def pointer(path: str | Path) -> str:
    """Return what a file is where it only points to the real one and how to get that, empty for any other file.

    A file that cannot be opened is none, unless it is a link of git-annex. Pointers are small, so of a large file
    nothing is used.
    """
    start = _start(path)
    if len(start) > LARGEST:
        return ""
    known = [words for mark, words in _STARTS.items() if start.startswith(mark)]
    if _is_annex(start) or (not start and _ANNEX.encode() in os.fsencode(_target(path))):
        known = [_STARTS[b"/annex/objects/"]]
    return next((f"a pointer of {kind}, not the file itself: `{way}` fetches it" for kind, way in known), "")


def absent(path: str | Path) -> str:
    """Return why there is no file under this path: a link that leads nowhere, or nothing at all."""
    target = _target(path)
    return pointer(path) or (f"a link to {target}, which is not there" if target else "no such file")


def text_start(path: str | Path) -> str:
    """Return the first words of a file that is text, empty for any other: in place of media, the web page or the
    message with which a server answered."""
    try:
        head = codecs.getincrementaldecoder("utf-8")().decode(_start(path))
    except UnicodeDecodeError:
        return ""
    shown = " ".join(head.split())
    if not shown.isprintable():
        return ""
    return f"{shown[:SHOWN]}…" if len(shown) > SHOWN else shown


def _start(path: str | Path) -> bytes:
    """The first bytes of a file, empty where it cannot be opened."""
    try:
        with open(path, "rb") as file:
            return file.read(LARGEST + 1).removeprefix(codecs.BOM_UTF8)
    except (OSError, ValueError):
        return b""


def _target(path: str | Path) -> str:
    try:
        return os.readlink(path)
    except (OSError, ValueError):
        return ""


def _is_annex(start: bytes) -> bool:
    """Whether a file holds what a link of git-annex would lead to, as on disks without links."""
    return start.startswith((b".git/annex/objects/", b"../")) and b".git/annex/objects/" in start.split(b"\n")[0]
