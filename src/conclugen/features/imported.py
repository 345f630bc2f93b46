"""Features that others have extracted, brought into shards.

Entry module. Single entries that are not finite (COVAREP has some) become the mean of their column; a row without any
finite entry is absent.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import hashlib
import logging
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from conclugen.data.arrays import ArrayError, matrix, read_array, strings
from conclugen.store.ledger import LedgerRow, Status, write_ledger
from conclugen.store.provenance import versions
from conclugen.store.settings import parse
from conclugen.store.shards import write_shard

log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Settings:
    """Options.

    Attributes:
        file: `.npz`, `.h5` or `.csv`, relative to the root.
        ids: key of the ids (N,).
        array: key of this stream's features (N, D), or (N,) for a single number.
    """

    file: str
    ids: str
    array: str


@dataclasses.dataclass(frozen=True)
class Filled:
    """Features (N, D) float32 without gaps, present (N,), and how many entries of each row were filled (N,)."""

    features: np.ndarray
    present: np.ndarray
    filled: np.ndarray


def fill(values: np.ndarray) -> Filled:
    """Replace entries of values (N, D) that are not finite by the mean of their column's finite entries.

    A row without a finite entry is not present and zero; a column without one is zero.
    """
    finite = np.isfinite(values)
    present = finite.any(1)
    total = np.where(finite, values, 0).sum(0, dtype=np.float64)
    means = (total / np.maximum(finite.sum(0), 1)).astype(np.float32)
    features = np.where(finite, values, means[None]) * present[:, None].astype(np.float32)
    return Filled(features.astype(np.float32), present, np.where(present, (~finite).sum(1), 0))


def run(stream: str, root: Path, settings: Settings, ids: Sequence[str], output: Path, ledger: Path) -> None:
    """Write the shard and the ledger of `ids`. Raises ArrayError where the arrays cannot be used."""
    started, path = time.perf_counter(), root / settings.file
    names = strings(read_array(path, settings.ids, text=True))
    values = matrix(read_array(path, settings.array), f"{path}: {settings.array}")
    if len(values) != len(names) or not names:
        raise ArrayError(f"{path}: {settings.array!r} has {len(values)} rows, but there are {len(names)} ids")
    if len(set(names)) != len(names):
        raise ArrayError(f"{path}: {settings.ids!r} is not unique")
    whole = fill(values)
    place = {name: row for row, name in enumerate(names)}
    rows = np.array([place.get(name, -1) for name in ids], dtype=int)
    known = rows >= 0
    present = known & whole.present[rows]
    features = np.where(known[:, None], whole.features[rows], np.float32(0))
    attributes = {
        "backbone": f"imported:{settings.array}",
        "weights_sha256": hashlib.sha256(np.ascontiguousarray(values).data).hexdigest(),
        "preprocessing": f"{settings.file} as given; entries that are not finite are column means",
        "versions": versions(),
    }
    write_shard(output, ids, features, present, attributes)
    seconds = (time.perf_counter() - started) / max(len(ids), 1)
    write_ledger(ledger, [_row(n, stream, row, whole, values, seconds) for n, row in zip(ids, rows, strict=True)])
    filled = int(whole.filled[rows[known]].sum())
    log.info("%s: %d of %d present, %d entries filled", stream, present.sum(), len(ids), filled)


def _row(name: str, stream: str, row: int, whole: Filled, values: np.ndarray, seconds: float) -> LedgerRow:
    if row < 0:
        return LedgerRow(name, stream, Status.MISSING_MEDIA, "no row with this id", seconds)
    if not whole.present[row]:
        return LedgerRow(name, stream, Status.NON_FINITE, "no finite entry in its row", seconds)
    filled = int(whole.filled[row])
    reason = f"{filled} of {values.shape[1]} entries not finite, set to their column's mean" if filled else ""
    return LedgerRow(name, stream, Status.OK, reason, seconds)


def read_ids(path: Path) -> list[str]:
    """The ids of a shard, from one of its lists."""
    with open(path, encoding="utf-8", newline="") as handle:
        return [row["utterance_id"] for row in csv.DictReader(handle)]


def main(argv: Sequence[str] | None = None) -> None:
    """Write one shard of one stream."""
    parser = argparse.ArgumentParser(description="Bring imported features into a shard.")
    parser.add_argument("--stream", required=True)
    parser.add_argument("--root", required=True, type=Path, help="folder that holds the data set")
    parser.add_argument("--settings", required=True, help="JSON object: file, ids, array")
    parser.add_argument("--ids", required=True, type=Path, help="a list of the plan")
    parser.add_argument("--output", required=True, type=Path, help="feature shard to write")
    parser.add_argument("--ledger", required=True, type=Path, help="ledger to write")
    parser.add_argument("--threads", type=int, default=1, help="accepted for uniformity; copying takes one")
    flags = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    settings = parse(Settings, flags.settings)
    try:
        run(flags.stream, flags.root, settings, read_ids(flags.ids), flags.output, flags.ledger)
    except ArrayError as error:
        raise SystemExit(f"{flags.stream}: {error}") from error


if __name__ == "__main__":
    main()
