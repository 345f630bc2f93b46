"""Which stream of a file is meant: the one that players show and play."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import av.error
from av.container import InputContainer
from av.stream import Discard, Disposition

from conclugen.media.container import open_media
from conclugen.media.errors import MediaError
from conclugen.store.ledger import Status

PICTURES = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
ASIDE = (
    Disposition.comment | Disposition.descriptions | Disposition.visual_impaired | Disposition.dependent
    | Disposition.non_diegetic | Disposition.karaoke
)  # fmt: skip
MOVING = 3  # packets that only moving pictures have
LOOK = 1000  # packets of a file that are looked at, without decoding, for them


def video_stream(container: InputContainer) -> Any:
    """Return the video stream that is meant.

    Of several it is one that moves rather than a still picture, the default one rather than others, the main one rather
    than a comment, and then the first. Cover art and thumbnails are never meant. Raises MediaError NO_VIDEO.
    """
    moving = [s for s in container.streams.video if not s.disposition & PICTURES and s.codec_context is not None]
    if not moving:
        raise MediaError(Status.NO_VIDEO, "the file has no video stream")
    if len(moving) > 1:
        seen = _packets(container.name, [stream.index for stream in moving])
        most = max(seen.values())
        moving = [s for s in moving if seen[s.index] >= min(MOVING, most)]
    return max(moving, key=_rank)


def audio_stream(container: InputContainer) -> Any:
    """Return the audio stream that is meant: the default one, the main one, the first. Raises MediaError NO_AUDIO."""
    sounding = [s for s in container.streams.audio if s.codec_context is not None]
    if not sounding:
        raise MediaError(Status.NO_AUDIO, "the file has no audio stream")
    return max(sounding, key=_rank)


def _rank(stream: Any) -> tuple[bool, bool, int]:
    default, aside = bool(stream.disposition & Disposition.default), bool(stream.disposition & ASIDE)
    return default, not aside, -stream.index


def _packets(path: str, indices: Sequence[int]) -> dict[int, int]:
    """Return how many packets some streams of a file have by index, counted up to `MOVING` near its beginning.

    No container says which of its streams is a still picture, so the file is opened once more.
    """
    seen = dict.fromkeys(indices, 0)
    with open_media(path) as container:
        for stream in container.streams:
            stream.discard = Discard.default if stream.index in seen else Discard.all
        packets = container.demux([container.streams[i] for i in indices])
        for _ in range(LOOK):
            try:
                packet = next(packets)
            except (StopIteration, av.error.FFmpegError, OSError, ValueError):
                break
            seen[packet.stream.index] += packet.size > 0
            if min(seen.values()) >= MOVING:
                break
    return seen
