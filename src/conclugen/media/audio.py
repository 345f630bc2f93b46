"""Sound of an utterance as mono float samples, each at its time.

Where the times of a stream leave a gap, as recordings of calls do, there is silence for as long, so that later sound is
in its place. Sound is decoded, mixed and resampled block by block; only the mono result is held.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np

from conclugen.media import container as containers
from conclugen.media.container import LONGEST_GAP_S, Damage, Segment
from conclugen.media.errors import MediaError
from conclugen.media.mixing import Loudness, usual_weights
from conclugen.media.streams import audio_stream
from conclugen.store.ledger import Status

SILENCE_DBFS = -60.0
MIN_SECONDS = 0.1
BLOCK = 1 << 14  # samples that are resampled at once; with the 1,024 of a frame each costs twice as much
LARGE = 1 << 20  # samples that are looked at as numbers of 64 bits at once
RATES = (1000, 1_000_000)  # samples per second that a file is believed to have; resampling from 1 would fill the memory
# Formats that write down the time of a packet of sound. All others count samples or bytes, so they know of no gaps.
TIMED = ("mov", "mp4", "matroska", "webm", "mpegts", "mpeg", "flv", "asf", "ogg", "mxf", "nut")
GAP_S = 0.1  # times that are off by less follow from rounding
LARGEST = {"u1": (128.0, 128.0), "i2": (0.0, 2.0**15), "i4": (0.0, 2.0**31)}  # offset, scale


@dataclasses.dataclass(frozen=True)
class Sound:
    """Samples (T,) float32, mono, about -1..1, and what the ledger is to say of them; empty where there is nothing."""

    samples: np.ndarray
    note: str


def read_audio(path: str | Path, rate: int, start_s: float | None, end_s: float | None, max_seconds: float) -> Sound:
    """Return the sound of one utterance.

    Channels are mixed (see `media.mixing`). Damaged packets are passed over. Call it in a `media.worker.DecodePool`: a
    broken file can hang or kill the decoder.

    Args:
        path: a sound file, or a video with sound.
        rate: samples per second of the result.
        start_s: start in the file in seconds, None: its beginning.
        end_s: end in the file in seconds, None: its end.
        max_seconds: what is longer is cut to this length, which the note says.

    Raises MediaError: MISSING_MEDIA, CORRUPT, NO_AUDIO, BAD_TIMES (the segment lies outside the file), TOO_SHORT (less
    than `MIN_SECONDS`), SILENT (the loudest `MIN_SECONDS` of it below `SILENCE_DBFS`), NON_FINITE.
    """
    segment, asked = Segment.of(start_s, end_s, max_seconds)
    taken = _Taken(segment, rate)
    usual = _read(path, taken)
    chosen = [run.weights() for run in usual]
    if any(not np.allclose(weights, usual_weights(run.names)) for run, (weights, _) in zip(usual, chosen, strict=True)):
        taken = _Taken(segment, rate)
        _read(path, taken, [weights for weights, _ in chosen])
    samples = taken.samples()
    if taken.heard < MIN_SECONDS * rate:
        raise MediaError(Status.TOO_SHORT, f"{taken.heard / rate:.3f} s of sound")
    if not np.isfinite(samples).all():
        raise MediaError(Status.NON_FINITE, "samples are not finite")
    level = loudest_dbfs(samples, round(MIN_SECONDS * rate))
    if level < SILENCE_DBFS:
        raise MediaError(Status.SILENT, f"its loudest {MIN_SECONDS:g} s are {level:.0f} dBFS")
    notes = [f"cut to {max_seconds:g} s"] * (taken.more and (asked is None or asked > segment.end_s))
    notes += [f"{taken.gaps / rate:.1f} s of it are gaps"] * (taken.gaps > 0)
    return Sound(samples, "; ".join([*notes, *dict.fromkeys(reason for _, reason in chosen if reason)]))


def loudest_dbfs(samples: np.ndarray, window: int) -> float:
    """Return the level of the loudest of the windows of so many samples that `samples` (T,) are cut into: the root mean
    square in decibels below full scale, -inf for digital silence.

    Soft words between pauses are, as a whole, as quiet as a silent recording: in RAVDESS, 13 clips of two actors.
    """
    step = max(1, LARGE // window) * window
    loudest = 0.0
    for start in range(0, len(samples), step):
        power = np.square(samples[start : start + step].astype(np.float64))
        loudest = max(loudest, float(np.add.reduceat(power, np.arange(0, len(power), window)).max()) / window)
    return 10.0 * float(np.log10(loudest)) if loudest > 0 else float("-inf")


def _read(path: str | Path, taken: _Taken, weights: Sequence[np.ndarray] | None = None) -> list[Loudness]:
    """Fill `taken` from a file; return how loud the channels are of each stretch of sound of one format.

    `weights`: of the channels of each such stretch; None: the usual ones.
    """
    with containers.open_media(path, sound=True) as container:
        reader = _Reader(container, audio_stream(container), taken.rate, weights)
        for time_s, samples, heard in reader.blocks(taken.segment):
            if taken.add(time_s, samples, heard):
                break
    taken.check(reader.damage)
    return reader.runs


class _Taken:
    """The samples of a segment as they come.

    Attributes:
        heard: samples that were decoded; gaps: those of silence between them.
        more: sound goes on after the segment, by more than `MIN_SECONDS`.
    """

    def __init__(self, segment: Segment, rate: int) -> None:
        self.segment, self.rate = segment, rate
        self.heard = self.gaps = 0
        self.more = False
        self._wanted = round((segment.end_s - segment.start_s) * rate)
        self._pieces: list[np.ndarray] = []
        self._held = self._beyond = 0
        self._last_s = 0.0

    def add(self, time_s: float, samples: np.ndarray, heard: bool) -> bool:
        """Take a block that begins at `time_s`; return whether the segment is complete."""
        self._last_s = time_s + len(samples) / self.rate
        early = max(0, round((self.segment.start_s - time_s) * self.rate)) if not self._pieces else 0
        samples = samples[early : early + self._wanted - self._held]
        beyond = round((self._last_s - max(time_s, self.segment.end_s)) * self.rate)
        self._beyond += max(0, beyond) if heard else 0
        self.more = self._beyond > MIN_SECONDS * self.rate
        if len(samples):
            self._pieces.append(np.asarray(samples, np.float32))
            self._held += len(samples)
            self.heard, self.gaps = self.heard + len(samples) * heard, self.gaps + len(samples) * (not heard)
        return self.more

    def samples(self) -> np.ndarray:
        """All samples (T,); nothing is held after."""
        whole = self._pieces[0] if len(self._pieces) == 1 else np.concatenate(self._pieces)
        self._pieces = []
        return np.ascontiguousarray(whole)

    def check(self, damage: Damage) -> None:
        """Raise MediaError where nothing was taken, with the reason."""
        start = self.segment.start_s
        if self.heard:
            return
        if self._last_s > self.segment.end_s:
            raise MediaError(Status.BAD_TIMES, f"no sound from {start:.2f} s to {self.segment.end_s:.2f} s")
        if self._last_s > 0:
            raise MediaError(Status.BAD_TIMES, f"segment starts at {start:.2f} s, sound ends at {self._last_s:.2f} s")
        if damage.packets:
            raise MediaError(Status.CORRUPT, f"no sound could be decoded: {damage.error}")
        raise MediaError(Status.NO_AUDIO, "the audio stream is empty")


class _Reader:
    """Decodes a stream of sound to mono blocks.

    Attributes:
        runs: how loud the channels are of each stretch of one format; a stream may change it midway.
        damage: what could not be decoded.
    """

    def __init__(self, container: Any, stream: Any, rate: int, weights: Sequence[np.ndarray] | None) -> None:
        self._container, self._stream, self._rate, self._weights = container, stream, rate, weights
        self._timed = not set(container.format.name.split(",")).isdisjoint(TIMED)
        self.runs: list[Loudness] = []
        self.damage = Damage()

    def blocks(self, segment: Segment) -> Iterator[tuple[float, np.ndarray, bool]]:
        """Yield (start in seconds from the file's beginning, samples (n,), whether they were decoded or are a gap)."""
        preroll = max(0.0, segment.start_s - containers.AUDIO_PREROLL_S)
        mono, kind, clock, shift = None, None, None, 0.0
        for frame in containers.decode_from(self._container, self._stream, preroll, self.damage):
            if not RATES[0] <= frame.sample_rate <= RATES[1]:
                self.damage.note(ValueError(f"{frame.sample_rate} samples per second"))
                continue
            time_s = None if frame.time is None else containers.seconds(self._container, frame) - shift
            if clock is None:  # sound that begins later than the file has a gap before it
                known = time_s is not None
                clock = min(time_s, segment.start_s) if known and self._timed else time_s if known else 0.0
            signature, ahead = (
                (frame.format.name, frame.layout.name, frame.sample_rate),
                mono.waiting_s if mono else 0.0,
            )
            off = 0.0 if time_s is None or not self._timed else time_s - (clock + ahead)
            if off < -GAP_S or off > LONGEST_GAP_S:  # the clock of the stream was set anew
                shift, off = shift + off, 0.0
            if mono and (signature != kind or off > GAP_S):
                for samples in mono.rest():
                    yield clock, samples, True
                    clock += len(samples) / self._rate
            if off > GAP_S:
                for samples in self._gap(min(time_s, segment.end_s + GAP_S) - clock):
                    yield clock, samples, False
                    clock += len(samples) / self._rate
                clock = time_s
            if mono is None or signature != kind or off > GAP_S:
                mono, kind = self._begin(frame, signature != kind), signature
            for samples in mono.add(frame):
                yield clock, samples, True
                clock += len(samples) / self._rate
        for samples in mono.rest() if mono else []:
            yield clock, samples, True
            clock += len(samples) / self._rate

    def _begin(self, frame: Any, another: bool) -> _Mono:
        """What makes frames like this one mono; `another`: the format is another than before."""
        if another or not self.runs:
            names = tuple(channel.name for channel in frame.layout.channels)
            self.runs.append(Loudness(names, frame.sample_rate))
        run, place = self.runs[-1], len(self.runs) - 1
        given = self._weights is not None and place < len(self._weights)
        return _Mono(run, self._weights[place] if given else usual_weights(run.names), self._rate, self.damage)

    def _gap(self, length_s: float) -> Iterator[np.ndarray]:
        """Yield silence of a length in blocks."""
        left = max(0, round(length_s * self._rate))
        while left:
            yield np.zeros(min(left, BLOCK), np.float32)
            left -= min(left, BLOCK)


class _Mono:
    """Frames of one format to mono samples (n,) at `rate`, a block of several frames at a time."""

    def __init__(self, run: Loudness, weights: np.ndarray, rate: int, damage: Damage) -> None:
        self._resampler = av.AudioResampler(format="fltp", layout="mono", rate=rate)
        self._run, self._weights, self._damage = run, weights, damage
        self._waiting: list[np.ndarray] = []
        self._count = 0
        self._given = self._taken = 0.0  # seconds that went in, and that came out

    @property
    def waiting_s(self) -> float:
        """Seconds of sound that were added and are not yet among the samples returned."""
        return self._given - self._taken

    def add(self, frame: Any) -> list[np.ndarray]:
        """Take a frame; return the samples of the block that it completes."""
        try:
            channels = planes(frame)
        except (av.error.FFmpegError, ValueError) as error:
            self._damage.note(error)
            return []
        if len(channels) > 1:
            used = self._weights > 0  # others may hold what is no number
            mixed = self._weights[used] @ channels[used]
            self._run.add(channels, mixed)
        else:
            mixed = channels[0]
        self._waiting.append(mixed)
        self._count += len(mixed)
        self._given += len(mixed) / self._run.rate
        return self._resampled(self._block()) if self._count >= BLOCK else []

    def rest(self) -> list[np.ndarray]:
        """Return the samples of what is left; nothing can be added after."""
        last = self._resampled(self._block()) if self._waiting else []
        return [*last, *self._resampled(None)]

    def _block(self) -> av.AudioFrame:
        block = av.AudioFrame.from_ndarray(np.concatenate(self._waiting)[None], format="fltp", layout="mono")
        block.sample_rate = self._run.rate
        self._waiting, self._count = [], 0
        return block

    def _resampled(self, block: av.AudioFrame | None) -> list[np.ndarray]:
        try:
            pieces = [piece.to_ndarray()[0] for piece in self._resampler.resample(block)]
        except (av.error.FFmpegError, ValueError) as error:
            self._damage.note(error)
            return []
        self._taken += sum(map(len, pieces)) / self._resampler.rate
        return pieces


def planes(frame: Any) -> np.ndarray:
    """Return the samples of a frame by channel (C, T) float32, full scale at 1, whatever their format."""
    if frame.format.name.startswith("s64"):  # numpy gets no such frame
        frame = av.AudioResampler(format="dblp", layout=frame.layout, rate=frame.sample_rate).resample(frame)[0]
    values = frame.to_ndarray()
    if not frame.format.is_planar:
        values = values.reshape(-1, frame.layout.nb_channels).T
    offset, scale = LARGEST.get(values.dtype.str[1:], (0.0, 1.0))
    return np.ascontiguousarray((values.astype(np.float32) - np.float32(offset)) / np.float32(scale))
