"""Frames of an utterance on a regular grid of presentation time."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from conclugen.media import container as containers
from conclugen.media.container import LONGEST_GAP_S, Damage, Segment
from conclugen.media.errors import MediaError
from conclugen.media.streams import video_stream
from conclugen.media.upright import Canvas
from conclugen.store.ledger import Status

RATES = (1.0, 240.0)  # frames per second that a container is believed to have
EPSILON_S = 1e-4
MISSING_S, MISSING_SHARE = 1.0, 0.2  # an end is noted as missing that is longer, and a larger share of the segment
BACK_S = 1.0  # a time that is set back by more begins a clock anew, one set back by less is out of order


@dataclasses.dataclass(frozen=True)
class Frame:
    """A frame: `time_s` from the start of the utterance, upright RGB `image` (H, W, 3) uint8 of square pixels.

    `scale` is H over the height of the upright video, which is that of its first frame (see `media.upright.Canvas`).
    """

    time_s: float
    image: np.ndarray
    scale: float


@dataclasses.dataclass
class Report:
    """What reading found, complete when the frames are used up.

    `damage` to the file; `more`: the file goes on after the segment; `cut`: so does what was asked for, beyond
    `max_seconds`; `width` and `height` of the upright video in square pixels; `last_s`: time in the file of the last
    frame seen; `missing_s`: seconds of the segment that the file claims to have after that frame, 0 where they are few.
    """

    damage: Damage = dataclasses.field(default_factory=Damage)
    more: bool = False
    cut: bool = False
    width: int = 0
    height: int = 0
    last_s: float = 0.0
    missing_s: float = 0.0


def sample_video(
    path: str | Path,
    fps: float,
    start_s: float | None,
    end_s: float | None,
    max_seconds: float,
    max_height: int,
    report: Report,
) -> Iterator[Frame]:
    """Yield the frames shown at the grid times start + j / `fps`, each once, from one pass through the file.

    A frame is shown from its presentation time to that of the next; the container's counts, durations and rates are
    not used, except for a note that the end is missing. Only frames that are yielded are converted. Call it in a
    `media.worker.DecodePool`.

    Args:
        path: a video file.
        fps: grid times per second.
        start_s: start in the file in seconds, None: its beginning.
        end_s: end in the file in seconds, None: its end.
        max_seconds: what is longer is cut to this length.
        max_height: taller videos are scaled down to this height, those much wider to a multiple of it.
        report: is filled in.

    Raises MediaError: MISSING_MEDIA, CORRUPT, NO_VIDEO, BAD_TIMES (the segment lies outside the file), NO_FRAMES.
    """
    segment, asked = Segment.of(start_s, end_s, max_seconds)
    count = 0
    with containers.open_media(path) as container:
        stream = video_stream(container)
        canvas = Canvas(stream, max_height)
        for time_s, frame in _on_grid(_timed(container, stream, segment, report), segment, fps):
            image, scale = canvas.lay(frame)
            report.width, report.height = canvas.width, canvas.height
            count += 1
            yield Frame(time_s - segment.start_s, image, scale)
        claimed = containers.length(container)
    if not count:
        raise _nothing(segment, report)
    report.cut = report.more and (asked is None or asked > segment.end_s)
    report.missing_s = 0.0 if report.more else _missing(segment, claimed, report.last_s)


def _missing(segment: Segment, claimed_s: float | None, last_s: float) -> float:
    """Return the seconds that a file should have after its last frame: most files that were cut off read as whole."""
    if claimed_s is None:
        return 0.0
    end = min(segment.end_s, claimed_s)
    return end - last_s if end - last_s > max(MISSING_S, MISSING_SHARE * (end - segment.start_s)) else 0.0


def _nothing(segment: Segment, report: Report) -> MediaError:
    if report.more:
        return MediaError(Status.NO_FRAMES, f"no frame begins from {segment.start_s:.3f} s to {segment.end_s:.3f} s")
    if report.last_s > 0:
        return MediaError(Status.BAD_TIMES, f"from {segment.start_s:.2f} s of a video of {report.last_s:.2f} s")
    if report.damage.packets:
        return MediaError(Status.CORRUPT, f"no frame could be decoded: {report.damage.error}")
    return MediaError(Status.NO_FRAMES, "the video stream has no frames")


def _timed(container: Any, stream: Any, segment: Segment, report: Report) -> Iterator[tuple[float, Any]]:
    """Yield (seconds from the file's beginning, frame), strictly increasing, up to the end of the segment.

    A frame without a time, or with one that runs backward, follows its predecessor at the nominal rate. So does one at
    which the clock is set back or leaps far ahead, and those after it keep their distance from it.
    """
    rate = stream.guessed_rate or stream.average_rate or 25
    interval = 1.0 / min(max(float(rate), RATES[0]), RATES[1])
    previous, shift = None, 0.0
    for frame in containers.decode_from(container, stream, segment.start_s, report.damage):
        time_s = None if frame.time is None else containers.seconds(container, frame) - shift
        if None not in (previous, time_s) and not -BACK_S <= time_s - previous <= LONGEST_GAP_S:
            shift += time_s - (previous + interval)
            time_s = previous + interval
        if previous is not None and (time_s is None or time_s <= previous):
            time_s = previous + interval
        time_s = max(0.0, time_s or 0.0) if previous is None else time_s
        if time_s >= segment.end_s - EPSILON_S:
            report.more = True
            return
        previous = report.last_s = time_s
        if time_s >= segment.start_s - EPSILON_S:
            yield time_s, frame


def _on_grid(timed: Iterator[tuple[float, Any]], segment: Segment, fps: float) -> Iterator[tuple[float, Any]]:
    """Yield the frames shown at a grid time; at least one, if there is one.

    The last frame is taken to be shown as long as the one before it.
    """
    held, due, length, shown = None, 0.0, 1.0 / fps, False
    for time_s, frame in timed:
        waiting = held is not None
        if held is not None:
            length, waiting = time_s - held[0], due >= time_s - EPSILON_S
            if not waiting:
                shown = True
                yield held
        if not waiting:  # the first grid time at which this frame can be on screen
            due = segment.start_s + math.ceil((time_s - segment.start_s - EPSILON_S) * fps) / fps
        held = (time_s, frame)
    if held is not None and (not shown or due < min(held[0] + length, segment.end_s) - EPSILON_S):
        yield held
