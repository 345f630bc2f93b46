"""Features that others have extracted, brought into shards: one stream of one file, read once, a block at a time.

Entry module. Single entries that are not finite (COVAREP has some) become the mean of their column over the training
utterances, so that no test utterance reaches what is trained on; a row without any finite entry is absent.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import hashlib
import itertools
import logging
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from conclugen.data.array_blocks import matrix_blocks
from conclugen.data.arrays import ArrayError, read_array, strings
from conclugen.data.cross_validation import together
from conclugen.store.ledger import LedgerRow, Status, write_ledger
from conclugen.store.new_shards import NewShard, new_shard
from conclugen.store.provenance import versions
from conclugen.store.seals import SealError, check_recorded, check_seal
from conclugen.store.settings import parse

log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Settings:
    """Options.

    Attributes:
        file: `.npz`, `.h5` or `.csv`, relative to the root.
        ids: key of the ids (N,).
        array: key of this stream's features (N, D), or (N,) for a single number.
        without: keys of columns that a pattern in `array` does not take: of labels and what else is known of a row.
    """

    file: str
    ids: str
    array: str
    without: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Source:
    """The rows of the file (M,): the place of each in the shard, or -1, and whether gaps are filled from it."""

    places: np.ndarray
    learned: np.ndarray


class Means:
    """The mean of each column (D,) over the finite entries of the rows that were added; 0 where there is none."""

    def __init__(self, width: int) -> None:
        self._sums, self._counts = np.zeros(width), np.zeros(width, np.int64)

    def add(self, values: np.ndarray) -> None:
        """Take in rows (n, D)."""
        finite = np.isfinite(values)
        self._sums += np.where(finite, values, 0).sum(0, dtype=np.float64)
        self._counts += finite.sum(0)

    def result(self) -> np.ndarray:
        """Return the means (D,) float32."""
        return (self._sums / np.maximum(self._counts, 1)).astype(np.float32)


def fill(values: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Return values (n, D) with `means` (D,) for entries that are not finite; zeros for rows that have no other."""
    finite = np.isfinite(values)
    return np.where(finite, values, means) * finite.any(1)[:, None].astype(np.float32)


def learned_from(names: Sequence[str], splits: Mapping[str, str]) -> np.ndarray:
    """Return which of the rows called `names` gaps are filled from, (N,) bool, given each utterance's split.

    Those of the training split; where nothing is of that split, those of `none`, which only pretraining reads. Never
    valid or test, and no row that the data set leaves out. Of folds all, since every one is learned from in its turn.
    """
    split_of_row = np.array(together([splits.get(name, "") for name in names]))
    return split_of_row == ("train" if (split_of_row == "train").any() else "none")


def read_source(path: Path, key: str, ids: Sequence[str], splits: Mapping[str, str]) -> Source:
    """Read the ids of the file and find each among those of the shard. Raises ArrayError where they are not unique."""
    names = strings(read_array(path, key, text=True))
    if not names:
        raise ArrayError(f"{path}: {key!r} has no rows")
    if len(set(names)) != len(names):
        raise ArrayError(f"{path}: {key!r} is not unique")
    place = {name: row for row, name in enumerate(ids)}
    places = np.fromiter((place.get(name, -1) for name in names), int, len(names))
    return Source(places, learned_from(names, splits))


def run(
    stream: str,
    root: Path,
    settings: Settings,
    ids: Sequence[str],
    splits: Mapping[str, str],
    output: Path,
    ledger: Path,
) -> None:
    """Write the shard and the ledger of `ids`. Raises ArrayError where the arrays cannot be used."""
    started, path = time.perf_counter(), root / settings.file
    source = read_source(path, settings.ids, ids, splits)
    blocks = matrix_blocks(path, settings.array, settings.without)
    first = next(blocks, np.zeros((0, 1), np.float32))
    width = first.shape[1]
    with new_shard(output, ids, width) as shard:
        finite, means, digest = _bring(path, settings, itertools.chain([first], blocks), source, shard)
        if (finite[finite >= 0] < width).any():
            for rows, values in shard.blocks():
                shard.put(np.arange(rows.start, rows.stop), fill(values, means))
        attributes = {
            "stream": stream,
            "backbone": f"imported:{settings.array}",
            "weights_sha256": digest,
            "preprocessing": f"{settings.file} as given; entries that are not finite are means of training rows",
            "versions": versions(),
        }
        shard.finish(finite > 0, attributes)
    seconds = (time.perf_counter() - started) / max(len(ids), 1)
    write_ledger(ledger, (_row(n, stream, int(c), width, seconds) for n, c in zip(ids, finite, strict=True)))
    filled = int((width - finite[finite > 0]).sum())
    log.info("%s: %d of %d present, %d entries filled", stream, (finite > 0).sum(), len(ids), filled)


