"""CAER: `{train,validation,test}/{class}/NNNN.avi`; the folder is the label.

Entry module. The official layout says nothing of episodes or people, so every clip is a group of its own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from conclugen.data.common import VIDEO_EXTENSIONS, LayoutError, run, scan, split_name, stem, table, transcripts, warn
from conclugen.data.manifest import Manifest
from conclugen.data.sources import CAER_PARTS, caer_base, transcripts_csv

CLASSES = ("anger", "disgust", "fear", "happy", "neutral", "sad", "surprise")


@dataclasses.dataclass(frozen=True)
class Settings:
    """CAER has no options."""


def build(dataset: str, root: Path, settings: Settings) -> Manifest:
    """Read the class folders. Raises LayoutError where there is no split folder."""
    base = caer_base(root)
    if base is None:
        raise LayoutError(f"{root}: no folder train, validation or test")
    prefix = "" if base == root else f"{base.relative_to(root).as_posix()}/"
    texts = transcripts(transcripts_csv(root, base), lambda file: stem(file, 3))
    files = [
        f"{part}/{p}" for part in CAER_PARTS if (base / part).is_dir() for p in scan(base / part, VIDEO_EXTENSIONS)
    ]
    strays = [file for file in files if file.count("/") != 2]
    warn(dataset, "files that lie in no class folder are left out", strays)
    files = [file for file in files if file.count("/") == 2]
    ids = [stem(file) for file in files]
    labels = [label if (label := file.split("/")[1].lower()) in CLASSES else None for file in files]
    warn(dataset, "unknown class", [file for file, label in zip(files, labels, strict=True) if label is None])
    columns = {
        "utterance_id": ids,
        "split": [split_name(file.split("/")[0]) for file in files],
        "media": [prefix + file for file in files],
        "text": [texts.get(utterance, "") for utterance in ids],
        "group": ids,
    }
    return Manifest(table(columns, {"label": labels}), dataset, "caer", "single", CLASSES)


def main(argv: Sequence[str] | None = None) -> None:
    """Write the manifest."""
    run(Settings, build, argv)


if __name__ == "__main__":
    main()
