"""MELD: three CSV files and a folder of clips for each; one emotion of seven per utterance.

Entry module. Clips known to be bad stay rows: stage one finds and records them (train dia125_utt3 is corrupt, dev
dia110_utt7 is missing, a few are minutes long by a wrong cut).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from conclugen.data.class_names import class_labels
from conclugen.data.common import run, table
from conclugen.data.csv_tables import read_csv
from conclugen.data.errors import LayoutError, require_choice
from conclugen.data.manifest import Manifest
from conclugen.data.notes import Notes, warn
from conclugen.data.published import Meld as Settings
from conclugen.data.sources import MELD_PARTS, meld_parts
from conclugen.data.text import clean

CLASSES = ("neutral", "joy", "surprise", "anger", "sadness", "disgust", "fear")
SPLITS = {"train": "train", "dev": "valid", "test": "test"}
GROUPS = ("episode", "dialogue")
REQUIRED = ("Utterance", "Emotion", "Dialogue_ID", "Utterance_ID")


def build(dataset: str, root: Path, settings: Settings) -> Manifest:
    """Read the three CSV files. A part without a CSV is left out; raises LayoutError where all are missing."""
    require_choice("group", settings.group, GROUPS)
    rows, notes = [], Notes(dataset)
    for part, (path, clips) in meld_parts(root).items():
        if path is None:
            warn(dataset, "no label file, so this part is left out", [MELD_PARTS[part][0]])
            continue
        rows += [_row(part, clips, row, settings.group) for row in read_csv(path, REQUIRED)]
    if not rows:
        raise LayoutError(f"{root}: none of {[name for name, _ in MELD_PARTS.values()]} is here")
    rows = _unique(notes, rows)
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    _, labels = class_labels(notes, columns.pop("emotion"), columns["utterance_id"], CLASSES, str(root), listed=False)
    return Manifest(table(columns, {"label": labels}), dataset, "meld", "single", CLASSES, notes)


def _row(part: str, folder: str, row: dict[str, str], group: str) -> dict:
    dialogue, utterance = row["Dialogue_ID"], row["Utterance_ID"]
    clip = f"dia{dialogue}_utt{utterance}"
    episode = f"s{row.get('Season', ''):0>2}e{row.get('Episode', ''):0>2}"
    known = group == "episode" and bool(row.get("Season")) and bool(row.get("Episode"))
    return {
        "utterance_id": f"{part}/{clip}",
        "split": SPLITS[part],
        "media": f"{folder}/{clip}.mp4",
        "text": clean(row["Utterance"]),
        "speaker": clean(row.get("Speaker")) or None,
        "group": episode if known else f"{part}/dia{dialogue}",
        "emotion": row["Emotion"],
    }


def _unique(notes: Notes, rows: list[dict]) -> list[dict]:
    """The rows, the first of each id. Raises LayoutError where another one has another emotion."""
    seen: dict[str, dict] = {}
    again = [row for row in rows if seen.setdefault(row["utterance_id"], row) is not row]
    if other := [row["utterance_id"] for row in again if row["emotion"] != seen[row["utterance_id"]]["emotion"]]:
        raise LayoutError(f"{other[0]} is listed twice, with different emotions; keep one row")
    notes.remark([row["utterance_id"] for row in again], "is listed again; the first row counts")
    return list(seen.values())


def main(argv: Sequence[str] | None = None) -> None:
    """Write the manifest."""
    run(Settings, build, argv)


if __name__ == "__main__":
    main()
