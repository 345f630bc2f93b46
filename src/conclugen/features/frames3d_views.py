"""Stream frames3d_views: frames3d of several augmented copies of each clip, side by side."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import torch

from conclugen.faces.shard import FaceShard
from conclugen.features import faces
from conclugen.features.augment import AugmentSettings, augment, draw
from conclugen.features.backbone import Backbone
from conclugen.features.common import Clock, Collector, embed, packs
from conclugen.features.frames3d import BACKBONES, Frames3dSettings, unit_clips, windows
from conclugen.store import devices

STREAM = "frames3d_views"


@dataclasses.dataclass(frozen=True)
class ViewsSettings(Frames3dSettings):
    """Settings of the stream: those of frames3d, and how copies are drawn."""

    views: AugmentSettings


def copies(
    clips: Iterable[tuple[int, np.ndarray]], settings: ViewsSettings, collector: Collector, where: torch.device
) -> Iterator[tuple[int, np.ndarray]]:
    """Turn (row, frames (T, H, W, 3)) into K times (row * K + k, augmented frames (T, size, size, 3)), all bytes.

    The collector names the utterances by these K-fold rows and keeps account of the time.
    """
    count, clock = settings.views.copies, Clock()
    for row, frames in clips:
        clip = torch.from_numpy(frames).to(where)
        for copy in range(count):
            clock.lap()
            target = row * count + copy
            augmented = augment(clip, draw(settings.views, collector.ids[target], copy), settings.size).cpu().numpy()
            collector.spend(target, clock.lap())
            yield target, augmented


def extract(shard: FaceShard, lost: dict, settings: ViewsSettings, module: torch.nn.Module, dim: int) -> Collector:
    """Return the pooled features (N, K * dim) of every utterance of a face shard; each clip is decoded once."""
    where, count = devices.device(), settings.views.copies
    collector, clock = Collector(STREAM, shard.ids, count * dim), Clock()
    each = Collector(STREAM, np.repeat(shard.ids, count).tolist(), dim)
    budget = max(1, settings.batch_frames // settings.window)
    augmented = copies(faces.crops(shard, settings.fps, collector, lost), settings, each, where)
    for pack in packs(windows(augmented, settings.window, settings.stride), budget):
        clock.lap()
        batch = unit_clips(torch.from_numpy(pack.data).to(where), settings.size)
        each.add(pack.parts, embed(module, batch, where), clock.lap())
    fold(each, collector, count)
    return collector


def fold(each: Collector, collector: Collector, count: int) -> None:
    """Put the means of the copies (N * K, D) side by side, (N, K * D), as each utterance's one vector."""
    means = each.sums / np.maximum(each.counts, 1)[:, None]
    collector.sums += means.reshape(collector.sums.shape)
    collector.counts += each.counts.reshape(-1, count).all(1)
    collector.seconds += each.seconds.reshape(-1, count).sum(1)


def describe(backbone: Backbone, settings: ViewsSettings) -> Backbone:
    """The backbone with what was done to its input."""
    done = f"{settings.views.copies} augmented copies side by side, each: {backbone.preprocessing}"
    return dataclasses.replace(backbone, preprocessing=done)


def main(argv: Sequence[str] | None = None) -> None:
    """Write the feature shard and ledger of one face shard."""
    faces.run(argv, __doc__, ViewsSettings, BACKBONES, extract, describe)


if __name__ == "__main__":
    main()
