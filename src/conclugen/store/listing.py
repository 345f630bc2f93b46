"""Listings of files by sha256, as `sha256sum` writes and checks them. Standard library only: planning reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

LISTING = "SHA256SUMS"  # in a folder of staged files; the weights come first


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
    found = {}
    for line in text.splitlines():
        match = re.fullmatch(r"([0-9a-f]{64}) [ *]([^/\\]+)", line)
        if match is None:
            raise ListingError(f"{line!r} is no line of a listing")
        found[match[2]] = match[1]
    return found


def listing_text(files: Mapping[str, str]) -> str:
    """Return a listing of (name: sha256), in the order given."""
    return "".join(f"{sha256}  {name}\n" for name, sha256 in files.items())
