"""The media list of a shard: which file and which seconds of it each utterance is."""

from __future__ import annotations

import csv
import dataclasses
import math
from pathlib import Path, PurePosixPath

from conclugen.media.errors import MediaError
from conclugen.media.files import check_regular
from conclugen.store.ledger import Status
from conclugen.store.seals import check_recorded

FIELDS = ("utterance_id", "media", "audio", "start_s", "end_s", "bytes", "modified")


@dataclasses.dataclass(frozen=True)
class MediaItem:
    """One utterance of a media list.

    Attributes:
        utterance_id: its id.
        media: path of the video, relative to the data set's root; None where there is none, as for sound alone.
        audio: path of a separate sound file, relative to the root; None: the sound is in `media`.
        start_s: where the utterance starts in the file, seconds; None: at its beginning.
        end_s: where it ends, seconds; None: at the end of the file.
        bytes: size of the media file when the list was made; -1 where it was missing.
        modified: its time of modification, as the list gives it; only there to make a changed file a changed list.
    """

    utterance_id: str
    media: str | None
    audio: str | None
    start_s: float | None
    end_s: float | None
    bytes: int
    modified: str


def read_media_list(path: str | Path) -> list[MediaItem]:
    """Read `{shard}.media.csv`. Raises ValueError where a column is missing or a number is malformed, SealError where
    it is not what the plan wrote."""
    check_recorded(Path(path))
    with open(path, encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle)
        if missing := [name for name in FIELDS if name not in (reader.fieldnames or ())]:
            raise ValueError(f"{path}: columns {missing} are missing")
        return [_item(row) for row in reader]


def video_of(root: str | Path, item: MediaItem) -> Path:
    """Return the absolute path of an utterance's video. Raises MediaError: as `locate`, NO_VIDEO for sound alone."""
    if item.media is None and item.audio is not None:
        raise MediaError(Status.NO_VIDEO, "the manifest names a sound file alone")
    return locate(root, item.media, "video")


def locate(root: str | Path, relative: str | None, kind: str) -> Path:
    """Return the absolute path of a media file below its root; it may be a link to elsewhere, as data sets often are.

    Raises MediaError: MISSING_MEDIA where there is none or its path leaves the root, CORRUPT where it is a folder, a
    pipe or a device.
    """
    if relative is None:
        raise MediaError(Status.MISSING_MEDIA, f"the manifest names no {kind} file")
    if PurePosixPath(relative).is_absolute() or ".." in PurePosixPath(relative).parts:
        raise MediaError(Status.MISSING_MEDIA, f"{relative}: leaves the root of its data set")
    path = Path(root, relative).absolute()
    check_regular(path, relative)
    return path


def _item(row: dict[str, str]) -> MediaItem:
    return MediaItem(
        utterance_id=row["utterance_id"],
        media=row["media"] or None,
        audio=row["audio"] or None,
        start_s=_seconds(row["start_s"]),
        end_s=_seconds(row["end_s"]),
        bytes=int(row["bytes"] or -1),
        modified=row["modified"],
    )


def _seconds(text: str) -> float | None:
    value = float(text) if text else math.nan
    return None if math.isnan(value) else value
