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
        if not shard.present[row]:
            collector.lose(row, *lost.get(name, (Status.NO_FACE, "no face was found")))
            continue
        clock.lap()
        _, frames = shard.frames(row, fps)
        collector.spend(row, clock.lap())
        if len(frames) == 0:
            collector.lose(row, Status.NO_FRAMES, "the face shard holds no frame of it")
            continue
        yield row, frames


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
