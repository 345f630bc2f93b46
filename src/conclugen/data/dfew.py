"""DFEW: clips of films, one expression of seven each, in five official folds.

Entry module. The lists of single-labelled clips (`EmoLabel_DataSplit/train(single-labeled)/set_1.csv`, columns
`video_name` and `label`, 1 to 7) are label and fold; `Clip/original` holds the 16,372 clips as `00001.mp4`. 11,697
clips are listed (of fold 1: 9,356 and 2,341): those in which the owners found a face, of 12,059 that most of ten raters
agree on. The others have no label and are in no split; the votes in `annotation.xlsx` are not read. The owners name no
validation fold, nor the film or the people of a clip, so every clip is a group of its own, and folds may share films.
The archive of 224 x 224 pictures (`clip_224x224`) is no video and is not read.

Layout and counts are those of the owners' README and of public code that reads the lists; the archive itself was not at
hand.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from conclugen.data.class_names import class_labels
from conclugen.data.common import run, stem, table
from conclugen.data.csv_tables import read_csv
from conclugen.data.listed import Lists, columns, gather, require_lists
from conclugen.data.manifest import Manifest
from conclugen.data.notes import Notes
from conclugen.data.official import files
from conclugen.data.published import Dfew as Settings

CLASSES = ("happy", "sad", "neutral", "angry", "surprise", "disgust", "fear")  # 1 to 7
_LIST = re.compile(r"(?:.*/)?(?:single_)?(train|test)[^/]*?(?:/set_|set_)(\d)\.csv")
_NUMBER = re.compile(r"\d{1,5}")


def build(dataset: str, root: Path, settings: Settings) -> Manifest:
    """Read the lists and find their clips. Raises LayoutError where the lists of the fold are missing."""
    notes, lists = Notes(dataset), read_lists(root)
    require_lists(
        root,
        lists,
        settings.fold,
        "EmoLabel_DataSplit, which holds train(single-labeled)/set_{fold}.csv and test(single-labeled)/set_{fold}.csv",
    )
    ids, label_names, table_columns = columns(notes, root, lists, settings.fold, settings.valid_fraction)
    _, labels = class_labels(notes, [_name(value) for value in label_names], ids, CLASSES, str(root), listed=False)
    return Manifest(table(table_columns, {"label": labels}), dataset, "dfew", "single", CLASSES, notes)


def folds(root: Path) -> dict[str, int]:
    """Return the official fold, 1 to 5, that tests each clip."""
    return read_lists(root).folds


def read_lists(root: Path) -> Lists:
    """Read the lists of all folds that are there."""
    rows = []
    for path in files("dfew", root):
        if match := _LIST.fullmatch(path.relative_to(root).as_posix()):
            for row in read_csv(path, ("video_name", "label")):
                rows.append((match[1], int(match[2]), _clip(row["video_name"]), row["label"]))
    return gather(root, rows)


def _clip(name: str) -> str:
    """`1600`, `01600` and `01600.mp4` are one clip."""
    name = stem(name, 1)
    return name.zfill(5) if _NUMBER.fullmatch(name) else name


def _name(label: str) -> str:
    """The class of a number; 0, of clips that the raters do not agree on, is no label; others stay as they are."""
    number = int(label) if label.isdecimal() else -1
    return "" if number == 0 else CLASSES[number - 1] if 1 <= number <= len(CLASSES) else label


def main(argv: Sequence[str] | None = None) -> None:
    """Write the manifest."""
    run(Settings, build, argv)


if __name__ == "__main__":
    main()
