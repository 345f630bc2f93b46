"""MER2023 and MER2024: clips of Chinese films and series, one emotion of six each, and many without a label.

Entry module. MER2023 has folders `train`, `test1` (MER-MULTI), `test2` (MER-NOISE) and `test3` (MER-SEMI) and a table
beside each, such as `train-label.csv` (`name`, `discrete`, `valence`; 3,373 clips; the tests 411, 412 and 834); MER2024
has `video-labeled` with `label-disdim.csv` (5,030 clips, those of MER2023) and a folder of clips whose labels were
never given out. Every other clip below the root has no label and is in no split, for pretraining.

`tests` names the tables that are tested on; others with labels are left out of every split, so that nothing is learned
from them. Where none of these tables is there, as in MER2024, the labelled clips are cut in five by the hash of their
names and `fold` is tested. That cut is this project's own: the owners draw five folds anew in every run of their
baseline. Valence, which test3 lacks, runs from -5 to 5 and is kept from -3 to 3. Words are those of a
`transcripts.csv` (file, text) that you add.

Layout is that of the owners' public code, counts are those the field prints; the archive itself was not at hand, nor
was a description of the scale of valence: a table that goes beyond it is refused.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from conclugen.data.class_names import class_labels
from conclugen.data.common import hashed_split, run, stem, table, transcripts
from conclugen.data.cross_validation import splits_of
from conclugen.data.csv_tables import read_csv
from conclugen.data.dimensions import rescaled
from conclugen.data.errors import LayoutError
from conclugen.data.labels import numbers
from conclugen.data.manifest import Manifest
from conclugen.data.media_index import by_name, columns_of, others
from conclugen.data.notes import Notes
from conclugen.data.official import TRANSCRIPTS, files
from conclugen.data.published import Mer as Settings
from conclugen.data.settings import Fractions

CLASSES = ("neutral", "angry", "happy", "sad", "worried", "surprise")
TRAIN = "train"
FOLDS = 5
_TABLE = re.compile(r"(train|test\d)-label\.csv|label-disdim\.csv")


def build(dataset: str, root: Path, settings: Settings) -> Manifest:
    """Read the tables and find the clips. Raises LayoutError where there is no table of labels."""
    notes, rows = Notes(dataset), _rows(root)
    media, named = by_name(root), [row["name"] for row in rows]
    ids = named + others(media, named)
    texts = transcripts(_added(root), lambda file: stem(file, 1))
    columns = {
        "utterance_id": ids,
        "split": _splits(rows, settings) + ["none"] * (len(ids) - len(named)),
        "text": [texts.get(name, "") for name in ids],
        **columns_of(notes, media, ids, ids),
    }
    unnamed = [""] * (len(ids) - len(named))
    written = [row["discrete"] for row in rows] + unnamed
    _, labels = class_labels(notes, written, ids, CLASSES, str(root), listed=False)
    valence = numbers([row.get("valence", "") for row in rows] + unnamed)
    label_columns = {"label": labels} | _valence(notes, root, valence, ids)
    return Manifest(table(columns, label_columns), dataset, "mer", "single", CLASSES, notes)


def folds(root: Path) -> dict[str, int]:
    """Return which of five parts, 1 to 5, tests each clip of the training table: by the hash of its name."""
    return _folds([row["name"] for row in _rows(root) if row["part"] == TRAIN])


def _folds(names: Sequence[str]) -> dict[str, int]:
    return {name: int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") % FOLDS + 1 for name in names}


def _added(root: Path) -> Path | None:
    return path if (path := root / TRANSCRIPTS).is_file() else None


def _rows(root: Path) -> list[dict[str, str]]:
    """The rows of all tables with their `part`. Raises LayoutError for a clip in two tables."""
    rows: dict[str, dict[str, str]] = {}
    for path in files("mer", root):
        match = _TABLE.fullmatch(path.name)
        if match is None:
            continue
        for row in read_csv(path, ("name", "discrete")):
            name = stem(row["name"], 1) if row["name"].endswith((".mp4", ".avi")) else row["name"]
            if name in rows:
                raise LayoutError(f"{path}: {name} is listed twice, here or in {rows[name]['part']}; keep one")
            rows[name] = {**row, "name": name, "part": match[1] or TRAIN}
    if not rows:
        raise LayoutError(f"{root}: no table train-label.csv (MER2023) or label-disdim.csv (MER2024)")
    return list(rows.values())


def _splits(rows: Sequence[Mapping[str, str]], settings: Settings) -> list[str]:
    """The split of each row: the tables that `tests` names, else one of five parts of the training table."""
    parts = [row["part"] for row in rows]
    if tested := set(parts) & set(settings.tests):
        shares = Fractions(train=1 - settings.valid_fraction, valid=settings.valid_fraction, test=0.0)
        drawn = [hashed_split(row["name"], shares, 0) for row in rows]
        return ["test" if p in tested else s if p == TRAIN else "none" for p, s in zip(parts, drawn, strict=True)]
    if settings.tests and settings.fold is None:
        raise LayoutError(
            f"there is no table of {' or '.join(settings.tests)} to test on; for folds of the training table, as "
            "MER2024 needs them, set tests: []"
        )
    names = [row["name"] for row in rows if row["part"] == TRAIN]
    split_of = dict(zip(names, splits_of(_folds(names), settings.fold, FOLDS), strict=True))
    return [split_of.get(row["name"], "none") for row in rows]


def _valence(notes: Notes, root: Path, values: np.ndarray, ids: Sequence[str]) -> dict[str, np.ndarray]:
    if not np.isfinite(values).any():
        return {}
    return {"valence": rescaled(notes, "valence", values, ids, -5, 5, f"{root}: valence")}


def main(argv: Sequence[str] | None = None) -> None:
    """Write the manifest."""
    run(Settings, build, argv)


if __name__ == "__main__":
    main()
