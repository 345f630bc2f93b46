"""RAF-DB, basic (Li et al. 2017): `EmoLabel/list_patition_label.txt`, spelled so, and `Image/aligned` or `original`.

It has no validation fold: a share of train, by the hash of the name, becomes one.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from conclugen.data.errors import LayoutError
from conclugen.data.notes import Notes
from conclugen.images.listing import Listing, files, hold_out, named
from conclugen.images.sets import RafDb as Options
from conclugen.store.ledger import Status

CLASSES = ("surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral")
LISTS = ("EmoLabel/list_patition_label.txt", "EmoLabel/list_partition_label.txt")
SIDE = 100


def read(dataset: str, root: Path, options: Options) -> Listing:
    """Read labels and splits. Raises LayoutError for a missing list or folder."""
    path = next((root / name for name in LISTS if (root / name).is_file()), None)
    if path is None:
        raise LayoutError(f"{root}: {LISTS[0]} is missing; is this the folder `basic` of RAF-DB?")
    kind = next((name for name in ("aligned", "original") if (root / "Image" / name).is_dir()), None)
    if kind is None:
        raise LayoutError(f"{root}: has neither Image/aligned nor Image/original")
    lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    odd = [" ".join(line) for line in lines if len(line) != 2 or not line[0].startswith(("train_", "test_"))]
    if odd or not lines:
        raise LayoutError(f"{path}: {'a line is ' + repr(odd[0]) if odd else 'is empty'}; expected train_00001.jpg 5")
    ids, numbers = zip(*lines, strict=True)
    labels = [named(int(number) - 1, CLASSES) if number.isdigit() else None for number in numbers]
    notes = Notes(dataset)
    bad = {name: number for name, number, label in zip(ids, numbers, labels, strict=True) if label is None}
    notes.lose(Status.NO_LABEL, bad, f"its label is no number from 1 to {len(CLASSES)}")
    split = pd.Series(["train" if name.startswith("train_") else "test" for name in ids])
    split[(split == "train").to_numpy() & hold_out(ids, options.valid)] = "valid"
    table = pd.DataFrame({"image_id": ids, "split": split, "label": pd.Series(labels, dtype=object)})
    paths = [root / "Image" / kind / _file(name, kind) for name in ids]
    return Listing(CLASSES, table, lambda: files(paths), 3, SIDE, notes)


def _file(name: str, kind: str) -> str:
    stem, _, suffix = name.rpartition(".")
    return f"{stem}_aligned.{suffix}" if kind == "aligned" else name
