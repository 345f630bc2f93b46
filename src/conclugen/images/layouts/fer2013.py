"""FER2013 (Goodfellow et al. 2013): 48 x 48 grey faces, as a CSV or as folders.

CSV: `fer2013.csv` (emotion, pixels, Usage), or `icml_face_data.csv`, whose columns are in another order and begin
with a blank. Usage: Training is train, PublicTest valid, PrivateTest test; some published code validates on
PrivateTest and reports PublicTest. Folders: `train/CLASS/`, `test/CLASS/`; test holds both parts, told apart by the
names of the files.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from conclugen.data.errors import LayoutError
from conclugen.data.notes import Notes
from conclugen.images.listing import Listing, Picture, files, images_below, named
from conclugen.images.sets import Fer2013 as Options
from conclugen.store.ledger import Status

CLASSES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
TABLES = ("fer2013.csv", "icml_face_data.csv")
USAGES = {"training": "train", "publictest": "valid", "privatetest": "test"}
COLUMNS = ("emotion", "pixels", "usage")
SIDE = 48


def read(dataset: str, root: Path, options: Options) -> Listing:
    """Read labels and splits. Raises LayoutError where neither form is there."""
    for name in TABLES:
        if (root / name).is_file():
            return of_table(dataset, root / name)
    if (root / "train").is_dir():
        return of_folders(dataset, root)
    raise LayoutError(f"{root}: holds neither {' nor '.join(TABLES)} nor the folder train/")


def of_table(dataset: str, path: Path) -> Listing:
    """Read the CSV form; `image_id` is `ferNNNNNNNN`, the number of the row, as FER+ names them."""
    notes, ids, splits, labels = Notes(dataset), [], [], []
    strange: Counter[str] = Counter()
    bad = {}
    for number, row in enumerate(rows(path)):
        ids.append(f"fer{number:08d}")
        usage = row["usage"].strip()
        splits.append(USAGES.get(usage.lower(), ""))
        strange[usage] += not splits[-1]
        text = row["emotion"].strip()
        labels.append(named(int(text), CLASSES) if text.isdigit() else None)
        if labels[-1] is None:
            bad[ids[-1]] = text
    if not ids:
        raise LayoutError(f"{path}: has no row")
    if +strange:
        value, count = (+strange).most_common(1)[0]
        raise LayoutError(f"{path}: Usage is {value!r} in {count} rows; known are Training, PublicTest, PrivateTest")
    if len(bad) == len(ids):
        raise LayoutError(f"{path}: no emotion is a number from 0 to {len(CLASSES) - 1}; was another column meant?")
    notes.lose(Status.NO_LABEL, bad, f"emotion is no number from 0 to {len(CLASSES) - 1}")
    table = pd.DataFrame({"image_id": ids, "split": splits, "label": pd.Series(labels, dtype=object)})
    return Listing(CLASSES, table, lambda: (pixels(row["pixels"]) for row in rows(path)), 1, SIDE, notes)


def rows(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of the CSV by lower-case column, one in memory at a time. Raises LayoutError for a column."""
    with open(path, encoding="utf-8-sig", newline="") as handle:
        reader = csv.reader(handle)
        header = [name.strip().lower() for name in next(reader, [])]
        if missing := [name for name in COLUMNS if name not in header]:
            raise LayoutError(f"{path}: column {missing[0]!r} is missing; it has {header}")
        places = {name: header.index(name) for name in COLUMNS}
        for line, values in enumerate(reader, 2):
            if len(values) != len(header):
                raise LayoutError(f"{path}: line {line} has {len(values)} of {len(header)} cells; was it cut short?")
            yield {name: values[place] for name, place in places.items()}


def pixels(text: str) -> Picture:
    """Return the picture (48, 48) of a cell, or why there is none."""
    try:
        values = np.array(text.split(), dtype=np.int64)
    except (ValueError, OverflowError):
        return "a pixel is no number"
    if len(values) != SIDE * SIDE:
        return f"has {len(values)} pixels, not {SIDE * SIDE}"
    if values.min() < 0 or values.max() > 255:
        return "a pixel is outside 0..255"
    return values.astype(np.uint8).reshape(SIDE, SIDE)


def of_folders(dataset: str, root: Path) -> Listing:
    """Read the folder form, whose classes are told by the names of folders, not by their order."""
    notes, paths, rows = Notes(dataset), [], []
    for part in ("train", "test"):
        for label in CLASSES:
            for path in images_below(root / part / label):
                paths.append(path)
                rows.append((f"{part}/{label}/{path.name}", _split(part, path.name), label))
    table = pd.DataFrame(rows, columns=["image_id", "split", "label"])
    if not (table["split"] == "valid").any():
        raise LayoutError(f"{root}: no file of test/ is called PublicTest_…; get the CSV, which tells the two apart")
    return Listing(CLASSES, table, lambda: files(paths), 1, SIDE, notes)


def _split(part: str, name: str) -> str:
    return "train" if part == "train" else "valid" if name.lower().startswith("publictest") else "test"
