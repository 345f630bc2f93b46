"""Stream audio: the sound of an utterance, one vector each."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from conclugen.features.backbone import Backbone, chosen
from conclugen.features.common import SETTINGS, Clock, Collector, arguments, check_dtype, embed
from conclugen.features.retried import joined
from conclugen.features.settings import Audio
from conclugen.features.waves import read_wave
from conclugen.media.items import MediaItem, read_media_list
from conclugen.media.worker import DecodePool
from conclugen.store import devices, retries
from conclugen.store.ledger import Status
from conclugen.store.settings import dump, parse

STREAM = "audio"
CPU_SECONDS = 48.0  # of sound in one pass on a CPU; with 120 each took a tenth longer
PIECE_S = 120.0  # sound that is longer goes in pieces: one pass over two hours took 11.7 GB
HEARD = 1e-3  # loudest sample of a piece that counts; of silence alone some networks make no vector


def batches(waves: Iterable[tuple[int, np.ndarray]], budget: int) -> Iterator[tuple[tuple[int, ...], list[np.ndarray]]]:
    """Group (row, samples (T,)) into batches of at most `budget` samples when padded (one wave may exceed it)."""
    rows: list[int] = []
    held: list[np.ndarray] = []
    longest = 0
    for row, wave in waves:
        longest = max(longest, len(wave))
        if held and longest * (len(held) + 1) > budget:
            yield tuple(rows), held
            rows, held, longest = [], [], len(wave)
        rows.append(row)
        held.append(wave)
    if held:
        yield tuple(rows), held


def pieces(waves: Iterable[tuple[int, np.ndarray]], longest: int) -> Iterator[tuple[int, np.ndarray]]:
    """Cut what exceeds `longest` samples of (row, samples (T,)) into equal pieces, whose vectors are averaged.

    Silent pieces are left out, unless all are.
    """
    for row, wave in waves:
        parts = np.array_split(wave, math.ceil(len(wave) / longest))
        for part in [part for part in parts if np.abs(part).max() >= HEARD] or parts:
            yield row, part


def decode(
    items: Sequence[MediaItem], root: Path, settings: Audio, rate: int, pool: DecodePool, collector: Collector
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (row, samples (T,)) of each utterance that has sound; the others are recorded as lost."""
    read = functools.partial(read_wave, root=root, rate=rate, max_seconds=settings.max_seconds)
    for row, (_, outcome) in enumerate(pool.imap(read, items)):
        collector.spend(row, outcome.seconds)
        if outcome.status is Status.OK:
            collector.note(row, outcome.value.note)
            yield row, outcome.value.samples
        else:
            collector.lose(row, outcome.status, outcome.reason)


def extract(
    items: Sequence[MediaItem], root: Path, settings: Audio, backbone: Backbone, module: torch.nn.Module
) -> Collector:
    """Return the features of every utterance of a media list."""
    where = devices.device()
    collector, clock = Collector(STREAM, [item.utterance_id for item in items], backbone.width(module)), Clock()
    seconds = min(settings.batch_seconds, CPU_SECONDS) if where.type == "cpu" else settings.batch_seconds
    budget = int(seconds * backbone.rate)
    with DecodePool(1, settings.timeout_s) as pool:
        waves = decode(items, root, settings, backbone.rate, pool, collector)
        for rows, batch in batches(pieces(waves, round(PIECE_S * backbone.rate)), budget):
            clock.lap()
            tensors = [torch.from_numpy(wave).to(where) for wave in batch]
            # Spectra span more orders of magnitude than bfloat16 resolves, and these networks are small.
            vectors = embed(module, tensors, where, half=False)
            collector.add([(row, 1) for row in rows], vectors, clock.lap())
    return collector


def main(argv: Sequence[str] | None = None) -> None:
    """Write the feature shard and ledger of one media list."""
    parser = arguments(__doc__)
    parser.add_argument("--media-list", required=True, type=Path, help="the shard's utterances and their files")
    parser.add_argument("--root", required=True, type=Path, help="the folder that the files lie below")
    retries.add_arguments(parser)
    args = parser.parse_args(argv)
    settings = parse(Audio, args.settings)
    check_dtype(settings.dtype)
    devices.set_threads(args.threads - 1)  # one is the decoding process
    backbone = chosen(settings)
    module, sha256 = backbone.load(devices.device())
    items = read_media_list(args.media_list)
    attempt = retries.attempt(args.retries, args.media_list, args.version)
    todo = [item for item in items if item.utterance_id not in attempt.kept]
    limit = dataclasses.replace(settings, timeout_s=attempt.timeout_s or settings.timeout_s)
    collector = joined([i.utterance_id for i in items], extract(todo, args.root, limit, backbone, module), attempt)
    collector.about |= {retries.VERSION: args.version, SETTINGS: dump(settings)}
    collector.write(args.output, args.ledger, backbone, sha256, settings.dtype)
    attempt.finish()


if __name__ == "__main__":
    main()
