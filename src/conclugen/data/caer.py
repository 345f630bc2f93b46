"""CAER: `{train,validation,test}/{class}/NNNN.avi`; the folder is the label.

Entry module. The official layout says nothing of episodes or people, so every clip is a group of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from conclugen.data.class_names import class_labels
from conclugen.data.common import as_id, run, scan, split_name, stem, storable, table, transcripts
from conclugen.data.errors import LayoutError
from conclugen.data.manifest import Manifest
from conclugen.data.notes import Notes
from conclugen.data.published import Caer as Settings
from conclugen.data.sources import CAER_PARTS, caer_base, transcripts_csv
from conclugen.media.suffixes import VIDEO

CLASSES = ("anger", "disgust", "fear", "happy", "neutral", "sad", "surprise")


def build(dataset: str, root: Path, settings: Settings) -> Manifest:
    """Read the class folders. Raises LayoutError where there is no split folder."""
    base = caer_base(root)
    if base is None:
        raise LayoutError(f"{root}: no folder train, validation or test")
    prefix = "" if base == root else f"{base.relative_to(root).as_posix()}/"
    texts = transcripts(transcripts_csv(root, base), lambda file: stem(file, 3))
    files = [f"{part}/{p}" for part in CAER_PARTS if (base / part).is_dir() for p in scan(base / part, VIDEO)]
    notes = Notes(dataset)
    ids = [as_id(notes, stem(file)) for file in files]
    folders = [file.split("/")[1] if file.count("/") > 1 else "" for file in files]
    _, labels = class_labels(notes, folders, ids, CLASSES, str(root), listed=False)
    columns = {
        "utterance_id": ids,
        "split": [split_name(file.split("/")[0]) for file in files],
        "media": [storable(notes, prefix + file, name) for file, name in zip(files, ids, strict=True)],
        "text": [texts.get(utterance, "") for utterance in ids],
        "group": ids,
    }
    return Manifest(table(columns, {"label": labels}), dataset, "caer", "single", CLASSES, notes)


def main(argv: Sequence[str] | None = None) -> None:
    """Write the manifest."""
    run(Settings, build, argv)


if __name__ == "__main__":
    main()
