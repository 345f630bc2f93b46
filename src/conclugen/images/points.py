"""The 68 landmarks of each kept frame of a face shard, 25/6 a second, with their times: a points shard and its ledger.

Entry module. `face68` measures them in the crops, frames of several utterances at once. Without that network they are
those of a registered face, fitted to the five that the detector gave: their place, roll and size are right, and what
brows and lips do is not in them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np
import torch

from conclugen.faces.boxes import squares
from conclugen.faces.settings import FaceSettings
from conclugen.faces.shard import FaceShard
from conclugen.features import face_points
from conclugen.features.backbone import WeightFile, chosen
from conclugen.features.common import Collector, losses_before
from conclugen.features.faces import Clips
from conclugen.images import points_shard, regions
from conclugen.images.points_shard import Points
from conclugen.images.proposals.face_swap import similarity
from conclugen.images.proposals.time_aug import RATE
from conclugen.store import devices
from conclugen.store.ledger import LedgerRow, Status, write_ledger
from conclugen.store.provenance import versions
from conclugen.store.settings import parse

STAGE, DETECTOR = "points", "mtcnn"


@dataclasses.dataclass(frozen=True)
class PointsSettings:
    """Keys of `conclugen.config.stage_one.Keypoints`: `backbone` is `face68`, or `mtcnn` for the detector's five."""

    backbone: str
    weights: WeightFile | None
    batch_frames: int


def five_of(points: torch.Tensor) -> torch.Tensor:
    """Return (B, 5, 2) of landmarks (B, 68, 2): the middles of the eyes, the tip of the nose, corners of the mouth."""
    eyes = [points[:, part].mean(1) for part in (regions.LEFT_EYE, regions.RIGHT_EYE)]
    return torch.stack([*eyes, points[:, 30], points[:, 48], points[:, 54]], 1)


def fitted(five: torch.Tensor) -> torch.Tensor:
    """Return landmarks (B, 68, 2) of a registered face as the similarity carries it that fits its five to (B, 5, 2)."""
    face = regions.registered().expand(len(five), -1, -1)
    a, b = similarity(five_of(face), five)
    return torch.view_as_real(torch.view_as_complex(face.contiguous()) * a[:, None] + b[:, None])


def by_detector(shard: FaceShard, margin: float) -> Iterator[tuple[int, Points]]:
    """Yield (row, landmarks) of each utterance with a face, fitted to the five of the face shard."""
    for row in np.flatnonzero(shard.present).tolist():
        frame = shard.choose(row, RATE)
        rows = int(shard.frames_offset[row]) + frame
        square, five = squares(shard.box[rows].astype(np.float64), margin), shard.landmarks[rows].astype(np.float64)
        seen = np.isfinite(five).all((1, 2))
        inside = (five[seen] - square[seen, None, :2]) / (square[seen, None, 2:] - square[seen, None, :2])
        landmarks = _unseen(len(frame), margin)
        if seen.any():
            landmarks[seen] = fitted(torch.from_numpy(inside).float()).numpy()
        yield row, Points(frame, shard.time_s[rows], landmarks, seen)


def by_network(
    shard: FaceShard, clips: Clips, settings: PointsSettings, collector: Collector, margin: float
) -> Iterator[tuple[int, Points]]:
    """Yield (row, landmarks) of each utterance with a face, measured in its crops."""
    backbone = chosen(settings)
    module, collector.about["weights_sha256"] = backbone.load(devices.device())
    how = RATE, settings.batch_frames, module, backbone.size
    for row, track in face_points.tracks(shard, clips, collector, *how):
        seen, landmarks = np.isfinite(track.roll), np.concatenate(track.found)
        side = track.square[:, None, 2:] - track.square[:, None, :2]
        landmarks = np.where(
            seen[:, None, None], (landmarks - track.square[:, None, :2]) / side, _unseen(len(seen), margin)
        )
        yield row, Points(shard.choose(row, RATE), track.time_s, landmarks, seen)


def _unseen(count: int, margin: float) -> np.ndarray:
    """Where landmarks of `count` faces lie that nobody saw: as in a registered face, in the detector's square."""
    face = regions.registered().numpy().astype(np.float64)
    return np.repeat((0.5 + (face - 0.5) / (1 + margin))[None], count, 0)


def main(argv: Sequence[str] | None = None) -> None:
    """Write the points shard and ledger of one face shard."""
    args = face_points.parse_arguments(__doc__, argv)
    settings, lost = parse(PointsSettings, args.settings), losses_before(args.faces_ledger)
    with FaceShard(args.faces) as shard:
        margin = parse(FaceSettings, shard.attributes["settings"]).margin
        collector = Collector(STAGE, shard.ids, 1)
        if settings.backbone == DETECTOR:
            devices.set_threads(args.threads)
            by_row = dict(by_detector(shard, margin))
        else:
            shard.verify()
            devices.set_threads(args.threads if shard.kept else args.threads - 1)  # one is the decoding process
            clips = Clips(shard, lost, args.media_list, args.root)
            by_row = dict(by_network(shard, clips, settings, collector, margin))
        points = [by_row.get(row, Points.empty()) for row in range(len(shard))]
        about = {points_shard.FACES: shard.attributes["sha256"], "landmarks": settings.backbone, "versions": versions()}
        points_shard.write(args.output, shard.ids.tolist(), points, about | collector.about)
        write_ledger(args.ledger, _ledger(shard, points, collector, lost))


def _ledger(
    shard: FaceShard, points: Sequence[Points], collector: Collector, lost: dict[str, tuple[Status, str]]
) -> list[LedgerRow]:
    rows = []
    for row, name in enumerate(shard.ids.tolist()):
        status, reason = Status.OK, ""
        if not len(points[row].frame):
            status, reason = collector.losses.get(row, lost.get(name, (Status.NO_FACE, "no face was found")))
        elif not points[row].seen.all():
            reason = f"no landmarks in {int((~points[row].seen).sum())} of {len(points[row].seen)} frames"
        rows.append(LedgerRow(name, STAGE, status, reason, float(collector.seconds[row])))
    return rows


if __name__ == "__main__":
    main()
