"""Face crops of a shard as the two visual streams read them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from conclugen.faces.shard import FaceShard
from conclugen.features.backbone import Backbone, choose
from conclugen.features.common import Clock, Collector, arguments, check_dtype, losses_before
from conclugen.store import devices
from conclugen.store.ledger import Status
from conclugen.store.settings import parse


def crops(
    shard: FaceShard, fps: float, collector: Collector, lost: dict[str, tuple[Status, str]]
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (row, frames (T, H, W, 3) uint8 RGB at `fps`, T >= 1) of each utterance that has a face.

    The others are recorded as lost, with the face stage's reason where `lost` has one.
    """
    clock = Clock()
    for row, name in enumerate(shard.ids):
        chosen = shard.choose(row, fps)
        if loss := _loss(shard, row, len(chosen), lost.get(name)):
            collector.lose(row, *loss)
            continue
        clock.lap()
        frames = shard.read(row, chosen)
        collector.spend(row, clock.lap())
        yield row, frames


def blocks(
    shard: FaceShard,
    fps: float,
    collector: Collector,
    lost: dict[str, tuple[Status, str]],
    items: Callable[[int], np.ndarray],
    size: int,
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the items of each utterance that has a face, at most `size` at a time, so that none is in memory whole.

    The others are recorded as lost, as by `crops`.

    Args:
        shard: the face shard.
        fps: frames per second that are looked at.
        collector: keeps account of losses and time.
        lost: what the face stage lost.
        items: of the number of frames T, which frames make up each item: (N,) or (N, window), increasing.
        size: items that are read at once.

    Yields (row, frames (B, H, W, 3) or (B, window, H, W, 3) uint8 RGB), B at most `size`, in order.
    """
    clock = Clock()
    for row, name in enumerate(shard.ids):
        chosen = shard.choose(row, fps)
        if loss := _loss(shard, row, len(chosen), lost.get(name)):
            collector.lose(row, *loss)
            continue
        index = items(len(chosen))
        for begin in range(0, len(index), size):
            clock.lap()
            needed, place = np.unique(index[begin : begin + size], return_inverse=True)
            block = shard.read(row, chosen[needed])[place.reshape(index[begin : begin + size].shape)]
            collector.spend(row, clock.lap())
            yield row, block


def _loss(shard: FaceShard, row: int, frames: int, before: tuple[Status, str] | None) -> tuple[Status, str] | None:
    """Why an utterance gives no vector; None where it does."""
    if not shard.present[row]:
        return before or (Status.NO_FACE, "no face was found")
    return None if frames else (Status.NO_FRAMES, "the face shard holds no frame of it")


def run(
    argv: Sequence[str] | None,
    description: str,
    kind: type,
    backbones: Mapping[str, Callable[..., Backbone]],
    extract: Callable[..., Collector],
    describe: Callable[[Backbone, Any], Backbone] = lambda backbone, settings: backbone,
) -> None:
    """Write the feature shard and ledger of one face shard: the command line of every visual stream.

    Args:
        argv, description: of the command line.
        kind: dataclass of the stream's settings.
        backbones: constructors, by the name in the settings.
        extract: the stream's own part, (shard, lost, settings, module, dim) to a collector.
        describe: what the shard says of its backbone, where that differs from the backbone alone.
    """
    parser = arguments(description)
    parser.add_argument("--faces", required=True, type=Path, help="the face shard")
    parser.add_argument("--faces-ledger", type=Path, help="its ledger, for the reasons of losses")
    args = parser.parse_args(argv)
    settings = parse(kind, args.settings)
    check_dtype(settings.dtype)
    devices.set_threads(args.threads)
    backbone = choose(backbones, settings.backbone, settings.weights)
    module, sha256 = backbone.load(devices.device())
    with FaceShard(args.faces) as shard:
        collector = extract(shard, losses_before(args.faces_ledger), settings, module, backbone.dim)
    collector.write(args.output, args.ledger, describe(backbone, settings), sha256, settings.dtype)
