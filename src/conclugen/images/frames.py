"""The kept frames of the clips of a data set of videos as an image data set: shard, manifest and ledger.

Entry module. A frame is an image with the split, the group and the label of its clip; images of one clip follow each
other in the order of their times, and have those and their landmarks beside them. One clip at a time is in memory.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import logging
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from conclugen.data.common import table
from conclugen.data.cross_validation import Fold
from conclugen.data.errors import LayoutError, ManifestError
from conclugen.data.manifest import Manifest, as_written, write_manifest
from conclugen.data.notes import Notes
from conclugen.faces.shard import FaceShard
from conclugen.features.common import Collector
from conclugen.features.faces import Clips
from conclugen.images import points_shard, shard
from conclugen.images.listing import square
from conclugen.images.points_shard import PointsShard
from conclugen.images.proposals.time_aug import RATE
from conclugen.images.sets import Frames
from conclugen.store.devices import set_threads
from conclugen.store.ledger import LedgerRow, Status, read_ledger, write_ledger
from conclugen.store.settings import parse

SIDE = 112  # pixels of the stored square where the settings leave it open
STAGE, NO_CLASS = "images", "its clip has no label"
log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Given(Frames):
    """What the stage is told.

    Attributes:
        size: pixels of the squares that pictures are stored as; None: `SIDE`.
        fold: the first, in whose turn frames are, of clips that are tested by folds; None of others.
    """

    OPTIONAL = ("fold",)

    size: int | None
    fold: Fold | None = None


@dataclasses.dataclass(frozen=True)
class Sources:
    """A face shard and a points shard of the same clips, and where crops come from that are not kept."""

    faces: Path
    points: Path
    media_list: Path | None
    root: Path | None

    @contextlib.contextmanager
    def opened(self) -> Iterator[tuple[FaceShard, PointsShard]]:
        """Yield both. Raises ShardError where they do not belong together."""
        with FaceShard(self.faces) as faces:
            yield faces, points_shard.read(self.points, faces)

    def pictures(self) -> Iterator[np.ndarray | None]:
        """Yield the crop (H, W, 3) of each kept frame, clip by clip; None where it could not be cut again."""
        with self.opened() as (faces, points):
            faces.verify()
            collector = Collector(STAGE, faces.ids, 1)
            rows = np.flatnonzero(faces.present).tolist()
            cut = Clips(faces, {}, self.media_list, self.root).whole(RATE, collector)
            for row, frames in cut:
                while rows[0] != row:
                    yield from [None] * len(points.of(rows.pop(0)).frame)
                rows.pop(0)
                yield from frames
            for row in rows:
                yield from [None] * len(points.of(row).frame)

    def landmarks(self) -> Iterator[np.ndarray]:
        """Yield the landmarks (68, 2) of each kept frame, clip by clip."""
        with self.opened() as (_, points):
            yield from points.frames.points


def frames_of(sources: Sequence[Sources]) -> pd.DataFrame:
    """Return a row per kept frame: `image_id`, `utterance_id`, the number of its `clip`, `time_s`."""
    ids, names, clips, times, count = [], [], [], [], 0
    for source in sources:
        with source.opened() as (faces, points):
            for row in np.flatnonzero(faces.present).tolist():
                name, seconds = str(faces.ids[row]), points.of(row).time_s
                ids += [f"{name}@{moment:.3f}" for moment in seconds]
                names += [name] * len(seconds)
                clips.append(np.full(len(seconds), count, np.int32))
                times.append(seconds)
                count += 1
    joined = {"clip": np.concatenate([np.zeros(0, np.int32), *clips]), "time_s": np.concatenate([np.zeros(0), *times])}
    return pd.DataFrame({"image_id": ids, "utterance_id": names, **joined})


def manifest_of(dataset: str, video: Manifest, frames: pd.DataFrame, labelled: bool) -> Manifest:
    """Return the manifest of frames. Raises LayoutError where clips should have one of several classes, and do not."""
    if labelled and video.task != "single":
        raise LayoutError(
            f"the labels of {video.dataset} are {video.task}, not one class a clip; "
            f"set images.datasets.{dataset}.labelled to false, and it is a corpus without a table"
        )
    rows = video.table.set_index("utterance_id").loc[frames["utterance_id"]]
    group = rows["group"].where(rows["group"].notna() & (rows["group"] != ""), frames["utterance_id"].to_numpy())
    columns = {"utterance_id": frames["image_id"].tolist(), "split": rows["split"].tolist(), "group": group.tolist()}
    more = {"label": rows["label"].tolist()} if labelled else {}
    classes, task = (video.classes, "single") if labelled else ((), "none")
    return Manifest(table(columns, more), dataset, "clips", task, tuple(classes), Notes(dataset))


def ledger_of(paths: Sequence[Path], video: Manifest, labelled: bool) -> list[LedgerRow]:
    """Return a row per clip: why it has no frames, by the ledgers of its landmarks, or that it has no label."""
    unknown = set(video.table["utterance_id"][video.table["label"].isna()]) if labelled else set()
    rows = [dataclasses.replace(row, stage=STAGE) for path in paths for row in read_ledger(path)]
    return sorted(
        (
            dataclasses.replace(row, status=Status.NO_LABEL, reason=NO_CLASS)
            if row.status is Status.OK and row.utterance_id in unknown
            else row
            for row in rows
        ),
        key=lambda row: row.utterance_id,
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Write shard, manifest and ledger."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True, help="its name in the configuration")
    parser.add_argument("--video-manifest", type=Path, required=True, help="of the clips")
    parser.add_argument("--faces", type=Path, nargs="+", required=True, help="face shards")
    parser.add_argument("--points", type=Path, nargs="+", required=True, help="points shards of the same clips")
    parser.add_argument("--points-ledgers", type=Path, nargs="+", required=True)
    parser.add_argument("--media-lists", type=Path, nargs="*", default=[], help="where face shards keep no crops")
    parser.add_argument("--root", type=Path, help="the folder that the files of the lists lie below")
    parser.add_argument("--settings", required=True, help="JSON: size, grey, labelled")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True, help="image shard")
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--ledger", type=Path, required=True)
    args = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    set_threads(args.threads)
    try:
        prepare(args)
    except ManifestError as error:
        raise SystemExit(f"{args.dataset}: {error}") from error


def prepare(args: Any) -> None:
    """Make the image data set that the command line names. Raises ManifestError where it cannot be used."""
    settings, lists = parse(Given, args.settings), args.media_lists or [None] * len(args.faces)
    sources = [Sources(*paths, args.root) for paths in zip(args.faces, args.points, lists, strict=True)]
    # Labels of the test split are handed on, as an adapter does; no one looks at them here.
    video, frames = as_written(args.video_manifest, settings.fold), frames_of(sources)
    if frames.empty:
        raise LayoutError(f"no clip of {video.dataset} has a face")
    manifest, size = manifest_of(args.dataset, video, frames, settings.labelled), settings.size or SIDE
    channels = 1 if settings.grey else 3
    clips = shard.Clips(
        frames["clip"].to_numpy(), frames["time_s"].to_numpy(), (p for source in sources for p in source.landmarks())
    )
    cut = (picture for source in sources for picture in source.pictures())
    squares = (None if picture is None else square(picture, size, channels) for picture in cut)
    attributes = {"dataset": args.dataset, "adapter": "clips"}
    ids = frames["image_id"].tolist()
    present = shard.write(args.output, ids, squares, size, channels, attributes, clips)
    write_manifest(args.manifest, manifest)
    write_ledger(args.ledger, ledger_of(args.points_ledgers, video, settings.labelled))
    counts = manifest.table["split"].value_counts().to_dict()
    log.info(
        "%s: %d frames of %d clips, %d lost, %s",
        args.dataset,
        len(ids),
        len(set(clips.clip.tolist())),
        int((~present).sum()),
        counts,
    )


if __name__ == "__main__":
    main()
