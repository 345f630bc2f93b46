"""AffectNet (Mollahosseini et al. 2017), manually annotated half, in both forms that were given out.

Old: `Manually_Annotated_Images/` and `Manually_Annotated_file_lists/{training,validation}.csv`, faces by boxes. New:
`{train_set,val_set}/images/N.jpg` with `annotations/N_{exp,val,aro}.npy`. The validation fold is what every paper
reports, so it is the test split here, and a share of the training fold, by hash, is valid. Valence and arousal, from -1
to 1, are brought to the scale of the manifest; -2, which says that nobody rated them, is unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from conclugen.data.dimensions import rescaled
from conclugen.data.errors import LayoutError
from conclugen.data.notes import Notes
from conclugen.images.listing import Listing, files, hold_out, images_below, named
from conclugen.images.sets import AffectNet as Options
from conclugen.store.ledger import Status

CLASSES = ("neutral", "happy", "sad", "surprise", "fear", "disgust", "anger", "contempt")
NO_CLASS = ("none", "uncertain", "no face")  # 8, 9, 10: images without one of the expressions, left out
LISTS = "Manually_Annotated_file_lists"
COLUMNS = ("subDirectory_filePath", "face_x", "face_y", "face_width", "face_height", "expression", "valence", "arousal")
RATED, SCALE, UNRATED = ("valence", "arousal"), (-1.0, 1.0), -2.0
SIDE, NUMBERS = 112, ("expression", *RATED)


def read(dataset: str, root: Path, options: Options) -> Listing:
    """Read labels and splits. Raises LayoutError where neither form is there."""
    if (root / LISTS).is_dir():
        table, boxes = _old(root)
    elif (root / "train_set").is_dir():
        table, boxes = _new(root), []
    else:
        raise LayoutError(f"{root}: has neither {LISTS}/ nor train_set/")
    classes, notes = CLASSES[: options.classes], Notes(dataset)
    number = table.pop("expression")
    used = (number < options.classes).to_numpy()  # others are no image of these classes, in any paper
    boxes = [box for box, keep in zip(boxes, used, strict=True) if keep] if boxes else []
    table, number = table[used].reset_index(drop=True), number[used].reset_index(drop=True)
    table["label"] = pd.Series([named(int(value), classes) for value in number], dtype=object)
    notes.lose(Status.NO_LABEL, table["image_id"][table["label"].isna()], "its expression is no number from 0 to 10")
    for name in RATED:
        values = table[name].mask(table[name] == UNRATED).to_numpy(dtype=float)
        table[name] = rescaled(notes, name, values, table["image_id"].tolist(), *SCALE, f"{root}: {name}")
    held = (table["split"] == "train").to_numpy() & hold_out(table["image_id"], options.valid)
    table.loc[held, "split"] = "valid"
    paths = [Path(path) for path in table.pop("path")]
    columns = table[["image_id", "split", "label", *RATED]]
    return Listing(classes, columns, lambda: files(paths, boxes), 3, SIDE, notes)


def _old(root: Path) -> tuple[pd.DataFrame, Sequence[tuple[int, int, int, int] | None]]:
    """The rows of both lists, and the box of each face; a box without area is none."""
    parts = []
    for name, split in (("training", "train"), ("validation", "test")):
        path = root / LISTS / f"{name}.csv"
        if not path.is_file():
            raise LayoutError(f"{path}: no such file")
        part = pd.read_csv(path)
        if missing := [column for column in COLUMNS if column not in part.columns]:
            raise LayoutError(f"{path}: column {missing[0]!r} is missing; it has {list(part.columns)}")
        parts.append(part[list(COLUMNS)].assign(split=split))
    table = pd.concat(parts, ignore_index=True)
    sides = table[list(COLUMNS[1:5])].astype(float).fillna(0).astype(int).to_numpy()
    boxes = [(x, y, x + w, y + h) if w > 0 and h > 0 else None for x, y, w, h in sides.tolist()]
    table["image_id"] = table["subDirectory_filePath"].astype(str)
    table["path"] = [str(root / "Manually_Annotated_Images" / name) for name in table["image_id"]]
    return table[["image_id", "split", "path", *NUMBERS]].astype({"valence": float, "arousal": float}), boxes


def _new(root: Path) -> pd.DataFrame:
    """The rows of both folders. Raises LayoutError for an image without annotations."""
    rows = []
    for name, split in (("train_set", "train"), ("val_set", "test")):
        notes = root / name / "annotations"
        for path in images_below(root / name / "images"):
            values = [_number(notes / f"{path.stem}_{kind}.npy") for kind in ("exp", "val", "aro")]
            rows.append((f"{name}/{path.name}", split, str(path), *values))
    return pd.DataFrame(rows, columns=["image_id", "split", "path", *NUMBERS])


def _number(path: Path) -> float:
    try:
        return float(np.load(path, allow_pickle=False).astype(str).item())
    except (OSError, ValueError) as error:
        raise LayoutError(f"{path}: cannot be read ({error})") from error
