"""Waves of utterances, read in decoding processes (so this module imports no network)."""

from __future__ import annotations

from pathlib import Path

from conclugen.media.audio import Sound, read_audio
from conclugen.media.items import MediaItem, locate


def read_wave(item: MediaItem, root: Path, rate: int, max_seconds: float) -> Sound:
    """Return the mono sound of an utterance, from its sound file or else its video.

    Raises MediaError with the status for the ledger.
    """
    kind, relative = ("sound", item.audio) if item.audio is not None else ("media", item.media)
    return read_audio(locate(root, relative, kind), rate, item.start_s, item.end_s, max_seconds)
