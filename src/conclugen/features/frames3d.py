"""Stream frames3d: windows of moving face, one vector per utterance (the mean over windows)."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import torch

from conclugen.features import faces
from conclugen.features.common import Clock, Collector, ahead, embed, packs
from conclugen.features.pixels import unit_images
from conclugen.features.settings import Frames3d
from conclugen.store import devices

STREAM = "frames3d"


def window_indices(frames: int, window: int, stride: int) -> np.ndarray:
    """Return the frames of each window (W, window), for a clip of at least one frame.

    Windows start every `stride` frames. A rest of at least half a window makes one more; it and the only window of a
    shorter clip repeat the last frame, so that no part of a clip is stretched in time. A smaller rest is left out.
    """
    starts = list(range(0, max(frames - window, 0) + 1, stride))
    rest = max(starts[-1] + window, starts[-1] + stride)
    if frames - rest >= window / 2:
        starts.append(rest)
    return np.minimum(np.asarray(starts)[:, None] + np.arange(window), frames - 1)


def items(settings: Frames3d) -> Callable[[int], np.ndarray]:
    """Return the function that tells, for a clip of T frames, which frames make up its windows (W, window)."""
    return functools.partial(window_indices, window=settings.window, stride=settings.stride)


def unit_clips(clips: torch.Tensor, size: int) -> torch.Tensor:
    """Turn RGB bytes (N, T, H, W, 3) into float clips (N, 3, T, size, size) in [0, 1]."""
    images = unit_images(clips.flatten(0, 1), size)
    return images.unflatten(0, clips.shape[:2]).transpose(1, 2)


def pool(
    blocks: Iterable[tuple[int, np.ndarray]], settings: Frames3d, module: torch.nn.Module, collector: Collector
) -> None:
    """Add the features of every (row, windows (B, window, H, W, 3)) to a collector."""
    where, clock = devices.device(), Clock()
    for pack in packs(blocks, budget(settings)):
        clock.lap()
        batch = unit_clips(torch.from_numpy(pack.data).to(where), settings.size)
        collector.add(pack.parts, embed(module, batch, where), clock.lap())


def budget(settings: Frames3d) -> int:
    """Windows in a forward pass."""
    return max(1, settings.batch_frames // settings.window)


def extract(clips: faces.Clips, settings: Frames3d, module: torch.nn.Module, dim: int) -> Collector:
    """Return the pooled features of every utterance of a face shard."""
    collector = Collector(STREAM, clips.ids, dim)
    blocks = clips.blocks(settings.fps, collector, items(settings), budget(settings))
    pool(ahead(blocks), settings, module, collector)
    return collector


def main(argv: Sequence[str] | None = None) -> None:
    """Write the feature shard and ledger of one face shard."""
    faces.run(argv, __doc__, Frames3d, extract)


if __name__ == "__main__":
    main()
