"""Opening a media file with PyAV: segments, presentation times, damaged packets."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import av.error
import av.logging
from av.container import InputContainer
from av.stream import Discard

from conclugen.media.errors import MediaError
from conclugen.media.files import check_regular
from conclugen.store.ledger import Status
from conclugen.store.pointers import pointer, text_start

MICROSECONDS = 1_000_000
ENDS = ("matroska", "webm", "flv")
MAX_BAD_PACKETS = 500  # in a row; past that nothing good will follow
EARLIER_S = 10.0
LONGEST_GAP_S = 3600.0  # in the times of a stream; a longer one is an error of its clock: it goes on at once
SEEK_SLACK_S = 0.05
# Demuxers of one file of pictures or sound. All others are refused: playlists and patterns of names (concat, hls, dash,
# image2) lead to other files, and some render plain text as video (tty, bin).
FORMATS = (
    "mov", "mp4", "matroska", "webm", "avi", "mpeg", "mpegts", "mpegvideo", "m4v", "h263", "h264", "hevc", "vc1", "av1",
    "obu", "ivf", "flv", "asf", "ogg", "rm", "dv", "mxf", "gxf", "nut", "nuv", "wtv", "swf", "gif", "mjpeg",
    "yuv4mpegpipe", "wav", "w64", "aiff", "au", "caf", "mp3", "aac", "loas", "flac", "ac3", "eac3", "dts", "truehd",
    "amr", "wv", "ape", "tta", "voc", "nistsphere", "sox", "gsm", "qcp",
)  # fmt: skip
MAX_PIXELS = 1 << 26  # a frame that claims more is damaged
AUDIO_PREROLL_S = 0.5  # decoders of lossy sound need some packets before the first correct sample


@dataclasses.dataclass
class Damage:
    """What was wrong with a file that could still be read: `packets` that failed and the first `error`."""

    packets: int = 0
    error: str = ""

    def note(self, error: BaseException) -> None:
        """Count one packet that could not be read or decoded."""
        self.packets += 1
        self.error = self.error or type(error).__name__


@dataclasses.dataclass(frozen=True)
class Segment:
    """Seconds of a file, from its beginning: `start_s` <= t < `end_s`."""

    start_s: float
    end_s: float

    @classmethod
    def of(cls, start_s: float | None, end_s: float | None, max_seconds: float) -> tuple[Segment, float | None]:
        """Return the segment cut to `max_seconds`, and the end that was asked for.

        Raises MediaError BAD_TIMES for a negative, infinite or empty segment.
        """
        start = 0.0 if start_s is None else start_s
        if not 0.0 <= start < float("inf") or (end_s is not None and not start < end_s < float("inf")):
            raise MediaError(Status.BAD_TIMES, f"segment from {start_s} s to {end_s} s")
        limit = start + max_seconds
        return cls(start, limit if end_s is None else min(end_s, limit)), end_s


def open_media(path: str | Path, sound: bool = False) -> InputContainer:
    """Open a local file. Raises MediaError MISSING_MEDIA or CORRUPT.

    `sound`: it is opened for its sound alone, and no decoder of pictures is tried on it: that would take longer than
    the sound of a short clip itself. Decoders get one thread. Only regular files of the formats in `FORMATS` are
    opened, with the `file` protocol alone: a playlist that calls itself .mp4 must reach neither the network nor another
    file.
    """
    av.logging.set_level(av.logging.PANIC)
    path = Path(path).absolute()
    if check_regular(path, path.name) == 0:
        raise MediaError(Status.CORRUPT, "the file is empty")
    if points := pointer(path):
        raise MediaError(Status.MISSING_MEDIA, points)
    # the limit on pixels is given here too, for the decoders that probing opens
    options = {"protocol_whitelist": "file", "format_whitelist": ",".join(FORMATS), "max_pixels": str(MAX_PIXELS)}
    if sound:
        options["codec_whitelist"] = _sound_decoders()
    try:
        container = av.open(str(path), options=options, metadata_errors="replace")
    except (av.error.FileNotFoundError, av.error.PermissionError) as error:
        raise MediaError(Status.MISSING_MEDIA, f"cannot be opened: {error.strerror}") from error
    except av.error.ArgumentError as error:  # what a format outside the list gives
        raise MediaError(Status.CORRUPT, _text(path) or "not a known format of video or sound") from error
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise MediaError(Status.CORRUPT, _text(path) or f"cannot be opened: {_words(error)}") from error
    for stream in container.streams:
        if stream.codec_context is not None:
            stream.codec_context.thread_count = 1
    for stream in container.streams.video:
        if stream.codec_context is not None:
            stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
    return container


def _text(path: Path) -> str:
    start = text_start(path)
    return f"not video or sound, but text: {start!r}" if start else ""


@functools.cache
def _sound_decoders() -> str:
    """The names of all decoders of sound, as the whitelist that libavformat takes."""
    names = set()
    for name in av.codecs_available:
        try:
            codec = av.Codec(name, "r")
        except av.codec.codec.UnknownCodecError:  # one that only encodes
            continue
        if codec.type == "audio":
            names.add(codec.name)
    return ",".join(sorted(names))


def origin(container: InputContainer) -> float:
    """Presentation time of the file's beginning in seconds; 0 where the container does not say."""
    return 0.0 if container.start_time is None else container.start_time / MICROSECONDS


