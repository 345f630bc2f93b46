"""Face crops of a shard as the visual streams read them."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from conclugen.faces.recut import recut, wanted
from conclugen.faces.settings import FaceSettings
from conclugen.faces.shard import FaceShard
from conclugen.features.backbone import Backbone, chosen
from conclugen.features.common import SETTINGS, Clock, Collector, arguments, check_dtype, losses_before
from conclugen.media.items import read_media_list
from conclugen.media.worker import DecodePool, Outcome
from conclugen.store import devices
from conclugen.store.ledger import Status
from conclugen.store.settings import dump, parse


class Clips:
    """The face crops of every utterance of a shard: out of the shard or, where it keeps none, cut from the videos.

    Args:
        shard: opened for reading.
        lost: status and reason of the utterances that the face stage lost.
        media_list, root: where the videos are; needed where the shard keeps no crops.

    Raises ValueError where they are needed and missing, or name other utterances than the shard.
    """

    def __init__(
        self,
        shard: FaceShard,
        lost: Mapping[str, tuple[Status, str]],
        media_list: Path | None = None,
        root: Path | None = None,
    ) -> None:
        self.ids, self._shard, self._lost, self._root = shard.ids, shard, lost, root
        # One thread decodes a seventh of what a network on a GPU takes; on a CPU the two share the cores.
        decoders = devices.spare_threads()
        self._each = concurrent.futures.ThreadPoolExecutor(decoders).map if decoders > 1 else map
        if shard.kept:
            return
        if media_list is None or root is None:
            raise ValueError(f"{shard.path} keeps no crops: --media-list and --root are needed to cut them")
        self._items = read_media_list(media_list)
        self._settings = parse(FaceSettings, shard.attributes["settings"])
        if [item.utterance_id for item in self._items] != self.ids.tolist():
            raise ValueError(f"{media_list} and {shard.path} name different utterances; plan the data set anew")

    def whole(self, fps: float, collector: Collector) -> Iterator[tuple[int, np.ndarray]]:
        """Yield (row, frames (T, H, W, 3) uint8 RGB at `fps`, T >= 1) of each utterance that has a face.

        The others are recorded as lost, with the face stage's reason where there is one.
        """
        rows = self._present(fps, collector)
        if not self._shard.kept:
            yield from self._recut(rows, fps, collector)
            return
        clock = Clock()
        for row in rows:
            clock.lap()
            frames = self._shard.read(row, self._shard.choose(row, fps), self._each)
            collector.spend(row, clock.lap())
            yield row, frames

    def blocks(
        self, fps: float, collector: Collector, items: Callable[[int], np.ndarray], size: int
    ) -> Iterator[tuple[int, np.ndarray]]:
        """Yield the items of each utterance that has a face, at most `size` at a time.

        No utterance is in memory whole, unless it is cut from its video. The others are recorded as lost.

        Args:
            fps: frames per second that are looked at.
            collector: keeps account of losses and time.
            items: of the number of frames T, which frames make up each item: (N,) or (N, window), increasing.
            size: items that are read at once.

        Yields (row, frames (B, H, W, 3) or (B, window, H, W, 3) uint8 RGB), B at most `size`, in order.
        """
        rows = self._present(fps, collector)
        if not self._shard.kept:
            for row, frames in self._recut(rows, fps, collector):
                index = items(len(frames))
                yield from ((row, frames[index[begin : begin + size]]) for begin in range(0, len(index), size))
            return
        clock = Clock()
        for row in rows:
            chosen = self._shard.choose(row, fps)
            index = items(len(chosen))
            for begin in range(0, len(index), size):
                clock.lap()
                needed, place = np.unique(index[begin : begin + size], return_inverse=True)
                block = self._shard.read(row, chosen[needed], self._each)[
                    place.reshape(index[begin : begin + size].shape)
                ]
                collector.spend(row, clock.lap())
                yield row, block

    def _present(self, fps: float, collector: Collector) -> list[int]:
        """Rows that have a face at `fps`; the others are recorded as lost."""
        present = []
        for row, name in enumerate(self.ids):
            if not self._shard.present[row]:
                collector.lose(row, *self._lost.get(name, (Status.NO_FACE, "no face was found")))
            elif not len(self._shard.choose(row, fps)):
                collector.lose(row, Status.NO_FRAMES, "the face shard holds no frame of it")
            else:
                present.append(row)
        return present

    def _recut(self, rows: Sequence[int], fps: float, collector: Collector) -> Iterator[tuple[int, np.ndarray]]:
        tasks = [wanted(self._shard, row, fps, self._items[row], self._settings.margin) for row in rows]
        work = functools.partial(recut, root=str(self._root), settings=self._settings)
        with DecodePool(1, self._settings.timeout_s) as pool:
            outcome: Outcome[np.ndarray]
            for row, (_, outcome) in zip(rows, pool.imap(work, tasks), strict=True):
                collector.spend(row, outcome.seconds)
                if outcome.value is None:
                    collector.lose(row, outcome.status, outcome.reason)
                else:
                    yield row, outcome.value


def run(
    argv: Sequence[str] | None,
    description: str,
    kind: type,
    extract: Callable[..., Collector],
    describe: Callable[[Backbone, Any], Backbone] = lambda backbone, settings: backbone,
) -> None:
    """Write the feature shard and ledger of one face shard: the command line of every visual stream.

    Args:
        argv, description: of the command line.
        kind: dataclass of the stream's settings.
        extract: the stream's own part, (clips, settings, module, dim) to a collector.
        describe: what the shard says of its backbone, where that differs from the backbone alone.
    """
    args = _parser(description).parse_args(argv)
    settings = parse(kind, args.settings)
    check_dtype(settings.dtype)
    backbone = chosen(settings)
    if settings.size is None:
        settings = dataclasses.replace(settings, size=backbone.size)
    with FaceShard(args.faces) as shard:
        shard.verify()
        devices.set_threads(args.threads if shard.kept else args.threads - 1)  # one is the decoding process
        clips = Clips(shard, losses_before(args.faces_ledger), args.media_list, args.root)
        module, sha256 = backbone.load(devices.device())
        collector = extract(clips, settings, module, backbone.width(module))
    collector.about[SETTINGS] = dump(settings)
    collector.write(args.output, args.ledger, describe(backbone, settings), sha256, settings.dtype)


def _parser(description: str) -> Any:
    parser = arguments(description)
    parser.add_argument("--faces", required=True, type=Path, help="the face shard")
    parser.add_argument("--faces-ledger", type=Path, help="its ledger, for the reasons of losses")
    parser.add_argument("--media-list", type=Path, help="its utterances' files, where it keeps no crops")
    parser.add_argument("--root", type=Path, help="the folder that the files lie below")
    return parser