def _bring(
    path: Path, settings: Settings, blocks: Iterator[np.ndarray], source: Source, shard: NewShard
) -> tuple[np.ndarray, np.ndarray, str]:
    """Put every row in its place, gaps and all. Returns how many entries of each row of the shard are finite (N,), -1
    for a row that the file lacks; the means (D,) that fill gaps; and the sha256 of the array as float32."""
    finite, digest, done, means = np.full(shard.count, -1), hashlib.sha256(), 0, Means(shard.width)
    for block in blocks:
        places, learned = (kept[done : done + len(block)] for kept in (source.places, source.learned))
        done += len(block)
        if len(places) < len(block):
            continue  # more rows than ids: only counted, for the message
        digest.update(block.data)
        means.add(block if learned.all() else block[learned])
        known = places >= 0
        kept = block if known.all() else block[known]
        shard.put(places[known], kept)
        finite[places[known]] = np.isfinite(kept).sum(1)
    if done != len(source.places):
        raise ArrayError(f"{path}: {settings.array!r} has {done} rows, but there are {len(source.places)} ids")
    return finite, means.result(), digest.hexdigest()


def _row(name: str, stream: str, finite: int, width: int, seconds: float) -> LedgerRow:
    if finite < 0:
        return LedgerRow(name, stream, Status.MISSING_MEDIA, "no row with this id", seconds)
    if not finite:
        return LedgerRow(name, stream, Status.NON_FINITE, "no finite entry in its row", seconds)
    gaps = width - finite
    reason = f"{gaps} of {width} entries not finite, set to their column's training mean" if gaps else ""
    return LedgerRow(name, stream, Status.OK, reason, seconds)


def read_ids(path: Path) -> list[str]:
    """The ids of a shard, from one of its lists. Raises SealError where it is damaged."""
    check_recorded(path)
    with open(path, encoding="utf-8", newline="") as handle:
        return [row["utterance_id"] for row in csv.DictReader(handle)]


def read_splits(path: Path) -> dict[str, str]:
    """The split of every utterance of the data set, from `splits.csv` of its plan. Raises SealError where damaged."""
    check_seal(path)
    with open(path, encoding="utf-8", newline="") as handle:
        return {row["utterance_id"]: row["split"] for row in csv.DictReader(handle)}


def main(argv: Sequence[str] | None = None) -> None:
    """Write one shard of one stream."""
    parser = argparse.ArgumentParser(description="Bring imported features into a shard.")
    parser.add_argument("--stream", required=True)
    parser.add_argument("--root", required=True, type=Path, help="folder that holds the data set")
    parser.add_argument("--settings", required=True, help="JSON object: file, ids, array")
    parser.add_argument("--ids", required=True, type=Path, help="a list of the plan")
    parser.add_argument("--splits", required=True, type=Path, help="splits.csv of the plan")
    parser.add_argument("--output", required=True, type=Path, help="feature shard to write")
    parser.add_argument("--ledger", required=True, type=Path, help="ledger to write")
    parser.add_argument("--threads", type=int, default=1, help="accepted for uniformity; copying takes one")
    flags = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    settings = parse(Settings, flags.settings)
    try:
        splits = read_splits(flags.splits)
        run(flags.stream, flags.root, settings, read_ids(flags.ids), splits, flags.output, flags.ledger)
    except (ArrayError, SealError) as error:
        raise SystemExit(f"{flags.stream}: {error}") from error


if __name__ == "__main__":
    main()