def length(container: InputContainer) -> float | None:
    """Seconds that a file claims to last, from its beginning; None where it does not say."""
    if container.duration is None:
        return None
    # these write down when they end, on the clock on which they begin, where others write how long they last
    ends = not set(container.format.name.split(",")).isdisjoint(ENDS)
    return container.duration / MICROSECONDS - (max(0.0, origin(container)) if ends else 0.0)


def decode_from(container: InputContainer, stream: Any, start_s: float, damage: Damage) -> Iterator[Any]:
    """Yield the frames of a stream from `start_s` seconds, or from some point before it.

    A seek that lands too late (an index that is wrong, or none) is tried again from earlier, at last from the
    beginning. The packets of other streams are passed over unread where the format allows it. Raises MediaError
    BAD_TIMES where the file ends before `start_s`, by its own word and by reading.
    """
    for other in container.streams:
        other.discard = Discard.default if other is stream else Discard.all
    if start_s <= 0 or not _seek(container, start_s):
        yield from decode(container, stream, damage)
        return
    for earlier in (max(0.0, start_s - EARLIER_S), 0.0, None):
        damage.packets, damage.error = 0, ""
        frames = decode(container, stream, damage)
        first = next(frames, None)
        if earlier is None or (first is not None and seconds(container, first) <= start_s + SEEK_SLACK_S):
            break
        if first is None and container.duration is not None and container.duration < start_s * MICROSECONDS:
            raise MediaError(Status.BAD_TIMES, f"segment starts at {start_s:.2f} s, after the end of the file")
        if not _seek(container, earlier):
            break
    if first is not None:
        yield first
        yield from frames


def seconds(container: InputContainer, frame: Any) -> float:
    """Presentation time of a frame in seconds from the file's beginning; infinite where it has none."""
    return float("inf") if frame.time is None else frame.time - origin(container)


def _seek(container: InputContainer, start_s: float) -> bool:
    """Go to the last key frame at or before `start_s` seconds; False where the file cannot."""
    try:
        container.seek(round((start_s + origin(container)) * MICROSECONDS), backward=True)
    except (av.error.FFmpegError, OSError, OverflowError):  # the last: a time beyond what 64 bits hold
        return False
    return True


def decode(container: InputContainer, stream: Any, damage: Damage) -> Iterator[Any]:
    """Yield the frames of a stream in order of presentation, passing over what cannot be decoded.

    Reading ends at the end of the file, at damage that the demuxer cannot pass, or after `MAX_BAD_PACKETS` failures
    in a row. Frames that the decoder marks as damaged are left out and counted.
    """
    bad = 0
    packets = container.demux(stream)
    while bad < MAX_BAD_PACKETS:
        try:
            packet = next(packets)
            frames = packet.decode()
        except StopIteration:
            return
        except av.error.EOFError:
            return
        except (av.error.FFmpegError, OSError, ValueError) as error:
            damage.note(error)
            bad += 1
            continue
        for frame in frames:
            if frame.is_corrupt:
                damage.note(ValueError("damaged frame"))
            else:
                bad = 0
                yield frame


def _words(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
