"""What a model is asked about: files or seconds of them, and texts."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from os import PathLike
from pathlib import Path

import numpy as np

from conclugen.applied.errors import ApplyError
from conclugen.media.lengths import lengths
from conclugen.media.suffixes import is_sound

AT_ONCE_S = 600.0  # of film whose crops lie on the disk at a time: some 100 MB
LEAST_SHARE = 0.5  # of a window that the end of a film must fill to be a window of its own

Paths = str | PathLike[str] | Sequence[str | PathLike[str]]


@dataclasses.dataclass(frozen=True)
class Clip:
    """One utterance or window.

    Attributes:
        file: video or sound; None for a text alone.
        start_s, end_s: its seconds of the file; None: its beginning, its end.
        text: what is said in it; empty where that is not known.
    """

    file: Path | None
    start_s: float | None = None
    end_s: float | None = None
    text: str = ""

    def filmed(self) -> bool:
        """Whether it may have a picture, as far as the suffix of its file tells."""
        return self.file is not None and not is_sound(self.file.name)


def clips_of(files: Paths | None, texts: Sequence[str | None] | None) -> list[Clip]:
    """Return a clip per file, each whole and with its text, where there are texts; a clip per text where there are no
    files. Raises ApplyError for a file that is not there, and for another number of texts than files."""
    paths = [Path(file) for file in ([files] if isinstance(files, str | PathLike) else files or [])]
    if missing := [path for path in paths if not path.is_file()]:
        raise ApplyError(f"{missing[0]}: no such file")
    words = [texts] if isinstance(texts, str) else list(texts or [])
    if paths and words and len(words) != len(paths):
        raise ApplyError(f"{len(words)} texts for {len(paths)} files; give one for each, None where nothing is known")
    if paths:
        return [Clip(path, text=text or "") for path, text in zip(paths, words or [""] * len(paths), strict=True)]
    if not words:
        raise ApplyError("nothing to look at: give files, texts, or features")
    return [Clip(None, text=text or "") for text in words]


def sliding(clips: Sequence[Clip], window_s: float, step_s: float | None) -> list[Clip]:
    """Return the windows of every file among `clips`, each with what is said in it.

    A clip without times lends its text to every window of its file, one with times to those that share some of it. A
    file that is shorter than a window is one. Raises ApplyError for a length that cannot be, and for a file that does
    not say how long it is.
    """
    step_s = window_s if step_s is None else step_s
    if not (window_s > 0 and step_s > 0):
        raise ApplyError(f"a window of {window_s:g} s every {step_s:g} s; both must be above 0")
    files = list(dict.fromkeys(clip.file for clip in clips if clip.file is not None))
    pieces = []
    for file, length in zip(files, lengths(files), strict=True):
        if length is None:
            raise ApplyError(f"{file}: its length cannot be told, so it cannot be cut into windows; leave --window out")
        of_file = [clip for clip in clips if clip.file == file]
        for start, end in windows(length, window_s, step_s):
            spoken = [clip.text for clip in of_file if clip.text and _shares(clip, start, end)]
            pieces.append(Clip(file, start, end, " ".join(spoken)))
    return pieces


def windows(length_s: float, window_s: float, step_s: float) -> list[tuple[float, float]]:
    """Return start and end, in seconds, of the windows of a film: one every `step_s`, the last as long as the film
    lasts, where that is half a window or more."""
    starts = np.arange(0.0, max(length_s, step_s), step_s)
    spans = [(float(start), float(min(start + window_s, length_s))) for start in starts]
    whole = [(start, end) for start, end in spans if end - start >= LEAST_SHARE * window_s]
    return whole or [(0.0, length_s)]


def _shares(clip: Clip, start_s: float, end_s: float) -> bool:
    """Whether a clip shares time with a window."""
    end = np.inf if clip.end_s is None else clip.end_s
    return (clip.start_s or 0.0) < end_s and start_s < end


def batches(clips: Sequence[Clip], longest_s: float) -> Iterator[list[Clip]]:
    """Cut clips into lists that last at most `AT_ONCE_S` each, so that a long film needs no more room than a short one.

    `longest_s`: what a clip without an end lasts at most.
    """
    held: list[Clip] = []
    total = 0.0
    for clip in clips:
        seconds = longest_s if clip.end_s is None else min(longest_s, clip.end_s - (clip.start_s or 0.0))
        if held and total + seconds > AT_ONCE_S:
            yield held
            held, total = [], 0.0
        held.append(clip)
        total += seconds
    if held:
        yield held
