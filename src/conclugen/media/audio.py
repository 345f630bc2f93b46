"""Sound of an utterance as mono float samples."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np

from conclugen.media import container as containers
from conclugen.media.container import Damage, Segment
from conclugen.media.errors import MediaError
from conclugen.store.ledger import Status

SILENCE_DBFS = -60.0
MIN_SECONDS = 0.1
BLOCK = 1 << 14  # samples that are resampled at once; with the 1,024 of a frame each costs twice as much
RATES = (1000, 1_000_000)  # samples per second that a file is believed to have; resampling from 1 would fill the memory


def read_audio(
    path: str | Path, rate: int, start_s: float | None, end_s: float | None, max_seconds: float
) -> np.ndarray:
    """Return the samples (T,) float32, mono, about -1..1, of one utterance.

    Channels are averaged. Damaged packets are passed over. Call it in a `media.worker.DecodePool`: a broken file can
    hang or kill the decoder.

    Args:
        path: a sound file, or a video with sound.
        rate: samples per second of the result.
        start_s: start in the file in seconds, None: its beginning.
        end_s: end in the file in seconds, None: its end.
        max_seconds: what is longer is cut to this length.

    Raises MediaError: MISSING_MEDIA, CORRUPT, NO_AUDIO, BAD_TIMES (the segment lies outside the file), TOO_SHORT (less
    than `MIN_SECONDS`), SILENT (root mean square below `SILENCE_DBFS`), NON_FINITE.
    """
    segment, _ = Segment.of(start_s, end_s, max_seconds)
    with containers.open_media(path, sound=True) as container:
        samples = _segment_samples(container, containers.audio_stream(container), rate, segment)
    if len(samples) < MIN_SECONDS * rate:
        raise MediaError(Status.TOO_SHORT, f"{len(samples) / rate:.3f} s of sound")
    if not np.isfinite(samples).all():
        raise MediaError(Status.NON_FINITE, "samples are not finite")
    level = loudness_dbfs(samples)
    if level < SILENCE_DBFS:
        raise MediaError(Status.SILENT, f"root mean square is {level:.0f} dBFS")
    return samples


def loudness_dbfs(samples: np.ndarray) -> float:
    """Root mean square of samples (T,) in decibels below full scale; -inf for digital silence."""
    power = float(np.mean(np.square(samples, dtype=np.float64)))
    return 10.0 * float(np.log10(power)) if power > 0 else float("-inf")


def _segment_samples(container: Any, stream: Any, rate: int, segment: Segment) -> np.ndarray:
    damage, pieces, held, last = Damage(), [], 0, 0.0
    wanted = round((segment.end_s - segment.start_s) * rate)
    for time_s, samples in _blocks(container, stream, rate, segment, damage):
        last = time_s + len(samples) / rate
        early = max(0, round((segment.start_s - time_s) * rate)) if not pieces else 0
        if early >= len(samples):
            continue
        if time_s >= segment.end_s:
            break
        pieces.append(samples[early:])
        held += len(pieces[-1])
        if held >= wanted:
            break
    if not pieces and last > 0:
        raise MediaError(Status.BAD_TIMES, f"segment starts at {segment.start_s:.2f} s, sound ends at {last:.2f} s")
    if not pieces and damage.packets:
        raise MediaError(Status.CORRUPT, f"no sound could be decoded: {damage.error}")
    if not pieces:
        raise MediaError(Status.NO_AUDIO, "the audio stream is empty")
    return np.ascontiguousarray(np.concatenate(pieces)[:wanted], dtype=np.float32)


def _blocks(
    container: Any, stream: Any, rate: int, segment: Segment, damage: Damage
) -> Iterator[tuple[float, np.ndarray]]:
    """Yield (start in seconds from the file's beginning, samples (n,) at `rate`)."""
    preroll = max(0.0, segment.start_s - containers.AUDIO_PREROLL_S)
    resampler, kind, clock = None, None, None
    for frame in containers.decode_from(container, stream, preroll, damage):
        if not RATES[0] <= frame.sample_rate <= RATES[1]:
            damage.note(ValueError(f"{frame.sample_rate} samples per second"))
            continue
        if clock is None:
            clock = 0.0 if frame.time is None else containers.seconds(container, frame)
        found, pieces = (frame.format.name, frame.layout.name, frame.sample_rate), []
        if found != kind:  # a stream may change its format midway
            pieces += resampler.rest() if resampler else []
            resampler, kind = _Resampler(frame.layout.name, rate, damage), found
        for samples in [*pieces, *resampler.add(frame)]:
            yield clock, samples
            clock += len(samples) / rate
    for samples in resampler.rest() if resampler else []:
        yield clock, samples
        clock += len(samples) / rate


class _Resampler:
    """Frames of one format to mono samples (n,) at `rate`, a block of several frames at a time."""

    def __init__(self, layout: str, rate: int, damage: Damage) -> None:
        self._resampler = av.AudioResampler(format="fltp", layout=layout, rate=rate)
        self._waiting, self._damage = av.AudioFifo(), damage

    def add(self, frame: Any) -> list[np.ndarray]:
        """Take a frame; return the samples of the blocks that it completes."""
        frame.pts = None  # times that jump would be refused
        try:
            self._waiting.write(frame)
        except (av.error.FFmpegError, ValueError) as error:
            self._damage.note(error)
        return [samples for block in self._waiting.read_many(BLOCK) for samples in self._resampled(block)]

    def rest(self) -> list[np.ndarray]:
        """Return the samples of what is left; nothing can be added after."""
        block = self._waiting.read()
        return [*(self._resampled(block) if block else []), *self._resampled(None)]

    def _resampled(self, block: Any) -> list[np.ndarray]:
        try:
            return [piece.to_ndarray().mean(axis=0) for piece in self._resampler.resample(block)]
        except (av.error.FFmpegError, ValueError) as error:
            self._damage.note(error)
            return []
