"""A seal beside a text file: its sha256, as `sha256sum` writes and checks it, by which any damage is noticed.

Lists of a plan, of which there are many, have one record of all their sha256 instead.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from conclugen.store.atomic import write_if_changed
from conclugen.store.listing import ListingError, listing_text, parse_listing

RECORD = "lists.sha256"  # beside the lists of a plan


class SealError(RuntimeError):
    """A file that is not what its seal says."""


def seal_of(path: Path) -> Path:
    """Return where the seal of a file lies."""
    return path.with_name(f"{path.name}.sha256")


def write_sealed(path: Path, text: str) -> bool:
    """Write a text and its seal, each atomically and only where it differs; return whether the text changed."""
    changed = write_if_changed(path, text)
    write_if_changed(seal_of(path), _line(path, text.encode()))
    return changed


def sweep(results: Path) -> int:
    """Remove seals below `results` whose file is gone, as where Snakemake deleted an output; return how many."""
    lone = [seal for seal in results.rglob("*.sha256") if seal.name != RECORD and not seal.with_suffix("").exists()]
    for seal in lone:
        seal.unlink(missing_ok=True)
    return len(lone)


def check_seal(path: Path) -> None:
    """Raise SealError where a file lies beside a seal that does not fit it; a file without a seal is taken as it is."""
    seal = seal_of(path)
    if seal.is_file() and seal.read_bytes() != _line(path, path.read_bytes()).encode():
        raise _damaged(path)


def check_recorded(path: Path) -> None:
    """Raise SealError where a list is not what the record beside it says; one without a record is taken as it is."""
    record = path.with_name(RECORD)
    if not record.is_file():
        return
    try:
        recorded = parse_listing(record.read_text(encoding="utf-8"))
    except (ListingError, UnicodeDecodeError) as error:
        raise _damaged(record) from error
    if recorded.get(path.name, "") != hashlib.sha256(path.read_bytes()).hexdigest():
        raise _damaged(path)


def _damaged(path: Path) -> SealError:
    return SealError(f"{path}: contents do not match their checksum; delete it and rerun")


def _line(path: Path, content: bytes) -> str:
    return listing_text({path.name: hashlib.sha256(content).hexdigest()})
