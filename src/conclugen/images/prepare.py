"""Read an image data set: a manifest of its labels and splits, an image shard, and a ledger of what was lost.

Entry module. Pictures that are equal, bit by bit, form one group of the manifest: whoever resamples the test split, or
compares folds, counts them together.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import importlib
import logging
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from conclugen.data.common import table
from conclugen.data.errors import LayoutError, ManifestError
from conclugen.data.manifest import Manifest, write_manifest
from conclugen.images import shard
from conclugen.images.listing import Listing, square
from conclugen.store.ledger import LedgerRow, Status, write_ledger
from conclugen.store.settings import parse

STAGE = "images"
log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Given:
    """What a data set is read by.

    Attributes:
        adapter: the layout, a module of `conclugen.images.layouts`.
        size: pixels of the stored square; None: the layout's.
        options: of the layout.
    """

    adapter: str
    size: int | None
    options: dict[str, Any]


class Reader:
    """Passes the pictures of a listing on as squares, and keeps why some are lost and which are equal."""

    def __init__(self, listing: Listing, size: int) -> None:
        self.listing, self.size = listing, size
        self.rows: list[LedgerRow] = []
        self.equal: dict[bytes, list[str]] = defaultdict(list)

    def __iter__(self) -> Iterator[np.ndarray | None]:
        """Yield each picture (S, S, C), None for one that cannot be read."""
        lost, pictures = self.listing.notes.lost(), self.listing.pictures()
        for name in self.listing.table["image_id"]:
            started, picture = time.monotonic(), next(pictures)
            if isinstance(picture, str):
                self.rows.append(LedgerRow(name, STAGE, Status.CORRUPT, picture, time.monotonic() - started))
                yield None
                continue
            made = square(picture, self.size, self.listing.channels)
            self.equal[hashlib.sha256(made.data).digest()].append(name)
            status, reason = (Status.NO_LABEL, lost[name]) if name in lost else (Status.OK, "")
            self.rows.append(LedgerRow(name, STAGE, status, reason, time.monotonic() - started))
            yield made

    def groups(self) -> dict[str, str]:
        """Return the group of each image that has a copy: the first of them."""
        return {name: f"copies of {names[0]}" for names in self.equal.values() if len(names) > 1 for name in names}


def manifest_of(dataset: str, adapter: str, listing: Listing, groups: dict[str, str]) -> Manifest:
    """Return the manifest of an image data set: an image is an utterance that has neither sound nor text."""
    rows = listing.table
    ids = rows["image_id"].tolist()
    group = [groups.get(name, name) for name in ids]
    more = {name: rows[name].tolist() for name in rows.columns if name not in ("image_id", "split")}
    columns = table({"utterance_id": ids, "split": rows["split"].tolist(), "group": group}, more)
    return Manifest(columns, dataset, adapter, "single", listing.classes, listing.notes)


def main(argv: Sequence[str] | None = None) -> None:
    """Write shard, manifest and ledger."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True, help="its name in the configuration")
    parser.add_argument("--root", type=Path, required=True, help="the folder that holds it, in its official layout")
    parser.add_argument("--settings", required=True, help="JSON: adapter, size, options of the adapter")
    parser.add_argument("--output", type=Path, required=True, help="image shard")
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--ledger", type=Path, required=True)
    args = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        prepare(args)
    except ManifestError as error:
        raise SystemExit(f"{args.dataset}: {error}") from error


def prepare(args: Any) -> None:
    """Read the data set that the command line names. Raises ManifestError where it cannot be used."""
    settings = parse(Given, args.settings)
    if not args.root.is_dir():
        raise LayoutError(f"root {args.root} is not a folder; set images.datasets.{args.dataset}.root")
    layout = importlib.import_module(f"conclugen.images.layouts.{settings.adapter}")
    listing = layout.read(args.dataset, args.root, layout.Options(**settings.options))
    reader = Reader(listing, settings.size or listing.size)
    ids = listing.table["image_id"].tolist()
    attributes = {"dataset": args.dataset, "adapter": settings.adapter}
    present = shard.write(args.output, ids, iter(reader), reader.size, listing.channels, attributes)
    if not present.any():
        raise LayoutError(f"no picture can be read; the first: {reader.rows[0].reason}")
    write_ledger(args.ledger, sorted(reader.rows, key=lambda row: row.utterance_id))
    write_manifest(args.manifest, manifest_of(args.dataset, settings.adapter, listing, reader.groups()))
    counts = listing.table["split"].value_counts().to_dict()
    log.info("%s: %d images, %d of them unreadable, %s", args.dataset, len(ids), int((~present).sum()), counts)


if __name__ == "__main__":
    main()
