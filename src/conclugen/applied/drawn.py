"""What of a table of scores is drawn into which film."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from conclugen.applied import film
from conclugen.applied.clips import Clip
from conclugen.applied.errors import ApplyError
from conclugen.applied.faces_seen import Seen
from conclugen.applied.film import Shown
from conclugen.applied.model import HAS, SCORE, Model
from conclugen.applied.whose_face import FACE
from conclugen.data.scales import DIMENSION_RANGE, DIMENSIONS

ENDING = ".mp4"


def targets(path: Path, clips: Sequence[Clip]) -> dict[Path, Path]:
    """Return the film to write for each video among `clips`: `path` itself or, of several or where it does not end in
    .mp4, a file in that folder.

    Raises ApplyError where there is no video, and where a film would be written over the video that it is drawn from.
    """
    sources = list(dict.fromkeys(clip.file for clip in clips if clip.file is not None and clip.filmed()))
    if not sources:
        raise ApplyError("--draw needs a video to draw into; there are only sound and texts")
    single = path.suffix.lower() == ENDING
    if single and len(sources) > 1:
        raise ApplyError(f"--draw {path}: names one film for {len(sources)} videos; name a folder")
    if single and path.is_dir():
        raise ApplyError(f"{path}: is a folder; name a file, or a folder that does not end in {ENDING}")
    films: dict[Path, Path] = {}
    for source in sources:
        names = [source.stem, *(f"{source.stem}-{number}" for number in range(2, len(sources) + 1))]
        free = (path / f"{name}{ENDING}" for name in names if path / f"{name}{ENDING}" not in films.values())
        films[source] = path if single else next(free)
    for target in films.values():
        if target.exists() and any(target.samefile(video) for video in sources):
            raise ApplyError(f"{target}: is the video itself; draw it into another file")
    return films


def draw(source: Path, target: Path, table: pd.DataFrame, watched: Sequence[tuple[Clip, Seen]], model: Model) -> None:
    """Write the film of one video: the rows of `table` that are of it, each with where its face was.

    Faces that are rows of their own are drawn at once, each with its number.
    """
    rows = [
        _shown(table.iloc[number], clip, seen, model)
        for number, (clip, seen) in enumerate(watched)
        if clip.file == source
    ]
    film.draw(source, target, rows, f"{model.exported.dataset} ({model.exported.data} data)")


def _shown(row: pd.Series, clip: Clip, seen: Seen, model: Model) -> Shown:
    start = clip.start_s or 0.0
    end = start + model.longest_s if clip.end_s is None else min(clip.end_s, start + model.longest_s)
    scores = [(name, float(row[f"{SCORE}{name}"])) for name in model.classes]
    scored = any(row[f"{HAS}{name}"] for name in model.modalities)
    heading = str(row.get("label", "")) if scored else f"no score: {row['notes']}"
    bars = [(name, value, _share(name, value)) for name, value in scores if scored]
    number = row.get(FACE)
    return Shown(start, end, bars, heading, clip.text, seen, None if pd.isna(number) else int(number))


def _share(name: str, value: float) -> float:
    """How long the bar of a score is: a probability, or the place on the scale of a dimension."""
    low, high = DIMENSION_RANGE if name in DIMENSIONS else (0.0, 1.0)
    return min(1.0, max(0.0, (value - low) / (high - low)))
