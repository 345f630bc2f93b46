"""What the streams share: batches over utterances, pooling, losses, and the shard they end in."""

from __future__ import annotations

import argparse
import collections
import concurrent.futures
import dataclasses
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
import torch

from conclugen.store import devices
from conclugen.store.ledger import LedgerRow, Status, read_ledger, write_ledger
from conclugen.store.provenance import versions
from conclugen.store.shards import write_shard

Item = TypeVar("Item")
END: Any = object()
SETTINGS = "settings"  # of the stage, as an attribute of its shards
DTYPES = {"float16": np.float16, "float32": np.float32}
CPU_PIXELS = 4 * 3 * 224 * 224  # with 64 images at once MobileNetV2 took 3.4 times as long for each as with 4


@dataclasses.dataclass(frozen=True)
class Pack:
    """Items of several utterances, joined: data (B, ...) and, in order, (row of the utterance, how many items)."""

    data: np.ndarray
    parts: tuple[tuple[int, int], ...]


def packs(items: Iterable[tuple[int, np.ndarray]], budget: int) -> Iterator[Pack]:
    """Join the items (n, ...) of utterances into packs of at most `budget`, cutting long utterances.

    Memory is bounded by the budget and one utterance. Items of another shape start a new pack.
    """
    held: list[np.ndarray] = []
    parts: list[tuple[int, int]] = []
    room = budget
    for row, array in items:
        while len(array):
            if held and (room == 0 or held[0].shape[1:] != array.shape[1:]):
                yield Pack(np.concatenate(held), tuple(parts))
                held, parts, room = [], [], budget
            piece, array = array[:room], array[room:]
            held.append(piece)
            parts.append((row, len(piece)))
            room -= len(piece)
    if held:
        yield Pack(np.concatenate(held), tuple(parts))


def ahead(items: Iterable[Item], count: int = 2) -> Iterator[Item]:
    """Yield `items` while a thread of its own works out up to `count` more: files are read while a network computes.

    An exception of `items` is raised where its item would have come. Left early, the thread ends with its item.
    """
    source = iter(items)
    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        waiting = collections.deque(thread.submit(next, source, END) for _ in range(count + 1))
        try:
            while (item := waiting.popleft().result()) is not END:
                waiting.append(thread.submit(next, source, END))
                yield item
        finally:
            thread.shutdown(cancel_futures=True)


class Described(Protocol):
    """What made the vectors."""

    def attributes(self, sha256: str) -> dict[str, str]:
        """Return what a shard records of it."""


class Collector:
    """Pools vectors per utterance and keeps account of what is lost; ends in a shard and its ledger."""

    def __init__(self, stream: str, ids: Sequence[str], dim: int) -> None:
        self.stream, self.ids = stream, tuple(ids)
        self.sums = np.zeros((len(self.ids), dim), np.float64)
        self.counts = np.zeros(len(self.ids), np.int64)
        self.seconds = np.zeros(len(self.ids))
        self.tries = np.ones(len(self.ids), np.int64)
        self.losses: dict[int, tuple[Status, str]] = {}
        self.notes: dict[int, str] = {}
        self.about: dict[str, str] = {}  # what else the shard is to say of itself

    def lose(self, row: int, status: Status, reason: str) -> None:
        """Record why an utterance has no vector."""
        self.losses[row] = (status, reason)

    def note(self, row: int, reason: str) -> None:
        """Record what the ledger is to say of an utterance that has a vector; an empty reason is nothing."""
        if reason:
            self.notes[row] = reason

    def spend(self, row: int, seconds: float) -> None:
        """Add wall time spent on one utterance."""
        self.seconds[row] += seconds

    def add(self, parts: Sequence[tuple[int, int]], vectors: torch.Tensor, seconds: float) -> None:
        """Add the vectors (B, D) of a pack, whose time is shared out evenly. Sums are formed on the device."""
        sizes = [size for _, size in parts]
        sums = torch.stack([piece.float().sum(0) for piece in vectors.split(sizes)]).cpu().numpy()
        for (row, size), total in zip(parts, sums, strict=True):
            self.sums[row] += total
            self.counts[row] += size
            self.seconds[row] += seconds * size / sum(sizes)

    def means(self, dtype: str) -> tuple[np.ndarray, np.ndarray]:
        """Return features (N, D) and present (N,); what is not finite in `dtype` is recorded as lost."""
        with np.errstate(over="ignore"):
            features = (self.sums / np.maximum(self.counts, 1)[:, None]).astype(DTYPES[dtype])
        present = self.counts > 0
        for row in np.flatnonzero(present & ~np.isfinite(features).all(1)):
            self.lose(int(row), Status.NON_FINITE, f"the features are not finite in {dtype}")
        present[list(self.losses)] = False
        return features, present

    def write(self, output: str | Path, ledger: str | Path, backbone: Described, sha256: str, dtype: str) -> None:
        """Write the shard and its ledger. Raises RuntimeError for an utterance neither pooled nor lost."""
        features, present = self.means(dtype)
        rows = []
        for row, name in enumerate(self.ids):
            status, reason = self.losses.get(row, (Status.OK, self.notes.get(row, "")))
            if status is Status.OK and not present[row]:
                raise RuntimeError(f"{self.stream}: {name} has neither a vector nor a loss")
            rows.append(LedgerRow(name, self.stream, status, reason, float(self.seconds[row]), int(self.tries[row])))
        attributes = {**backbone.attributes(sha256), "stream": self.stream, "versions": versions(), **self.about}
        write_shard(output, self.ids, features, present, attributes)
        write_ledger(ledger, rows)


def embed(module: torch.nn.Module, batch: Any, where: torch.device, half: bool = True) -> torch.Tensor:
    """Run a frozen module on a batch without gradients: (N, D) float32.

    On a GPU the network computes in bfloat16 unless `half` is False. On a CPU images go a few at a time.
    """
    low, parts = devices.compute_dtype(where), (batch,)
    if where.type == "cpu" and isinstance(batch, torch.Tensor) and batch.dim() == 4:
        parts = batch.split(max(1, CPU_PIXELS // batch.shape[1:].numel()))
    with torch.inference_mode(), torch.autocast(where.type, low, enabled=half and low is not torch.float32):
        return torch.cat([module(part).float() for part in parts])


def losses_before(ledger: Path | None) -> dict[str, tuple[Status, str]]:
    """Return the status and reason of each utterance that an earlier stage lost; nothing without its ledger."""
    if ledger is None:
        return {}
    return {row.utterance_id: (row.status, row.reason) for row in read_ledger(ledger) if row.status is not Status.OK}


def check_dtype(dtype: str) -> None:
    """Raise ValueError for a dtype that shards do not hold."""
    if dtype not in DTYPES:
        raise ValueError(f"dtype is {dtype!r}; allowed are {', '.join(DTYPES)}")


def arguments(description: str) -> argparse.ArgumentParser:
    """Return a parser with the flags that every stream has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--settings", required=True, help="JSON object with every setting of the stream")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--output", required=True, type=Path, help="the feature shard to write")
    parser.add_argument("--ledger", required=True, type=Path, help="its ledger to write")
    return parser


class Clock:
    """Wall time since the last lap, in seconds."""

    def __init__(self) -> None:
        self.since = time.monotonic()

    def lap(self) -> float:
        """Return the time since the last call (or the start) and begin anew."""
        now = time.monotonic()
        passed, self.since = now - self.since, now
        return passed
