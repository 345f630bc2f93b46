"""From clips to features by the stages of the pipeline, in a temporary folder: what they refuse, they refuse here."""

from __future__ import annotations

import csv
import dataclasses
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from conclugen.applied.clips import Clip
from conclugen.applied.errors import ApplyError
from conclugen.applied.exported import Exported, Stream
from conclugen.applied.faces_seen import Seen, seen
from conclugen.applied.numbering import Numbering
from conclugen.faces import run as faces
from conclugen.faces.each import Row, cut_each
from conclugen.faces.settings import FaceSettings
from conclugen.faces.shard import FaceShard
from conclugen.features import audio, frames2d, frames3d, keypoints, text
from conclugen.features.lists import COLUMNS
from conclugen.media.items import FIELDS, read_media_list
from conclugen.store.ledger import Status, read_ledger
from conclugen.store.settings import parse
from conclugen.store.shards import read_shard

VISUAL: dict[str, Callable[[list[str]], None]] = {
    "frames2d": frames2d.main,
    "frames3d": frames3d.main,
    "keypoints": keypoints.main,
}
KNOWN = (*VISUAL, audio.STREAM, text.STREAM)


@dataclasses.dataclass(frozen=True)
class Features:
    """Features of a stream: values (N, D), present (N,) bool, and what the ledger says of each (N,)."""

    values: np.ndarray
    present: np.ndarray
    notes: list[str]

    def of(self, rows: Sequence[int]) -> Features:
        """Return `rows`, in their order, which may come more than once."""
        return Features(self.values[rows], self.present[rows], [self.notes[row] for row in rows])


@dataclasses.dataclass(frozen=True)
class Made:
    """What became of clips: N rows, one for each of them or for each of their faces.

    Attributes:
        clips: (N,) what each row is of.
        features: by stream.
        faces: (N,) the number of the face in its film, None for a row without; None where one face was chosen.
        notes: (N,) what is told of the faces that are no rows.
    """

    clips: list[Clip]
    features: dict[str, Features]
    faces: list[int | None] | None
    notes: list[str]


def extract(
    clips: Sequence[Clip],
    exported: Exported,
    streams: Sequence[str],
    threads: int,
    watched: list[tuple[Clip, Seen]] | None = None,
    numbering: Numbering | None = None,
) -> Made:
    """Return the features of `clips`, made as those that the model was trained on.

    `watched`: gets the clip of each row, and where its face was. `numbering`: each face is a row, with its number.

    Raises ApplyError for a stream that no stage makes, or whose weights here are others.
    """
    for name in streams:
        if name not in KNOWN or exported.streams[name].settings is None:
            raise ApplyError(f"the stream {name} was imported, so no file can be turned into it: give its features")
    before = torch.get_num_threads()  # which stages set for their own process
    try:
        with tempfile.TemporaryDirectory(prefix="conclugen-") as folder:
            work = _Work(Path(folder), clips, exported, threads)
            if numbering is not None and any(clip.filmed() for clip in clips):
                work.split()
            by_stream = {name: work.features(name) for name in streams}
            items, places = [row.item for row in work.rows], work.seen()
            numbers = None if numbering is None else numbering.numbers(clips, items, places)
            order = sorted(range(len(items)), key=lambda row: (items[row], numbers[row] or 0 if numbers else 0))
            rows = [clips[items[row]] for row in order]
            if watched is not None:
                watched += zip(rows, [places[row] for row in order], strict=True)
            features = {name: values.of(order) for name, values in by_stream.items()}
            faces_in_order = None if numbers is None else [numbers[row] for row in order]
            return Made(rows, features, faces_in_order, [work.rows[row].note for row in order])
    finally:
        torch.set_num_threads(before)


