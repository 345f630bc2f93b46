"""The label table of MMSA, in which CMU-MOSI, CH-SIMS and CH-SIMS v2 go round beside their clips.

`label.csv` (or `meta.csv`) has `video_id`, `clip_id`, `text`, `label`, `label_T`, `label_A`, `label_V`, `annotation`
and `mode`; the clip is `Raw/{video_id}/{clip_id}.mp4`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from conclugen.data.common import splits
from conclugen.data.csv_tables import read_csv
from conclugen.data.errors import LayoutError
from conclugen.data.labels import numbers
from conclugen.data.media_index import by_name, columns_of
from conclugen.data.notes import Notes
from conclugen.data.text import clean

CLASSES = ("negative", "neutral", "positive")
COLUMNS = {"multimodal": "label", "text": "label_T", "audio": "label_A", "vision": "label_V"}
ANNOTATION = "annotation"


@dataclasses.dataclass(frozen=True)
class Clips:
    """Ids `video/clip` (N), values (N,), NaN where unknown, words of the annotation, and columns of a manifest."""

    ids: list[str]
    values: np.ndarray
    annotations: list[str]
    columns: dict[str, list]


def read_clips(notes: Notes, root: Path, path: Path, label: str) -> Clips:
    """Read the table and find its clips. Raises LayoutError for a column or a split that is not there."""
    column = COLUMNS[label]
    rows = read_csv(path, ("video_id", "clip_id", column, "mode"))
    media = by_name(root, parts=2)
    names = [_clip(media, row["video_id"], row["clip_id"]) for row in rows]
    ids = [f"{row['video_id']}/{name.rsplit('/', 1)[-1]}" for row, name in zip(rows, names, strict=True)]
    if not ids:
        raise LayoutError(f"{path}: no rows")
    columns = {
        "utterance_id": ids,
        "split": splits(notes, [row["mode"] for row in rows], {}, ids, f"{path}: mode"),
        "text": [clean(row.get("text", "")) for row in rows],
        "group": [row["video_id"] for row in rows],
        **columns_of(notes, media, ids, names),
    }
    annotations = [row.get(ANNOTATION, "") if label == "multimodal" else "" for row in rows]
    return Clips(ids, numbers([row[column] for row in rows]), annotations, columns)


def _clip(media: Mapping[str, object], video: str, clip: str) -> str:
    """The name of a clip as its file has it: `1` may be `0001`, since spreadsheets take the zeros away."""
    ways = [f"{video}/{clip}", f"{video}/{clip.zfill(4)}", f"{video}/{clip.lstrip('0') or '0'}"]
    return next((way for way in ways if way in media), ways[0])


def by_sign(notes: Notes, clips: Clips) -> list[str | None]:
    """Return the class of each value (N,): below, at or above 0; an annotation that says otherwise is noted."""
    signs = [None if value != value else CLASSES[int(np.sign(value)) + 1] for value in clips.values]
    annotated = zip(clips.ids, clips.annotations, signs, strict=True)
    other = {name: said for name, said, sign in annotated if said and sign and said.lower() != sign}
    notes.remark(other, "its annotation is not the sign of its label, which counts")
    return signs


def ones(tables: Sequence[Path], root: Path, what: str) -> Path:
    """Return the only table. Raises LayoutError where there is none, or there are two."""
    if not tables:
        raise LayoutError(f"{root}: no {what}")
    if len(tables) > 1:
        raise LayoutError(f"{root}: {len(tables)} tables, {', '.join(path.name for path in tables[:3])}; keep one")
    return tables[0]
