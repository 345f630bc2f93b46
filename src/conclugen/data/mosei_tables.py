"""The label tables and transcripts of CMU-MOSEI, from any of the forms in which they go round."""

from __future__ import annotations

import dataclasses
import logging
import re
from pathlib import Path

import h5py
import numpy as np

from conclugen.data.csv_tables import read_csv
from conclugen.data.errors import LayoutError
from conclugen.data.labels import number, numbers
from conclugen.data.sources import TRANSCRIPT_FILES
from conclugen.data.text import clean, decode, without_pauses
from conclugen.store.bounds import ClaimError, check_claim
from conclugen.store.hdf5 import OutsideError, inside
from conclugen.store.pointers import pointer

EMOTIONS = ("happy", "sad", "anger", "surprise", "disgust", "fear")
DIMENSIONS = ("sentiment", *EMOTIONS)
_VIDEO, _START, _END = ("id", "video", "video_id"), ("start", "start_time"), ("end", "end_time")
_LINE = re.compile(r"(\d+)___(-?[\d.eE+-]+)___(-?[\d.eE+-]+)___(.*)")
log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Segments:
    """Segments of one video: intervals (N, 2) in seconds, labels (N, 7) as `DIMENSIONS`, texts (N)."""

    intervals: np.ndarray
    values: np.ndarray
    texts: list[str]


@dataclasses.dataclass(frozen=True)
class Spoken:
    """What is said in one video: intervals (M, 2) in seconds, texts (M), numbers (M) of the segments or -1."""

    intervals: np.ndarray
    texts: list[str]
    numbers: np.ndarray
    words: bool


def read_labels(path: Path) -> dict[str, Segments]:
    """Read a label table by video. Raises LayoutError that names what is wrong with the file."""
    if path.suffix == ".csd":
        return {
            video: Segments(intervals, _width(path, video, features), [""] * len(features))
            for video, (intervals, features) in read_csd(path).items()
        }
    rows = _by_video(path, DIMENSIONS)
    return {
        video: Segments(
            _intervals(items),
            np.stack([numbers([row[name] for row in items]) for name in DIMENSIONS], axis=1),
            [clean_text(row.get("text", "")) for row in items],
        )
        for video, items in rows.items()
    }


def read_transcripts(path: Path) -> dict[str, Spoken]:
    """Read transcripts by video from a folder of segmented `.txt`, a CSV, or the words with their times (`.csd`)."""
    if path.is_dir():
        files = sorted(path.glob(TRANSCRIPT_FILES))
        return {file.stem: spoken for file in files if (spoken := _read_lines(file)) is not None}
    if path.suffix == ".csd":
        return {
            video: Spoken(times, [_word(word) for word in words], np.full(len(words), -1), words=True)
            for video, (times, words) in read_csd(path).items()
        }
    return {
        video: Spoken(_intervals(rows), [clean_text(row["text"]) for row in rows], np.full(len(rows), -1), words=False)
        for video, rows in _by_video(path, ("text",)).items()
    }


def clean_text(text: str) -> str:
    """Repaired text without pause markers."""
    return without_pauses(clean(text))


def _read_lines(file: Path) -> Spoken | None:
    """Lines `video___segment___start___end___text`; others are logged and skipped."""
    lines = [line for line in decode(file.read_bytes()).splitlines() if line.strip()]
    # An id may itself hold underscores: the file's name tells where it ends.
    parts = [match.groups() for line in lines if (match := _LINE.fullmatch(line.removeprefix(f"{file.stem}___")))]
    if len(parts) < len(lines):
        log.warning("%s: %d lines are not transcript lines", file.name, len(lines) - len(parts))
    if not parts:
        return None
    times = np.array([[number(start), number(end)] for _, start, end, _ in parts])
    return Spoken(times, [clean_text(part[3]) for part in parts], np.array([int(p[0]) for p in parts]), words=False)


def _by_video(path: Path, required: tuple[str, ...]) -> dict[str, list[dict[str, str]]]:
    rows = read_csv(path, required)
    if not rows:
        raise LayoutError(f"{path}: no rows")
    video = _column(path, rows, _VIDEO)
    start, end = _column(path, rows, _START), _column(path, rows, _END)
    videos: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        videos.setdefault(row[video], []).append({**row, "start": row[start], "end": row[end]})
    return videos


def _column(path: Path, rows: list[dict[str, str]], names: tuple[str, ...]) -> str:
    if matching := [name for name in names if name in rows[0]]:
        return matching[0]
    raise LayoutError(f"{path}: needs a column named {' or '.join(names)}; it has {list(rows[0])}")


def _intervals(rows: list[dict[str, str]]) -> np.ndarray:
    return np.stack([numbers([row[end] for row in rows]) for end in ("start", "end")], axis=1)


def read_csd(path: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return {video: (intervals (N, 2), features (N, D))} of a computational sequence: `<root>/data/<video>/…`.

    Raises LayoutError that names what is wrong with the file.
    """
    parts: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
    if points := pointer(path):
        raise LayoutError(f"{path}: {points}")
    try:
        with h5py.File(path, "r") as file:
            data = next((group for name in file if (group := inside(file, f"{name}/data")) is not None), None)
            if not isinstance(data, h5py.Group):
                raise LayoutError(f"{path}: no group `<root>/data`; this is not a computational sequence")
            for key in data:
                video = re.sub(r"\[\d+\]$", "", key)
                times, values = (_entry(path, data, f"{key}/{name}") for name in ("intervals", "features"))
                parts.setdefault(video, []).append((times.astype(float), values))
    except (OSError, ClaimError, OutsideError) as error:
        raise LayoutError(f"{path}: cannot be read as a computational sequence ({error})") from error
    return {v: (np.concatenate([p[0] for p in ps]), np.concatenate([p[1] for p in ps])) for v, ps in parts.items()}


def _entry(path: Path, data: h5py.Group, name: str) -> np.ndarray:
    dataset = inside(data, name)
    if not isinstance(dataset, h5py.Dataset):
        raise LayoutError(f"{path}: {name} is missing; this is not a computational sequence")
    check_claim(dataset.nbytes, path.stat().st_size, f"{path}: {name}")
    return dataset[()]


def _width(path: Path, video: str, features: np.ndarray) -> np.ndarray:
    if features.ndim != 2 or features.shape[1] != len(DIMENSIONS):
        raise LayoutError(f"{path}: {video} has labels of shape {features.shape}; expected (N, {len(DIMENSIONS)})")
    return features.astype(float)


def _word(value: np.ndarray) -> str:
    word = np.asarray(value).ravel()[0]
    return clean(decode(word) if isinstance(word, bytes) else str(word))
