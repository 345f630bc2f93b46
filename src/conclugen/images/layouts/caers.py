"""CAER-S (Lee et al. 2019): `{train,test}/CLASS/N.png`, frames of television series, whole scenes.

It has no validation fold. Frames with neighbouring numbers come from one scene and are nearly alike, so a share of
train becomes one by blocks of numbers.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from conclugen.data.errors import LayoutError
from conclugen.data.notes import Notes
from conclugen.images.listing import Listing, files, hold_out, images_below
from conclugen.images.sets import CaerS as Options

CLASSES = ("anger", "disgust", "fear", "happy", "neutral", "sad", "surprise")
ALIASES = {"angry": "anger", "happiness": "happy", "sadness": "sad"}
BLOCK, SIDE = 100, 112


def read(dataset: str, root: Path, options: Options) -> Listing:
    """Read labels and splits from the folders. Raises LayoutError for a missing or unknown class."""
    paths, rows = [], []
    for part in ("train", "test"):
        folders = _folders(root / part)
        for label in CLASSES:
            for number, path in enumerate(images_below(folders[label])):
                paths.append(path)
                name = f"{part}/{folders[label].name}/{path.name}"
                rows.append((name, part, label, f"{part}/{label}/{number // BLOCK}"))
    table = pd.DataFrame(rows, columns=["image_id", "split", "label", "block"])
    held = (table["split"] == "train").to_numpy() & hold_out(table.pop("block"), options.valid)
    table.loc[held, "split"] = "valid"
    return Listing(CLASSES, table, lambda: files(paths), 3, SIDE, Notes(dataset))


def _folders(part: Path) -> dict[str, Path]:
    """The folder of each class."""
    if not part.is_dir():
        raise LayoutError(f"{part}: no such folder; CAER-S has train/ and test/")
    labels = {}
    for path in sorted(part.iterdir()):
        name = path.name.lower()
        if path.is_dir() and not name.startswith("."):
            labels[ALIASES.get(name, name)] = path
    if missing := [name for name in CLASSES if name not in labels]:
        raise LayoutError(f"{part}: no folder of the class {missing[0]!r}; it has {sorted(labels)}")
    if strange := sorted(labels.keys() - set(CLASSES)):
        raise LayoutError(f"{part}: {strange[0]!r} is no class of CAER-S")
    return labels
