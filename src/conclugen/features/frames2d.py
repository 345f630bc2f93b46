"""Stream frames2d: still frames of the face, one vector per utterance (the mean over frames)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import torch

from conclugen.features import faces
from conclugen.features.common import Clock, Collector, ahead, embed, packs
from conclugen.features.pixels import unit_images
from conclugen.features.settings import Frames2d
from conclugen.store import devices

STREAM = "frames2d"


def pool(
    blocks: Iterable[tuple[int, np.ndarray]], settings: Frames2d, module: torch.nn.Module, collector: Collector
) -> None:
    """Add the features of every (row, frames (B, H, W, 3)) to a collector."""
    where, clock = devices.device(), Clock()
    for pack in packs(blocks, settings.batch_frames):
        clock.lap()
        images = unit_images(torch.from_numpy(pack.data).to(where), settings.size)
        collector.add(pack.parts, embed(module, images, where), clock.lap())


def extract(clips: faces.Clips, settings: Frames2d, module: torch.nn.Module, dim: int) -> Collector:
    """Return the pooled features of every utterance of a face shard."""
    collector = Collector(STREAM, clips.ids, dim)
    blocks = clips.blocks(settings.fps, collector, np.arange, settings.batch_frames)
    pool(ahead(blocks), settings, module, collector)
    return collector


def main(argv: Sequence[str] | None = None) -> None:
    """Write the feature shard and ledger of one face shard."""
    faces.run(argv, __doc__, Frames2d, extract)


if __name__ == "__main__":
    main()
