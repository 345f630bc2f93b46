"""How long media files last, by their own word. A header can hang its reader, so a process of its own reads them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from conclugen.media.worker import DecodePool

TIMEOUT_S = 60.0


def lengths(paths: Sequence[Path]) -> list[float | None]:
    """Return how many seconds each file lasts; None where it cannot be opened or does not say."""
    if not paths:
        return []
    with DecodePool(1, TIMEOUT_S) as pool:
        return [outcome.value for _, outcome in pool.imap(length_of, paths)]


def length_of(path: Path) -> float | None:
    """Return how many seconds a file lasts. Raises MediaError."""
    from conclugen.media.container import length, open_media

    with open_media(path) as container:
        return length(container)
