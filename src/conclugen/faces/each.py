"""Every face of an utterance with crops of its own, where the face stage keeps the one that it chooses.

No stage imports this, and it leaves the modules of the face stage as they are: an edit there cuts all faces again.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from pathlib import Path

from conclugen.faces import run
from conclugen.faces.crops import CROP_LINES
from conclugen.faces.cutter import CANDIDATES, Cutter, chunks
from conclugen.faces.extract import Extracted, detector, extract
from conclugen.faces.settings import FaceSettings
from conclugen.faces.shard import FaceShardWriter, FaceTrack
from conclugen.faces.tracks import Track, believable, choose
from conclugen.media.items import MediaItem, video_of
from conclugen.media.video import Report, sample_video
from conclugen.media.worker import DecodePool
from conclugen.store.ledger import LedgerRow, Status, write_ledger

LEAST_S = 0.5  # a face is a row from this many seconds on, or half of a clip that is shorter than two of them


@dataclasses.dataclass(frozen=True)
class Row:
    """A row of the shard of `cut_each`: the place of its utterance in the list, and what is to be told beside."""

    item: int
    note: str


class _Cutter(Cutter):
    """A cutter that tells of the faces that it followed and never cut: there were heavier ones beside them."""

    def uncut(self) -> int:
        return sum(track not in self.tracks for track in believable(self._tracker.tracks, self.looks))


def extract_each(item: MediaItem, root: str, settings: FaceSettings) -> tuple[list[Extracted], str]:
    """Cut every face of an utterance that was followed, in the order of their first look, then from left to right.

    The face that `extract` chooses is always among them; of an utterance without any, or of too little, the answer is
    that of `extract`. The note says what was left out. Raises MediaError as `extract` does.
    """
    report, cutter = Report(), _Cutter(settings, detector())
    span = (item.start_s, item.end_s, settings.max_seconds)
    for chunk in chunks(sample_video(video_of(root, item), settings.fps, *span, CROP_LINES, report), settings):
        cutter.add(chunk)
    cutter.flush()
    tracks = cutter.believable()
    chosen = choose(tracks)
    damaged = bool(report.damage.packets or report.missing_s)
    if chosen is None or (damaged and cutter.count < settings.min_frames):
        return [extract(item, root, settings)], ""
    least = min(LEAST_S * settings.fps, cutter.count / 2)
    kept = [track for track in tracks if track is chosen or len(cutter.tracks[track].frames) >= least]
    kept.sort(key=_place)
    face_tracks = [cutter.tracks[track].face_track(report.width, report.height) for track in kept]
    note = _left_out(len(tracks) - len(kept), least / settings.fps, cutter.uncut())
    return [Extracted(track, True, Status.OK, "") for track in face_tracks], note


def cut_each(
    items: Sequence[MediaItem], root: str, settings: FaceSettings, threads: int, shard: Path, ledger: Path
) -> list[Row]:
    """Write the face shard and the ledger of every face of `items`; return what each of its rows is of.

    Ids are that of the utterance and the number of the face in it, from 1. What fails is one row without a face.
    """
    rows: list[Row] = []
    ledger_rows: list[LedgerRow] = []
    work = functools.partial(extract_each, root=root, settings=settings)
    workers = max(1, min(threads, len(items)))
    with (
        DecodePool(workers, settings.timeout_s, detector) as pool,
        FaceShardWriter(shard, settings.crop_size, run._attributes(settings, ""), settings.keep) as writer,
    ):
        for place, (item, outcome) in enumerate(pool.imap(work, items)):
            lost = Extracted(FaceTrack.empty(), False, Status(outcome.status), outcome.reason)
            extracted, note = outcome.value or ([lost], "")
            for number, face in enumerate(extracted, 1):
                name = f"{item.utterance_id}.{number}"
                writer.add(name, face.present, face.track)
                ledger_rows.append(LedgerRow(name, run.STAGE, face.status, face.reason, outcome.seconds))
                rows.append(Row(place, note))
    write_ledger(ledger, ledger_rows)
    return rows


def _place(track: Track) -> tuple[float, float]:
    """When a face was first seen, and how far from the left."""
    return track.time_s[0], float(track.box[0][0])


def _left_out(short: int, least_s: float, crowd: int) -> str:
    """What is told of faces that are no rows."""
    notes = [f"{short} more for less than {least_s:.2g} s"] * (short > 0)
    notes += [f"{crowd} more beside {CANDIDATES} that were larger or surer"] * (crowd > 0)
    return f"faces: {', '.join(notes)}" if notes else ""