class _Work:
    """The stages of one list of clips, in a folder of their own."""

    def __init__(self, folder: Path, clips: Sequence[Clip], exported: Exported, threads: int) -> None:
        self.folder, self.clips, self.exported, self.threads = folder, clips, exported, threads
        self.ids = [f"{number:06d}" for number in range(len(clips))]
        self.rows = [Row(place, "") for place in range(len(clips))]
        self.seen_in = folder / "media.csv"  # what the visual stages read
        (folder / "media").mkdir()
        _write(folder / "media.csv", FIELDS, [self._media(*pair) for pair in zip(self.ids, clips, strict=True)])
        words = [(clip.text, "official" if clip.text else "none") for clip in clips]
        _write(folder / "text.csv", COLUMNS, [(name, *said) for name, said in zip(self.ids, words, strict=True)])

    def split(self) -> None:
        """Make each face of a clip a row of its own."""
        settings, items = parse(FaceSettings, self.exported.faces or ""), read_media_list(self.seen_in)
        made = (self.folder / "faces.h5", self.folder / "faces.ledger.csv")
        self.rows = cut_each(items, str(self.folder / "media"), settings, self.threads, *made)
        with FaceShard(made[0]) as shard:
            pairs = zip(shard.ids.tolist(), self.rows, strict=True)
            listed = [dataclasses.replace(items[row.item], utterance_id=name) for name, row in pairs]
        self.seen_in = self.folder / "faces.csv"
        _write(self.seen_in, FIELDS, [dataclasses.astuple(item) for item in listed])

    def features(self, stream: str) -> Features:
        """Run the stage of a stream, and the face stage before the first that needs it."""
        made = self._made(stream, self.exported.streams[stream])
        return made if stream in VISUAL else made.of([row.item for row in self.rows])

    def _made(self, stream: str, known: Stream) -> Features:
        """The features of a stream: by face where it sees faces, else by clip."""
        if stream in VISUAL and not any(clip.filmed() for clip in self.clips):
            return self._none(known, "sound or text alone")
        if stream == audio.STREAM and not any(clip.file for clip in self.clips):
            return self._none(known, "text alone")
        if stream == text.STREAM and not any(clip.text for clip in self.clips):
            return self._none(known, "no text")
        shard, ledger = self.folder / f"{stream}.h5", self.folder / f"{stream}.ledger.csv"
        flags = ["--settings", known.settings, "--threads", str(self.threads)]
        flags += ["--output", str(shard), "--ledger", str(ledger)]
        if stream in VISUAL:
            VISUAL[stream]([*flags, *self._faces(), *self._list(self.seen_in)])
        elif stream == audio.STREAM:
            audio.main([*flags, *self._listed()])
        else:
            text.main([*flags, "--text-list", str(self.folder / "text.csv")])
        return _read(stream, known, shard, ledger)

    def seen(self) -> list[Seen]:
        """Return where the face of each clip was; nowhere where no stream needed it."""
        if not (self.folder / "faces.h5").exists():
            return [Seen.nowhere() for _ in self.rows]
        clips = [self.clips[row.item] for row in self.rows]
        return seen(self.folder / "faces.h5", clips, json.loads(self.exported.faces or "{}")["fps"])

    def _faces(self) -> list[str]:
        """Flags that name the face shard, which is made where it is not there yet."""
        shard, ledger = self.folder / "faces.h5", self.folder / "faces.ledger.csv"
        if not shard.exists():
            flags = ["--settings", self.exported.faces or "", "--threads", str(self.threads), *self._listed()]
            faces.main([*flags, "--output", str(shard), "--ledger", str(ledger)])
        return ["--faces", str(shard), "--faces-ledger", str(ledger)]

    def _listed(self) -> list[str]:
        return self._list(self.folder / "media.csv")

    def _list(self, path: Path) -> list[str]:
        return ["--media-list", str(path), "--root", str(self.folder / "media")]

    def _media(self, name: str, clip: Clip) -> tuple[object, ...]:
        """The row of a clip, whose file is linked to below the root of the list."""
        times = ["" if value is None else repr(float(value)) for value in (clip.start_s, clip.end_s)]
        if clip.file is None:
            return name, "", "", *times, -1, ""
        ending = clip.file.suffix if clip.file.suffix.isascii() and clip.file.suffix[1:].isalnum() else ""
        link = f"{name}{ending}"  # whatever the file is called
        os.symlink(clip.file.absolute(), self.folder / "media" / link)
        video, sound = (link, "") if clip.filmed() else ("", link)
        return name, video, sound, *times, clip.file.stat().st_size, ""

    def _none(self, known: Stream, why: str) -> Features:
        count = len(self.clips)
        return Features(np.zeros((count, known.dim), np.float32), np.zeros(count, bool), [why] * count)


def _read(stream: str, known: Stream, shard: Path, ledger: Path) -> Features:
    """Features and notes of a shard, of the weights that the model knows."""
    made = read_shard(shard)
    weights_sha256 = made.attributes["weights_sha256"]
    if weights_sha256 != known.weights_sha256:
        raise ApplyError(
            f"{stream}: the weights of {known.backbone} have sha256 {weights_sha256[:12]}… here, the model's have "
            f"{known.weights_sha256[:12]}…; install or name the same ones"
        )
    if made.attributes.get("beside_sha256", "") != known.beside_sha256:
        raise ApplyError(f"{stream}: the files beside the weights of {known.backbone}, such as a tokenizer, are others")
    rows = {row.utterance_id: row for row in read_ledger(ledger)}
    notes = [_note(rows[name].status, rows[name].reason) for name in made.utterance_id.tolist()]
    return Features(made.features.astype(np.float32), made.present, notes)


def _note(status: Status, reason: str) -> str:
    return reason if status is Status.OK else f"{status.value} ({reason})" if reason else status.value


def _write(path: Path, fields: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with open(path, "w", encoding="utf-8", newline="") as handle:
        csv.writer(handle, lineterminator="\n").writerows([fields, *rows])


def settings_of(exported: Exported, stream: str) -> dict:
    """Return the settings of a stream's stage as plain values."""
    return json.loads(exported.streams[stream].settings or "{}")
