"""A film with what a model made of it drawn in: the box of the face, scores and words, and its own sound.

Frames are read, drawn and written one by one, so a film of hours needs no more memory than one of seconds. A process of
its own reads it, as everywhere, since a damaged file can bring a decoder down.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import itertools
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
from PIL import Image, ImageDraw

from conclugen.applied.errors import ApplyError
from conclugen.applied.faces_seen import Seen
from conclugen.media import container as containers
from conclugen.media.errors import MediaError
from conclugen.media.lengths import lengths
from conclugen.media.streams import audio_stream
from conclugen.media.video import Report, sample_video
from conclugen.media.worker import DecodePool
from conclugen.store.atomic import atomic_path
from conclugen.store.ledger import Status

FPS = 30.0  # frames per second at most
LINES = 720  # higher films are scaled down to this
LEAST_WIDTH = 480  # of a picture, or scores and words have no room
CODECS = ("libx264", "mpeg4")  # whichever PyAV was built with
LINE = 18  # pixels of a line of the panel
CLOCK = 90000  # ticks per second of the film
SECONDS_PER_SECOND = 30.0  # a film may take so many times as long to draw as it lasts, and a minute more
BOX, BAR, INK, FAINT, GROUND = (86, 180, 233), (0, 114, 178), (240, 240, 240), (160, 160, 160), (24, 26, 28)
Scores = Sequence[tuple[str, float, float]]  # name, number, share of a bar
NOTE = "a perceived expression is not a felt emotion"


@dataclasses.dataclass(frozen=True)
class Shown:
    """What is drawn while seconds `start_s` to `end_s` of a film run: scores by name, each with the share of its bar,
    words, the label or a note above them, where the face was, and its number where each is shown."""

    start_s: float
    end_s: float
    scores: Scores
    heading: str
    words: str
    seen: Seen
    face: int | None = None


def draw(source: Path, output: Path, overlays: Sequence[Shown], title: str) -> None:
    """Write `source` with `overlays` drawn in, as MP4, atomically.

    Raises ApplyError where the film cannot be read, or has no picture.
    """
    length = lengths([source])[0] or 3600.0
    with atomic_path(output) as temporary:
        work = functools.partial(_film, output=str(temporary), overlays=list(overlays), title=title)
        with DecodePool(1, 60.0 + SECONDS_PER_SECOND * length) as pool:
            [(_, outcome)] = pool.imap(work, [str(source)])
        if outcome.status is not Status.OK:
            raise ApplyError(f"{source}: cannot be drawn: {outcome.status.value} {outcome.reason}".rstrip())


def _film(source: str, output: str, overlays: list[Shown], title: str) -> int:
    """Write the film; return how many frames it has. Raises MediaError."""
    frames, count = sample_video(source, FPS, None, None, math.inf, LINES, Report()), 0
    first = next(frames, None)
    if first is None:
        raise MediaError(Status.NO_FRAMES, "the film has no frames")
    panel = _Panel(first.image.shape[1], first.image.shape[0], overlays, title)
    with av.open(output, "w", format="mp4") as film, contextlib.ExitStack() as stack:
        stream = _picture(film, panel)
        sound = _Sound.of(source, film, stack)
        for frame in itertools.chain([first], frames):
            if sound is not None:
                sound.upto(frame.time_s)
            picture = av.VideoFrame.from_ndarray(panel.draw(frame), format="rgb24")
            picture.pts, picture.time_base = round(frame.time_s * CLOCK), Fraction(1, CLOCK)
            film.mux(stream.encode(picture))
            count += 1
        if sound is not None:
            sound.rest()
        film.mux(stream.encode(None))
    return count


def _picture(film: Any, panel: _Panel) -> Any:
    """The stream of pictures of a film."""
    name = next(name for name in CODECS if name in av.codecs_available)
    stream = film.add_stream(name, rate=round(FPS))
    stream.width, stream.height, stream.pix_fmt = panel.width, panel.height, "yuv420p"
    stream.codec_context.time_base = Fraction(1, CLOCK)
    if name == "libx264":
        stream.options = {"preset": "veryfast"}  # others hold back more frames, for longer, to save bytes
    return stream


class _Panel:
    """Draws frames: the picture with the box, and beneath it a panel of fixed height.

    Attributes:
        width, height: of what is drawn, even, as codecs ask for.
    """

    def __init__(self, width: int, height: int, overlays: Sequence[Shown], title: str) -> None:
        self._size, self._title = (width, height), title
        self._shown = sorted(overlays, key=lambda overlay: overlay.start_s)
        self._faces: dict[tuple[float, float], list[Shown]] = {}
        for overlay in sorted(self._shown, key=lambda overlay: overlay.face or 0):
            self._faces.setdefault((overlay.start_s, overlay.end_s), []).append(overlay)
        at_once = [self._beside(overlay) for overlay in self._shown]
        self._lines = 2 + max((sum(1 + len(overlay.scores) for overlay in faces) for faces in at_once), default=1)
        self.width = max(width + width % 2, LEAST_WIDTH)
        self.height = height + self._lines * LINE + 8
        self.height += self.height % 2

    def draw(self, frame: Any) -> np.ndarray:
        """Return a frame (H, W, 3) uint8 of the film."""
        whole = Image.new("RGB", (self.width, self.height), GROUND)
        picture = Image.fromarray(frame.image)
        if picture.size != self._size:  # a film that changes its size midway
            picture = picture.resize(self._size)
        left = (self.width - self._size[0]) // 2
        whole.paste(picture, (left, 0))
        pen, now = ImageDraw.Draw(whole), self._now(frame.time_s)
        boxes = [overlay.seen.at(frame.time_s) for overlay in now]
        for overlay, box in zip(now, boxes, strict=True):
            if box is not None:
                x0, y0, x1, y1 = (float(value) * frame.scale for value in box)
                pen.rectangle((left + x0, y0, left + x1, y1), outline=BOX, width=3)
                if overlay.face is not None:
                    pen.rectangle((left + x0, y0, left + x0 + LINE, y0 + LINE), fill=BOX)
                    pen.text((left + x0 + 6, y0 + 2), f"{overlay.face}", fill=GROUND)
        self._tell(pen, now, frame.time_s, [box is not None for box in boxes])
        return np.asarray(whole)

    def _now(self, time_s: float) -> list[Shown]:
        """What is shown at a time: of windows that overlap, the one whose middle is nearest, with all its faces."""
        overlays = [overlay for overlay in self._shown if overlay.start_s <= time_s < overlay.end_s]
        nearest = min(overlays, key=lambda overlay: abs((overlay.start_s + overlay.end_s) / 2 - time_s), default=None)
        return [] if nearest is None else self._beside(nearest)

    def _beside(self, overlay: Shown) -> list[Shown]:
        """The faces of the same window by their number; of a film of chosen faces it alone."""
        return [overlay] if overlay.face is None else self._faces[overlay.start_s, overlay.end_s]

    def _tell(self, pen: ImageDraw.ImageDraw, now: Sequence[Shown], time_s: float, boxed: Sequence[bool]) -> None:
        y, most = self._size[1] + 4, self.width - 16
        last = y + (self._lines - 2) * LINE
        if not now:
            self._line(pen, y, f"{time_s:6.1f} s  not scored", INK, most)
        for overlay, seen in zip(now, boxed, strict=True):
            state = overlay.heading or ("" if seen else "no box: no face was found here")
            whose = "" if overlay.face is None else f"face {overlay.face}{'' if seen else ' (not here now)'}: "
            self._line(pen, y, f"{time_s:6.1f} s  {whose}{state}", INK, most)
            self._bars(pen, y + LINE, overlay.scores, most)
            y += (1 + len(overlay.scores)) * LINE
        words = next((overlay.words for overlay in now if overlay.words), "")
        self._line(pen, last, f"“{words}”" if words else "", INK, most)
        self._line(pen, last + LINE, f"{self._title} · {NOTE}", FAINT, most)

    def _bars(self, pen: ImageDraw.ImageDraw, y: float, scores: Scores, most: float) -> None:
        """A line for each score: its name, a bar and the number."""
        for row, (name, value, share) in enumerate(scores):
            top = y + row * LINE
            self._line(pen, top, name, INK, 130)
            pen.rectangle((146, top + 3, 146 + max(1, round(share * (most - 200))), top + LINE - 5), fill=BAR)
            pen.text((most - 44, top), f"{value:.2f}", fill=INK)

    @staticmethod
    def _line(pen: ImageDraw.ImageDraw, y: float, text: str, colour: tuple[int, int, int], most: float) -> None:
        """A line of text, which is cut where it is longer than there is room."""
        while pen.textlength(text) > most:
            text = f"{text[:-2].rstrip('…')}…"
        pen.text((8, y), text, fill=colour)


class _Sound:
    """The sound of a film, decoded and encoded again beside its pictures."""

    def __init__(self, film: Any, container: Any, source: Any) -> None:
        rate = source.codec_context.sample_rate
        self._rate = rate if rate in (32000, 44100, 48000) else 48000
        self._film, self._stream = film, film.add_stream("aac", rate=self._rate)
        self._stream.layout = "stereo"
        self._resampler = av.AudioResampler("fltp", "stereo", self._rate)
        self._frames, self._next = self._read(container, source), 0

    @classmethod
    def of(cls, source: str, film: Any, stack: contextlib.ExitStack) -> _Sound | None:
        """Return the sound of a file; None where it has none."""
        container = stack.enter_context(containers.open_media(source))
        try:
            return cls(film, container, audio_stream(container))
        except MediaError:  # a film without sound stays one
            return None

    def upto(self, time_s: float) -> None:
        """Write what sounds before a time."""
        while self._next < time_s * self._rate:
            block = next(self._frames, None)
            if block is None:
                return
            self._write(block)

    def rest(self) -> None:
        """Write what is left."""
        for block in self._frames:
            self._write(block)
        self._film.mux(self._stream.encode(None))

    def _write(self, block: Any) -> None:
        """Write a block no earlier than the one before it ends."""
        block.pts = max(self._next, block.pts)
        self._next = block.pts + block.samples
        self._film.mux(self._stream.encode(block))

    def _read(self, container: Any, source: Any) -> Iterator[Any]:
        for frame in containers.decode_from(container, source, 0.0, containers.Damage()):
            start = containers.seconds(container, frame)
            try:
                blocks = self._resampler.resample(frame)
            except (av.error.FFmpegError, ValueError):  # its form changed midway: begin again with the new one
                self._resampler = av.AudioResampler("fltp", "stereo", self._rate)
                blocks = self._resampler.resample(frame)
            for block in blocks:
                block.pts = self._next if not math.isfinite(start) else max(0, round(start * self._rate))
                block.time_base = Fraction(1, self._rate)
                start += block.samples / self._rate
                yield block
