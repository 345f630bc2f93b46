"""Copies across splits: images of valid and test that training has seen, exactly or nearly.

Entry module. Equal pictures are found by their hash, near copies by the correlation of small grey pictures. An
account of leaks, made without a label: a score on images that were trained on is a score of memory.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from conclugen.images import shard
from conclugen.images.splits import splits_of
from conclugen.store.devices import set_threads
from conclugen.store.seals import check_seal, write_sealed

SMALL = 24  # pixels of the pictures that are correlated
NEAR = 0.95  # correlation from which on they count as copies
AT_ONCE = 2048
EXACT, ALIKE = "exact", "near"
FIELDS = ("image_id", "split", "kind", "of", "correlation")
GREY = (0.299, 0.587, 0.114)
FLAT = 1e-4  # deviation, of brightness 1, below which a picture is blank and correlates with nothing


def small(pixels: np.ndarray) -> torch.Tensor:
    """Return (N, SMALL²) of pictures (N, S, S, C) uint8: grey, small, mean 0 and length 1; 0 for a blank one."""
    images = torch.from_numpy(np.array(pixels)).permute(0, 3, 1, 2).float() / 255
    if images.shape[1] == 3:
        images = (images * torch.tensor(GREY).view(3, 1, 1)).sum(1, keepdim=True)
    rows = functional.interpolate(images, (SMALL, SMALL), mode="area").flatten(1)
    rows = rows - rows.mean(1, keepdim=True)
    length = rows.norm(dim=1, keepdim=True)
    return torch.where(length > FLAT * SMALL, rows / length.clamp_min(1e-12), torch.zeros_like(rows))


def nearest(queries: torch.Tensor, keys: Iterator[tuple[np.ndarray, torch.Tensor]]) -> tuple[torch.Tensor, np.ndarray]:
    """Return, for queries (Q, D), the highest product with any key and that key's number.

    `keys` comes in blocks of numbers (B,) and rows (B, D), so that no more than one is in memory.
    """
    best, which = torch.full((len(queries),), -1.0), np.full(len(queries), -1)
    for numbers, rows in keys:
        for part in torch.arange(len(queries)).split(AT_ONCE):
            value, place = (queries[part] @ rows.T).max(1)
            better = value > best[part]
            best[part[better]] = value[better]
            which[part[better].numpy()] = numbers[place[better].numpy()]
    return best, which


def find(images: shard.Images, split: np.ndarray) -> list[dict[str, Any]]:
    """Return a row for each image of valid or test with a copy in train: the exact one, else the nearest."""
    train = np.flatnonzero((split == "train") & images.present)
    held = np.flatnonzero(np.isin(split, ("valid", "test")) & images.present)
    first = {}
    for number in train[::-1]:
        first[hashlib.sha256(np.ascontiguousarray(images.pixels[number]).data).digest()] = number
    equal = [first.get(hashlib.sha256(np.ascontiguousarray(images.pixels[n]).data).digest(), -1) for n in held]
    queries = torch.cat([torch.zeros(0, SMALL * SMALL), *(small(images.pixels[b]) for b in _blocks(held))])
    best, which = nearest(queries, ((block, small(images.pixels[block])) for block in _blocks(train)))
    rows = []
    for place, number in enumerate(held):
        kind, twin, value = EXACT, equal[place], 1.0
        if twin < 0:
            kind, twin, value = ALIKE, which[place], float(best[place])
        if kind == EXACT or value >= NEAR:
            name, other = str(images.ids[number]), str(images.ids[twin])
            rows.append(dict(zip(FIELDS, (name, str(split[number]), kind, other, f"{value:.4f}"), strict=True)))
    return rows


def _blocks(numbers: np.ndarray) -> Iterator[np.ndarray]:
    return (numbers[start : start + AT_ONCE] for start in range(0, len(numbers), AT_ONCE))


def counts(rows: Sequence[dict[str, Any]], split: np.ndarray) -> list[dict[str, Any]]:
    """Return, for valid and test, how many images have a copy in train, and which share that is."""
    table = []
    for name in ("valid", "test"):
        total = int((split == name).sum())
        for kind in (EXACT, ALIKE):
            number = sum(row["split"] == name and row["kind"] == kind for row in rows)
            share = f"{number / total:.4f}" if total else ""
            table.append({"split": name, "kind": kind, "images": number, "of": total, "share": share})
    return table


def read(path: Path, kinds: Sequence[str] = (EXACT, ALIKE)) -> set[str]:
    """Return the ids of the images with a copy in train, as `main` wrote them. Raises SealError for an altered file."""
    check_seal(path)
    with open(path, encoding="utf-8", newline="") as handle:
        return {row["image_id"] for row in csv.DictReader(handle) if row["kind"] in kinds}


def _write(path: Path, rows: Sequence[dict[str, Any]], fields: Sequence[str]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, fields, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_sealed(path, text.getvalue())


def main(argv: Sequence[str] | None = None) -> None:
    """Write the list of copies, and their number."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, required=True, help="image shard")
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True, help="CSV: a row per image with a copy in train")
    parser.add_argument("--counts", type=Path, required=True, help="CSV: how many there are")
    args = parser.parse_args(argv)
    set_threads(args.threads)
    images = shard.read(args.images)
    split = splits_of(images, args.manifest)
    rows = find(images, split)
    _write(args.output, rows, FIELDS)
    _write(args.counts, table := counts(rows, split), list(table[0]))


if __name__ == "__main__":
    main()
