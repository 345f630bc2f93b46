"""A worker's task that hangs once."""

from __future__ import annotations

import time
from pathlib import Path

from conclugen.faces.extract import Extracted, extract
from conclugen.faces.settings import FaceSettings
from conclugen.media.items import MediaItem


def slow_once(item: MediaItem, root: str, settings: FaceSettings) -> Extracted:
    """Hang at the first try of the utterance `slow`; work as usual otherwise."""
    mark = Path(root, "tried")
    if item.utterance_id == "slow" and not mark.exists():
        mark.touch()
        time.sleep(1000)
    with open(Path(root, "calls.txt"), "a") as calls:
        calls.write(f"{item.utterance_id}\n")
    return extract(item, root, settings)
