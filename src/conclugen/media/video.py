"""Frames of an utterance on a regular grid of presentation time."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av.error
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter

from conclugen.media import container as containers
from conclugen.media.container import Damage, Segment
from conclugen.media.errors import MediaError
from conclugen.store.ledger import Status

RATES = (1.0, 240.0)  # frames per second that a container is believed to have
EPSILON_S = 1e-4
MISSING_S, MISSING_SHARE = 1.0, 0.2  # an end is noted as missing that is longer, and a larger share of the segment
WIDEST = 4  # frames are kept this much wider than `max_height` at most, whatever a damaged header claims


@dataclasses.dataclass(frozen=True)
class Frame:
    """A frame: `time_s` from the start of the utterance, upright RGB `image` (H, W, 3) uint8 of square pixels.

    `scale` is H over the height of the upright video.
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
        max_height: taller videos are scaled down to this height, those wider than `WIDEST` times it to that width.
        report: is filled in.

    Raises MediaError: MISSING_MEDIA, CORRUPT, NO_VIDEO, BAD_TIMES (the segment lies outside the file), NO_FRAMES.
    """
    segment, asked = Segment.of(start_s, end_s, max_seconds)
    count = 0
    with containers.open_media(path) as container:
        stream = containers.video_stream(container)
        timed, converter = _timed(container, stream, segment, report), VideoReformatter()
        for time_s, frame in _on_grid(timed, segment, fps):
            image, scale = _upright(frame, stream, max_height, report, converter)
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

    A frame without a time, or with one that runs backward, follows its predecessor at the nominal rate.
    """
    rate = stream.guessed_rate or stream.average_rate or 25
    interval = 1.0 / min(max(float(rate), RATES[0]), RATES[1])
    previous = None
    for frame in containers.decode_from(container, stream, segment.start_s, report.damage):
        time_s = None if frame.time is None else containers.seconds(container, frame)
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


def _upright(
    frame: Any, stream: Any, max_height: int, report: Report, converter: VideoReformatter
) -> tuple[np.ndarray, float]:
    """Return the frame as upright RGB (H, W, 3) of square pixels and its scale."""
    aspect = float(stream.sample_aspect_ratio or 1)
    aspect = aspect if 0.25 <= aspect <= 4 else 1.0
    quarter_turns = round(frame.rotation / 90) % 4
    width, height = max(1, round(frame.width * aspect)), frame.height
    lying = quarter_turns % 2 == 1
    upright_width, upright_height = (height, width) if lying else (width, height)
    scale = min(1.0, max_height / upright_height, WIDEST * max_height / upright_width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    try:
        image = _rgb(converter, frame, *size)
    except (av.error.FFmpegError, ValueError) as error:
        raise MediaError(Status.CORRUPT, f"a frame cannot be converted: {error}") from error
    if not report.height:
        report.width, report.height = upright_width, upright_height
    return np.ascontiguousarray(np.rot90(image, quarter_turns)) if quarter_turns else image, scale


def _rgb(converter: VideoReformatter, frame: Any, width: int, height: int) -> np.ndarray:
    """Convert and scale a frame in one pass; return its pixels (height, width, 3) where the converter has put them.

    The converter is kept from frame to frame: setting one up, with its threads, takes longer than a small frame.
    """
    converted = converter.reformat(frame, width, height, "rgb24", interpolation=Interpolation.AREA, threads=1)
    return converted.to_ndarray()
