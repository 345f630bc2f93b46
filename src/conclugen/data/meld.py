"""MELD: three CSV files and a folder of clips for each; one emotion of seven per utterance.

Entry module. Clips known to be bad stay rows: stage one finds and records them (train dia125_utt3 is corrupt, dev
dia110_utt7 is missing, a few are minutes long by a wrong cut).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from conclugen.data.common import LayoutError, read_csv, run, table, warn
from conclugen.data.manifest import Manifest
from conclugen.data.sources import MELD_PARTS, first, meld_bases
from conclugen.data.text import clean

CLASSES = ("neutral", "joy", "surprise", "anger", "sadness", "disgust", "fear")
SPLITS = {"train": "train", "dev": "valid", "test": "test"}
GROUPS = ("episode", "dialogue")
REQUIRED = ("Utterance", "Emotion", "Dialogue_ID", "Utterance_ID")


@dataclasses.dataclass(frozen=True)
class Settings:
    """Options.

    Attributes:
        group: `episode` or `dialogue`: what is resampled. Dialogues of one episode share story, cast and sound, so
            only episodes come near to independent draws.
    """

    group: str


def build(dataset: str, root: Path, settings: Settings) -> Manifest:
    """Read the three CSV files. A part without a CSV is left out; raises LayoutError where all are missing."""
    if settings.group not in GROUPS:
        raise LayoutError(f"group is {settings.group!r}; allowed are {GROUPS}")
    bases, rows = meld_bases(root), []
    for part, (name, folders) in MELD_PARTS.items():
        path = first(bases, name)
        if path is None:
            warn(dataset, "no label file, so this part is left out", [name])
            continue
        media = first(bases, *folders) or path.parent / folders[0]
        below = media.relative_to(root).as_posix()
        rows += [_row(part, below, row, settings.group) for row in read_csv(path, REQUIRED)]
    if not rows:
        raise LayoutError(f"{root}: none of {[name for name, _ in MELD_PARTS.values()]} is here")
    rows = _unique(dataset, rows)
    warn(dataset, "unknown emotion", [f"{r['utterance_id']} ({r['emotion']})" for r in rows if r["label"] is None])
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    labels = columns.pop("label")
    columns.pop("emotion")
    return Manifest(table(columns, {"label": labels}), dataset, "meld", "single", CLASSES)


def _row(part: str, folder: str, row: dict[str, str], group: str) -> dict:
    dialogue, utterance = row["Dialogue_ID"], row["Utterance_ID"]
    clip, emotion = f"dia{dialogue}_utt{utterance}", row["Emotion"].lower()
    episode = f"s{row.get('Season', ''):0>2}e{row.get('Episode', ''):0>2}"
    known = group == "episode" and bool(row.get("Season")) and bool(row.get("Episode"))
    return {
        "utterance_id": f"{part}/{clip}",
        "split": SPLITS[part],
        "media": f"{folder}/{clip}.mp4",
        "text": clean(row["Utterance"]),
        "speaker": clean(row.get("Speaker")) or None,
        "group": episode if known else f"{part}/dia{dialogue}",
        "label": emotion if emotion in CLASSES else None,
        "emotion": row["Emotion"],
    }


def _unique(dataset: str, rows: list[dict]) -> list[dict]:
    seen: dict[str, dict] = {}
    again = [row["utterance_id"] for row in rows if seen.setdefault(row["utterance_id"], row) is not row]
    warn(dataset, "utterances listed again, of which the first counts", again)
    return list(seen.values())


def main(argv: Sequence[str] | None = None) -> None:
    """Write the manifest."""
    run(Settings, build, argv)


if __name__ == "__main__":
    main()
