"""CMU-MOSEI: a table of labelled intervals, standard folds, transcripts, and clips cut or whole.

Entry module. Labels, transcripts and cut clips number a video's segments differently; all are joined on the interval.
The folds assign videos: every labelled segment of a video counts, and segments of videos in no fold are in no split.
Six emotions from 0 to 3 are present above 0; `sentiment` from -3 to 3 is kept beside them. Who speaks is not recorded.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from conclugen.data.common import log, run, split_name, table
from conclugen.data.errors import LayoutError, require_choice
from conclugen.data.labels import in_range, times
from conclugen.data.manifest import Manifest
from conclugen.data.mosei_tables import (
    DIMENSIONS,
    EMOTIONS,
    Segments,
    Spoken,
    clean_text,
    read_labels,
    read_transcripts,
)
from conclugen.data.notes import Notes, warn
from conclugen.data.published import Mosei as Settings
from conclugen.data.sources import MOSEI_MEDIA, mosei_folds, mosei_labels, mosei_media, mosei_transcripts
from conclugen.data.text import decode
from conclugen.store.pointers import pointer

MEDIA = (*MOSEI_MEDIA, "auto")
LEAST_OVERLAP = 0.5


def build(dataset: str, root: Path, settings: Settings) -> Manifest:
    """Join labels, folds, transcripts and media. Raises LayoutError where the labels are missing or malformed."""
    require_choice("media", settings.media, MEDIA)
    options, notes = dataclasses.asdict(settings), Notes(dataset)
    segments = read_labels(_required(root, "labels", mosei_labels(root, options)))
    spoken = _optional(dataset, root, "transcripts", mosei_transcripts(root, options))
    folds = _optional(dataset, root, "folds", mosei_folds(root, options))
    words = read_transcripts(spoken) if spoken else {}
    kind, folder = mosei_media(root, settings.media)
    rows: dict[str, list] = {n: [] for n in ("utterance_id", "media", "start_s", "end_s", "text", "group")}
    for video in sorted(segments):
        _add(rows, video, segments[video], words.get(video), folder, cut=kind == "segmented")
    values = np.concatenate([segments[video].values for video in sorted(segments)])
    labels = _labels(notes, values, rows["utterance_id"])
    _report_text(notes, rows["utterance_id"], rows["text"], bool(words))
    split = _splits(notes, rows["utterance_id"], rows["group"], read_folds(folds) if folds else {})
    spans = np.stack([np.maximum(rows.pop("start_s"), 0), rows.pop("end_s")], axis=1)
    spans = times(notes, spans, np.full(spans.shape, kind == "full"), rows["utterance_id"])
    columns = {**rows, "split": split, "start_s": spans[:, 0], "end_s": spans[:, 1]}
    return Manifest(table(columns, labels), dataset, "mosei", "multi", EMOTIONS, notes)


def _add(rows: dict[str, list], video: str, segments: Segments, spoken: Spoken | None, folder: str, cut: bool) -> None:
    """Append the segments of one video."""
    texts, numbers = segments.texts, by_start(segments.intervals)
    if spoken is not None and spoken.words:
        texts = [_words_within(spoken, interval) for interval in segments.intervals]
    elif spoken is not None:
        match = best_overlap(segments.intervals, spoken.intervals)
        texts = [spoken.texts[j] if j >= 0 else text for j, text in zip(match, texts, strict=True)]
        numbers = clip_numbers(segments.intervals, spoken, match)
    for (start, end), text, clip in zip(segments.intervals, texts, numbers, strict=True):
        rows["utterance_id"].append(f"{video}_{clip}")
        rows["media"].append(f"{folder}/{video}_{clip}.mp4" if cut else f"{folder}/{video}.mp4")
        rows["start_s"].append(float(start))
        rows["end_s"].append(float(end))
        rows["text"].append(text)
        rows["group"].append(video)


def by_start(intervals: np.ndarray) -> np.ndarray:
    """The rank of each interval (N, 2) by start time, then end: the number in the names of cut clips."""
    ranks = np.empty(len(intervals), int)
    ranks[np.lexsort((intervals[:, 1], intervals[:, 0]))] = np.arange(len(intervals))
    return ranks


def best_overlap(labelled: np.ndarray, spoken: np.ndarray) -> np.ndarray:
    """For each labelled interval (N, 2) the index of the spoken one (M, 2) that it shares most with, or -1.

    Shared time over joint time must reach `LEAST_OVERLAP`; times before 0 (there are some) count as 0.
    """
    a, b = np.maximum(labelled, 0)[:, None], np.maximum(spoken, 0)[None]
    shared = np.minimum(a[..., 1], b[..., 1]) - np.maximum(a[..., 0], b[..., 0])
    joint = np.maximum(a[..., 1], b[..., 1]) - np.minimum(a[..., 0], b[..., 0])
    with np.errstate(invalid="ignore", divide="ignore"):
        overlap = np.nan_to_num(shared / joint, nan=-1.0, posinf=-1.0, neginf=-1.0)
    best = overlap.argmax(1)
    return np.where(overlap.max(1) >= LEAST_OVERLAP, best, -1)


def clip_numbers(labelled: np.ndarray, spoken: Spoken, match: np.ndarray) -> np.ndarray:
    """The numbers of the cut clips (N,), which count all segments of a video by start time, labelled or not.

    The transcript's own numbers are taken where they grow with time and every labelled segment has one; otherwise
    labelled and merely spoken segments are ranked together.
    """
    order = by_start(spoken.intervals).argsort()
    grows = bool((np.diff(spoken.numbers[order]) > 0).all()) and bool((spoken.numbers >= 0).all())
    if grows and (match >= 0).all() and len(set(match.tolist())) == len(match):
        return spoken.numbers[match]
    others = np.setdiff1d(np.arange(len(spoken.intervals)), match)
    return by_start(np.concatenate([labelled, spoken.intervals[others]]))[: len(labelled)]


def _words_within(spoken: Spoken, interval: np.ndarray) -> str:
    middle = spoken.intervals.mean(1)
    inside = np.flatnonzero((middle >= interval[0]) & (middle < interval[1]))
    return clean_text(" ".join(spoken.texts[i] for i in inside))


def _labels(notes: Notes, values: np.ndarray, ids: Sequence[str]) -> dict[str, np.ndarray]:
    values_in_range = {
        name: in_range(notes, name, values[:, i], ids, *((-3, 3) if name == "sentiment" else (0, 3)))
        for i, name in enumerate(DIMENSIONS)
    }
    return {name: values_in_range[name] for name in (*EMOTIONS, "sentiment")}


def read_folds(path: Path) -> dict[str, str]:
    """{video: split} of a JSON file of folds. Raises LayoutError for an unknown fold or a video in two of them."""
    try:
        folds = json.loads(decode(path.read_bytes()))
        named = isinstance(folds, dict) and all(isinstance(videos, list) for videos in folds.values())
    except json.JSONDecodeError:
        named = False
    if not named:
        raise LayoutError(f"{path}: {pointer(path) or 'is no JSON of folds, {name: [video, …]}'}")
    if unknown := [name for name in folds if split_name(name) is None]:
        raise LayoutError(f"{path}: fold {unknown[0]!r} is not train, valid or test")
    counts = Counter(video for videos in folds.values() for video in set(videos))
    if shared := [video for video, count in counts.items() if count > 1]:
        raise LayoutError(f"{path}: {len(shared)} videos are in two folds, such as {shared[0]}")
    return {video: split_name(name) for name, videos in folds.items() for video in videos}


def _splits(notes: Notes, ids: Sequence[str], videos: Sequence[str], folds: Mapping[str, str]) -> list[str]:
    outside = [name for name, video in zip(ids, videos, strict=True) if video not in folds]
    notes.remark(outside, "is in no split, since its video is in no fold")
    return [folds.get(video, "none") for video in videos]


def _report_text(notes: Notes, ids: Sequence[str], texts: Sequence[str], has_texts: bool) -> None:
    if has_texts:
        notes.remark([i for i, t in zip(ids, texts, strict=True) if not t], "no transcript at the labelled interval")
    elif not any(texts):
        log.warning("%s: no transcripts found; text will be missing", notes.dataset)


def _required(root: Path, name: str, path: Path | None) -> Path:
    if path is None:
        raise LayoutError(f"{root}: no {name} found; set {name}")
    if not path.exists():
        raise LayoutError(f"{name}: {path} does not exist")
    return path


def _optional(dataset: str, root: Path, name: str, path: Path | None) -> Path | None:
    if path is None:
        warn(dataset, f"no {name} found", [str(root)])
        return None
    return _required(root, name, path)


def main(argv: Sequence[str] | None = None) -> None:
    """Write the manifest."""
    run(Settings, build, argv)


if __name__ == "__main__":
    main()
