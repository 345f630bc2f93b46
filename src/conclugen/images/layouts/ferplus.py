"""FER+ (Barsoum et al. 2016): ten votes for each image of FER2013, whose CSV lies beside `fer2013new.csv`.

Votes join to the rows of the CSV by order alone, which is checked by Usage and by the names of images. The class
order is FER+'s own.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd

from conclugen.data.errors import LayoutError
from conclugen.data.notes import Notes
from conclugen.images.layouts import fer2013
from conclugen.images.listing import Listing
from conclugen.images.sets import FerPlus as Options
from conclugen.store.ledger import Status

CLASSES = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
VOTES = (*CLASSES, "unknown", "NF")
FILE = "fer2013new.csv"


def read(dataset: str, root: Path, options: Options) -> Listing:
    """Read FER2013 with the labels of FER+. Raises LayoutError where the two do not line up."""
    path = next((root / name for name in fer2013.TABLES if (root / name).is_file()), None)
    if path is None or not (root / FILE).is_file():
        raise LayoutError(f"{root}: FER+ needs {FILE} and, beside it, {fer2013.TABLES[0]}")
    base, votes = fer2013.of_table(dataset, path), pd.read_csv(root / FILE)
    votes.columns = [str(name).strip() for name in votes.columns]
    if missing := [name for name in ("Usage", "Image name", *VOTES) if name not in votes.columns]:
        raise LayoutError(f"{root / FILE}: column {missing[0]!r} is missing; it has {list(votes.columns)}")
    splits = votes["Usage"].astype(str).str.lower().map(fer2013.USAGES)
    if len(votes) != len(base.table) or (splits.to_numpy() != base.table["split"].to_numpy()).any():
        raise LayoutError(f"{root / FILE}: its rows are not those of {path.name} in its order; get the official CSV")
    names, ids = votes["Image name"].fillna("").astype(str).str.removesuffix(".png"), base.table["image_id"]
    if ((names != "") & (names.to_numpy() != ids.to_numpy())).any():
        raise LayoutError(f"{root / FILE}: its image names are not the numbers of the rows; get the official file")
    chosen = decide(votes[list(VOTES)].to_numpy(), options.rule)
    labels = pd.Series([CLASSES[c] if c >= 0 else None for c in chosen], dtype=object)
    notes = Notes(dataset)
    notes.lose(
        Status.NO_LABEL, ids[labels.isna().to_numpy()], f"its votes give no expression by the rule {options.rule}"
    )
    return dataclasses.replace(base, classes=CLASSES, table=base.table.assign(label=labels), notes=notes)


def decide(votes: np.ndarray, rule: str) -> np.ndarray:
    """Return the number of the class that each row of `votes` (N, 10) has won, (N,), -1 for none.

    `majority`, the official rule: single votes are dropped, and the first must have more than half of the rest.
    `argmax`: the first of those with the most votes. Rows won by unknown or by no face have none.
    """
    counted = np.where(votes > 1, votes, 0) if rule == "majority" else votes
    best, won = counted.argmax(1), counted.max(1)
    clear = won > counted.sum(1) / 2 if rule == "majority" else won > 0
    return np.where(clear & (best < len(CLASSES)), best, -1)
