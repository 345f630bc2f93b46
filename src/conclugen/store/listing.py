"""Listings of files by sha256, as `sha256sum` writes and checks them. Standard library only: planning reads them."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

LISTING = "SHA256SUMS"  # in a folder of staged files; the weights come first


# What a network needs beside its weights: settings, vocabularies, rules of a tokenizer.
COMPANIONS = (".bpe", ".codes", ".jinja", ".json", ".model", ".tiktoken", ".txt", ".vocab")
HASHED_BYTES = 64 << 20  # a larger one is told by its size and time


class WeightsError(RuntimeError):
    """Weights that are missing, altered or of the wrong shape."""


class ListingError(ValueError):
    """A text that is no listing."""


def read_listing(folder: Path) -> dict[str, str]:
    """Return the sha256 of each staged file of a folder by its name, in order; nothing where no listing lies there.

    Raises WeightsError for a listing that is damaged.
    """
    path = folder / LISTING
    if not path.is_file():
        return {}
    try:
        return parse_listing(path.read_text(encoding="utf-8"))
    except ListingError as error:
        raise WeightsError(f"{path}: {error}; delete the file and stage the weights anew") from error


def parse_listing(text: str) -> dict[str, str]:
    """Return the sha256 of each file by its name, in order. Raises ListingError for a line that is none."""
    listed = {}
    for line in text.splitlines():
        match = re.fullmatch(r"([0-9a-f]{64}) [ *]([^/\\]+)", line)
        if match is None:
            raise ListingError(f"{line!r} is no line of a listing")
        listed[match[2]] = match[1]
    return listed


def listing_text(files: Mapping[str, str]) -> str:
    """Return a listing of (name: sha256), in the order given."""
    return "".join(f"{sha256}  {name}\n" for name, sha256 in files.items())


def beside(weights: Path) -> dict[str, str]:
    """Return by name the sha256 of the files beside a weight file from which a network may be built as well."""
    companions = sorted(
        path for path in weights.parent.glob("*") if path.suffix.lower() in COMPANIONS and path.is_file()
    )
    return {
        path.name: _sha256(path, (s := path.stat()).st_size, s.st_mtime_ns) for path in companions if path != weights
    }


@functools.lru_cache(maxsize=1024)
def _sha256(path: Path, size: int, modified: int) -> str:
    if size > HASHED_BYTES:
        return hashlib.sha256(f"{size} {modified}".encode()).hexdigest()
    return hashlib.sha256(path.read_bytes()).hexdigest()
