"""Augmented copies of each clip as a visual stream sees them, side by side: what the streams `*_views` share."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import torch

from conclugen.features.augment import augment, draw
from conclugen.features.backbone import Backbone
from conclugen.features.common import Clock, Collector, ahead
from conclugen.features.faces import Clips
from conclugen.features.settings import Views
from conclugen.store import devices

Items = Callable[[Any], Callable[[int], np.ndarray]]
Pool = Callable[[Iterable[tuple[int, np.ndarray]], Any, torch.nn.Module, Collector], None]


def extract(
    stream: str, items: Items, pool: Pool, clips: Clips, settings: Any, module: torch.nn.Module, dim: int
) -> Collector:
    """Return the pooled features (N, K * dim) of every utterance of a face shard; each clip is decoded once.

    What is drawn for a copy depends on the utterance and the copy alone, so all streams see the same K copies.

    Args:
        stream: its name.
        items: of the settings and of T, which frames make up each item of a clip.
        pool: adds (row, items) of many clips to a collector, as the plain stream does.
        clips: of the shard.
        settings: those of the plain stream (`fps`, `size`) and `views`.
        module, dim: the backbone.
    """
    count = settings.views.copies
    collector = Collector(stream, clips.ids, count * dim)
    each = Collector(stream, np.repeat(clips.ids, count).tolist(), dim)
    augmented = copies(ahead(clips.whole(settings.fps, collector), 1), settings.views, settings.size, each)
    index = items(settings)
    pool(((row, frames[index(len(frames))]) for row, frames in augmented), settings, module, each)
    fold(each, collector, count)
    return collector


def copies(
    clips: Iterable[tuple[int, np.ndarray]], views: Views, size: int, collector: Collector
) -> Iterator[tuple[int, np.ndarray]]:
    """Turn (row, frames (T, H, W, 3)) into K times (row * K + k, augmented frames (T, size, size, 3)), all bytes.

    The collector names the utterances by these K-fold rows and keeps account of the time.
    """
    where, clock = devices.device(), Clock()
    for row, frames in clips:
        clip = torch.from_numpy(frames).to(where)
        for copy in range(views.copies):
            clock.lap()
            target = row * views.copies + copy
            augmented = augment(clip, draw(views, collector.ids[target], copy), size).cpu().numpy()
            collector.spend(target, clock.lap())
            yield target, augmented


def fold(each: Collector, collector: Collector, count: int) -> None:
    """Put the means of the copies (N * K, D) side by side, (N, K * D), as each utterance's one vector."""
    means = each.sums / np.maximum(each.counts, 1)[:, None]
    collector.sums += means.reshape(collector.sums.shape)
    collector.counts += each.counts.reshape(-1, count).all(1)
    collector.seconds += each.seconds.reshape(-1, count).sum(1)


def describe(backbone: Backbone, settings: Any) -> Backbone:
    """The backbone with what was done to its input."""
    done = f"{settings.views.copies} augmented copies side by side, each: {backbone.preprocessing}"
    return dataclasses.replace(backbone, preprocessing=done)
