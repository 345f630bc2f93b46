"""The plan of a data set: which utterances make up which shard, and what stage one must know of each.

Entry module (a checkpoint). Membership is by hash of the id and a list is rewritten only when it changes, so one new or
changed utterance reruns one shard. Labels are in no list; `splits.csv` has what pretraining may know of the whole set.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import logging
import os
import sys
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from conclugen.data.lists import checksum, write_record
from conclugen.data.settings import Plan as Settings
from conclugen.store.atomic import write_if_changed, write_text
from conclugen.store.seals import seal_of, write_sealed
from conclugen.store.settings import parse
from conclugen.store.tables import read_table

READ = ("utterance_id", "media", "audio", "start_s", "end_s", "text", "text_source")
MEDIA = ("utterance_id", "media", "audio", "start_s", "end_s", "bytes", "modified")
SPLITS = ("utterance_id", "split", "group")
TEXT = ("utterance_id", "text", "text_source")
MAX_SHARDS = 256  # a power of two; the command of pretraining names every one, and an argument has a limit
log = logging.getLogger(__name__)


def shard_count(utterances: int, settings: Settings) -> int:
    """The smallest power of two that keeps shards below their size, at most `MAX_SHARDS`.

    Raises ValueError where an explicit number is no power of two.
    """
    if settings.shards is not None:
        if settings.shards < 1 or settings.shards & (settings.shards - 1):
            raise ValueError(f"shards is {settings.shards}; it must be a power of two, or null")
        return settings.shards
    wanted = 1
    while wanted * settings.shard_size < utterances:
        wanted *= 2
    return min(wanted, MAX_SHARDS)


def shard_of(utterance_id: str, shards: int) -> int:
    """The shard of an utterance: sha256(id) mod `shards`, a power of two, so that doubling them only splits each."""
    return int.from_bytes(hashlib.sha256(utterance_id.encode()).digest()[-8:], "big") % shards


def plan(manifest: Path, root: Path, settings: Settings, output: Path) -> list[tuple[str, int]]:
    """Write the lists beside `output` and then `output`; return (shard, utterances) of each shard that has any.

    One pass over the manifest; files are looked at (`stat`) but not opened.
    """
    table = read_table(manifest, READ)[0].combine_chunks()
    ids = table["utterance_id"].to_pylist()
    shards = shard_count(len(ids), settings)
    members = np.fromiter((shard_of(name, shards) for name in ids), dtype=np.int64, count=len(ids))
    del ids
    order = pc.sort_indices(table["utterance_id"]).to_numpy()
    order = order[np.argsort(members[order], kind="stable")]
    counts = np.bincount(members, minlength=shards)
    ends = counts.cumsum()
    rows, lists, changed = [], {}, 0
    for shard in np.flatnonzero(counts):
        name = f"{shard:04d}"
        listed = table.take(pa.array(order[ends[shard] - counts[shard] : ends[shard]])).to_pydict()
        for kind, text in (("media", media_list(listed, root)), ("text", text_list(listed))):
            path = output.with_suffix("") / f"{name}.{kind}.csv"
            lists[path.name] = checksum(text)
            changed += write_if_changed(path, text)
        rows.append((name, int(counts[shard])))
    splits, text = output.with_suffix("") / "splits.csv", split_list(manifest)
    changed += write_sealed(splits, text)
    seal = seal_of(splits)
    lists |= {splits.name: checksum(text), seal.name: checksum(seal.read_text(encoding="utf-8"))}
    write_record(output.with_suffix(""), lists)
    removed = _remove_stale(output.with_suffix(""), lists.keys())
    write_text(output, _csv(("shard", "utterances"), rows))
    log.info("%s: %d shards, %d lists changed, %d removed", output.stem, len(rows), changed, removed)
    return rows


def media_list(listed: dict[str, list], root: Path) -> str:
    """The CSV of a shard's media: `bytes` of picture and separate sound together, `modified` the later (seconds).

    Both are -1 where neither file is there.
    """
    rows = []
    for i, name in enumerate(listed["utterance_id"]):
        media, audio = listed["media"][i], listed["audio"][i]
        known = [stat for path in (media, audio) if (stat := _stat(root, path)) is not None]
        size = sum(stat[0] for stat in known) if known else -1
        modified = max((stat[1] for stat in known), default=-1)
        start, end = _seconds(listed["start_s"][i]), _seconds(listed["end_s"][i])
        rows.append((name, media or "", audio or "", start, end, size, modified))
    return _csv(MEDIA, rows)


def text_list(listed: dict[str, list]) -> str:
    """The CSV of a shard's texts."""
    return _csv(TEXT, zip(*(listed[name] for name in TEXT), strict=True))


def split_list(manifest: Path) -> str:
    """The CSV of all utterances with split and group, by id: what pretraining may know of a manifest."""
    table = read_table(manifest, SPLITS)[0].sort_by("utterance_id")
    return _csv(SPLITS, zip(*(table[name].to_pylist() for name in SPLITS), strict=True))


def _stat(root: Path, path: str | None) -> tuple[int, int] | None:
    """(bytes, seconds) of a file below the root, which may be a link to elsewhere; None where there is none."""
    if not path or path.startswith("/") or ".." in path.split("/"):
        return None
    try:
        stat = os.stat(os.path.join(root, path))
    except (OSError, ValueError):
        return None
    return stat.st_size, int(stat.st_mtime)


def _seconds(value: float | None) -> str:
    return "" if value is None or value != value else repr(value)


def _csv(fields: Sequence[str], rows: Iterable[Sequence]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(fields)
    writer.writerows(rows)
    return text.getvalue()


def _remove_stale(folder: Path, wanted: Collection[str]) -> int:
    stale = [path for kind in ("media", "text") for path in folder.glob(f"*.{kind}.csv") if path.name not in wanted]
    for path in stale:
        path.unlink()
    return len(stale)


def main(argv: Sequence[str] | None = None) -> None:
    """Write the plan and its lists."""
    parser = argparse.ArgumentParser(description="Plan the shards of a data set.")
    parser.add_argument("--manifest", required=True, type=Path)
    parser.add_argument("--root", required=True, type=Path, help="folder that holds the data set")
    parser.add_argument("--settings", required=True, help="JSON object: shards, shard_size")
    parser.add_argument("--output", required=True, type=Path, help="plan to write (CSV); lists go into a folder beside")
    parser.add_argument("--threads", type=int, default=1, help="accepted for uniformity; planning takes one")
    flags = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    plan(flags.manifest, flags.root, parse(Settings, flags.settings), flags.output)


if __name__ == "__main__":
    main()
