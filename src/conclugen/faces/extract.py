"""From a video to the crops of its face: what a worker does for one utterance."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING

from conclugen.faces.crops import CROP_LINES
from conclugen.faces.cutter import Cutter, chunks
from conclugen.faces.settings import FaceSettings
from conclugen.faces.shard import FaceTrack
from conclugen.faces.tracks import choose
from conclugen.media.errors import MediaError
from conclugen.media.items import MediaItem, video_of
from conclugen.media.video import Report, sample_video
from conclugen.store.ledger import Status

if TYPE_CHECKING:
    from conclugen.faces.detector import Detector


@dataclasses.dataclass(frozen=True)
class Extracted:
    """The crops of an utterance, whether they show a face, and what the ledger says of it."""

    track: FaceTrack
    present: bool
    status: Status
    reason: str


@functools.cache
def detector() -> Detector:
    """Load the detector, once in a process. PyTorch is imported here: the parent process has no need of it."""
    import torch

    from conclugen.faces.detector import Detector

    torch.set_num_threads(1)
    return Detector()


def extract(item: MediaItem, root: str, settings: FaceSettings) -> Extracted:
    """Read the video of an utterance in one pass and cut its face.

    Raises MediaError (see `media.video.sample_video`); CORRUPT also where damage, or an end that is missing, leaves
    less than `min_frames`.
    """
    path, report = video_of(root, item), Report()
    cutter = Cutter(settings, detector() if settings.detector == "mtcnn" else None)
    span = (item.start_s, item.end_s, settings.max_seconds)
    for chunk in chunks(sample_video(path, settings.fps, *span, CROP_LINES, report), settings):
        cutter.add(chunk)
    cutter.flush()
    if report.damage.packets and cutter.count < settings.min_frames:
        raise MediaError(Status.CORRUPT, f"only {cutter.count} frames are whole: {report.damage.error}")
    if report.missing_s and cutter.count < settings.min_frames:
        raise MediaError(Status.CORRUPT, f"{cutter.count} frames, the other {report.missing_s:.1f} s are missing")
    return _conclude(cutter, report, settings)


def _conclude(cutter: Cutter, report: Report, settings: FaceSettings) -> Extracted:
    notes = [f"cut to {settings.max_seconds:g} s"] * report.cut
    notes += [f"{report.damage.packets} damaged packets"] * (report.damage.packets > 0)
    notes += [f"ends {report.missing_s:.1f} s early"] * (report.missing_s > 0)
    size = (report.width, report.height)
    if settings.detector == "none":
        return Extracted(cutter.centre.face_track(*size), True, Status.OK, "; ".join(notes))
    chosen = choose(cutter.believable())
    if chosen is None:
        notes.insert(0, f"none found in {cutter.looks} of {cutter.count} frames searched")
        return Extracted(cutter.centre.face_track(*size), False, Status.NO_FACE, "; ".join(notes))
    rows = cutter.tracks[chosen]
    if len(rows.frames) < cutter.count:
        notes.insert(0, f"face in {len(rows.frames)} of {cutter.count} frames")
    return Extracted(rows.face_track(*size), True, Status.OK, "; ".join(notes))
