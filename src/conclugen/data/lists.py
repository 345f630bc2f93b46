"""Whether the lists of a plan are as the plan left them.

Snakemake follows the plan of a data set, not the lists beside it: each list is the input of one shard, so that one
shard can rerun without the others. The plan records their sha256, as `sha256sum` does, and the workflow asks `damaged`
before it plans.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from conclugen.store.atomic import write_if_changed
from conclugen.store.listing import listing_text, parse_listing
from conclugen.store.seals import RECORD


def checksum(text: str) -> str:
    """Return the sha256 of a list's text."""
    return hashlib.sha256(text.encode()).hexdigest()


def write_record(folder: Path, checksums: Mapping[str, str]) -> bool:
    """Record the checksum of each list of `folder`, by its name; return whether the record changed."""
    return write_if_changed(folder / RECORD, listing_text(dict(sorted(checksums.items()))))


def damaged(plan: Path) -> list[str]:
    """Return the lists of a plan that are gone or differ from what the plan wrote; sorted.

    A plan that was not made yet has none; one without a readable record names the record.
    """
    if not plan.exists():
        return []
    folder = plan.with_suffix("")
    try:
        recorded = parse_listing((folder / RECORD).read_text(encoding="utf-8"))
        if not recorded:
            return [RECORD]
        return sorted(name for name, sha256 in recorded.items() if _sha256(folder / name) != sha256)
    except (OSError, ValueError):
        return [RECORD]


def _sha256(path: Path) -> str:
    """The sha256 of a file, empty where there is none."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""
