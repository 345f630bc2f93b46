"""Stream keypoints: how landmarks of the face lie and move, one vector per utterance.

The five landmarks that the face detector put into the face shard cost nothing; there, only frames in which the face was
detected are used, for between them landmarks are interpolated. A landmark network looks at the crops themselves.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from conclugen.faces.shard import FaceShard
from conclugen.features import face_points
from conclugen.features.backbone import Backbone, chosen
from conclugen.features.common import SETTINGS, Clock, Collector, check_dtype, losses_before
from conclugen.features.faces import Clips
from conclugen.features.landmarks import FIVE_SHAPE, eyes_frame, summarise, summary_dim
from conclugen.features.settings import Keypoints
from conclugen.store import devices
from conclugen.store.ledger import Status
from conclugen.store.settings import dump, parse

STREAM = "keypoints"
EYES, NOSE, MOUTH = (0, 1), 2, (3, 4)


def five_shape(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Split landmarks (T, 5, 2), pixels, into the shape of the face (T, 8) and its pose in the picture (T, 4).

    Shape does not change when the face is moved, turned in the plane or scaled: nose and mouth corners in the eyes'
    frame (`landmarks.eyes_frame`), mouth width, distance from the nose to the mouth's middle.
    """
    rest, pose = eyes_frame(points[:, [NOSE, *MOUTH]], points[:, EYES[0]], points[:, EYES[1]])
    nose, corners = rest[:, 0], rest[:, 1:]
    width = np.hypot(*(corners[:, 1] - corners[:, 0]).T)
    drop = np.hypot(*(corners.mean(1) - nose).T)
    return np.concatenate([rest.reshape(len(points), 6), width[:, None], drop[:, None]], 1), pose


def extract(shard: FaceShard, lost: dict[str, tuple[Status, str]]) -> Collector:
    """Return the vector of every utterance of a face shard that has a face with landmarks, those of the detector."""
    collector, clock = Collector(STREAM, shard.ids, summary_dim(FIVE_SHAPE)), Clock()
    for row, name in enumerate(shard.ids):
        clock.lap()
        rows = int(shard.frames_offset[row]) + shard.choose(row)
        known = rows[shard.detected[rows] & np.isfinite(shard.landmarks[rows]).all((1, 2))]
        if not shard.present[row]:
            collector.lose(row, *lost.get(name, (Status.NO_FACE, "no face was found")))
        elif not len(known):
            collector.lose(row, Status.NO_FACE, face_points.NO_LANDMARKS)
        else:
            vector = summarise(shard.time_s[known], *five_shape(shard.landmarks[known].astype(np.float64)))
            collector.add([(row, 1)], torch.from_numpy(vector)[None], clock.lap())
    return collector


def main(argv: Sequence[str] | None = None) -> None:
    """Write the feature shard and ledger of one face shard."""
    args = face_points.parse_arguments(__doc__, argv)
    settings = parse(Keypoints, args.settings)
    check_dtype(settings.dtype)
    backbone, lost = chosen(settings), losses_before(args.faces_ledger)
    with FaceShard(args.faces) as shard:
        if not isinstance(backbone, Backbone):  # no network
            devices.set_threads(args.threads)
            collector = extract(shard, lost)
            sha256 = shard.attributes.get("detector_weights_sha256", "none")
        else:
            shard.verify()
            devices.set_threads(args.threads if shard.kept else args.threads - 1)  # one is the decoding process
            clips = Clips(shard, lost, args.media_list, args.root)
            module, sha256 = backbone.load(devices.device())
            how = settings.fps, settings.batch_frames, module, backbone.size, backbone.dim
            collector = face_points.extract(shard, clips, *how)
    collector.about[SETTINGS] = dump(settings)
    collector.write(args.output, args.ledger, backbone, sha256, settings.dtype)


if __name__ == "__main__":
    main()
