"""VoxCeleb2: `dev/mp4/idNNNNN/<video>/NNNNN.mp4`, sound perhaps apart in `dev/aac/…/NNNNN.m4a`, or alone; no labels.

Entry module. A million files are listed by folder, without looking at any of them.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from conclugen.data.common import hashed_split, run, stem, table, transcripts
from conclugen.data.errors import LayoutError
from conclugen.data.manifest import Manifest
from conclugen.data.published import VoxCeleb2 as Settings
from conclugen.data.settings import Fractions
from conclugen.data.sources import transcripts_csv, voxceleb2_base

log = logging.getLogger(__name__)


def build(dataset: str, root: Path, settings: Settings) -> Manifest:
    """Read the tree below `root`. Raises LayoutError where no part holds a folder `mp4` or, for sound alone, `aac`."""
    base = voxceleb2_base(root)
    prefix = "" if base == root else f"{base.relative_to(root).as_posix()}/"
    texts = transcripts(transcripts_csv(root, base), lambda file: stem(file, 3))
    columns: dict[str, list] = {
        name: [] for name in ("utterance_id", "split", "media", "audio", "text", "speaker", "group")
    }
    shares = Fractions(train=1 - settings.valid_fraction, valid=settings.valid_fraction, test=0.0)
    for part, split in settings.parts.items():
        filmed = (base / part / "mp4").is_dir()
        if not filmed and not (base / part / "aac").is_dir():
            log.warning("%s: no %s; this part is left out", dataset, base / part / "mp4")
            continue
        for speaker, video, names, sounds in _videos(base / part, "mp4" if filmed else "aac"):
            chosen = hashed_split(speaker, shares, settings.seed) if split == "train" else split
            for name in names:
                utterance = f"{speaker}/{video}/{name}"
                columns["utterance_id"].append(utterance)
                columns["split"].append(chosen)
                columns["media"].append(f"{prefix}{part}/mp4/{utterance}.mp4" if filmed else None)
                columns["audio"].append(f"{prefix}{part}/aac/{utterance}.m4a" if name in sounds else None)
                columns["text"].append(texts.get(utterance, ""))
                columns["speaker"].append(speaker)
                columns["group"].append(video)
    if not columns["utterance_id"]:
        places = " or ".join(f"{part}/mp4" for part in settings.parts)
        raise LayoutError(f"{root}: no video below {places}, and no sound below aac beside it")
    return Manifest(table(columns), dataset, "voxceleb2", "none", ())


def _videos(part: Path, listed: str) -> Iterator[tuple[str, str, list[str], set[str]]]:
    """Yield (speaker, source video, names of its clips, names of its separate sound files), sorted; `listed` is the
    folder whose files make the clips, `mp4` or `aac`."""
    apart = (part / "aac").is_dir()
    for speaker in _folders(part / listed):
        for video in _folders(part / listed / speaker):
            sounds = _stems(part / "aac" / speaker / video, ".m4a") if apart else set()
            names = sounds if listed == "aac" else _stems(part / listed / speaker / video, ".mp4")
            yield speaker, video, sorted(names), sounds


def _folders(path: Path) -> list[str]:
    with os.scandir(path) as entries:
        return sorted(entry.name for entry in entries if entry.is_dir() and not entry.name.startswith("."))


def _stems(path: Path, suffix: str) -> set[str]:
    try:
        with os.scandir(path) as entries:
            return {e.name[: -len(suffix)] for e in entries if e.name.endswith(suffix) and not e.name.startswith(".")}
    except FileNotFoundError:
        return set()


def main(argv: Sequence[str] | None = None) -> None:
    """Write the manifest."""
    run(Settings, build, argv)


if __name__ == "__main__":
    main()
