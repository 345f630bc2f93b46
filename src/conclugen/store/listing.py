"""Listings of staged weights: the sha256 of every file of a folder. Standard library only: planning jobs reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

LISTING = "SHA256SUMS"  # in a folder of staged files, as `sha256sum` writes and checks it; the weights come first


class WeightsError(RuntimeError):
    """Weights that are missing, altered or of the wrong shape."""


def read_listing(folder: Path) -> dict[str, str]:
    """Return the sha256 of each staged file of a folder by its name, in order; nothing where no listing lies there.

    Raises WeightsError for a listing that is damaged.
    """
    path = folder / LISTING
    if not path.is_file():
        return {}
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        match = re.fullmatch(r"([0-9a-f]{64}) [ *]([^/\\]+)", line)
        if match is None:
            raise WeightsError(f"{path}: {line!r} is no line of a listing; delete the file and stage the weights anew")
        found[match[2]] = match[1]
    return found


def listing_text(files: Mapping[str, str]) -> str:
    """Return a listing of (name: sha256), in the order given."""
    return "".join(f"{sha256}  {name}\n" for name, sha256 in files.items())
