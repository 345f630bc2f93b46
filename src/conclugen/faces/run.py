"""Cut the faces of one shard: `python -m conclugen.faces.run`."""

from __future__ import annotations

import argparse
import contextlib
import functools
from collections.abc import Iterator, Sequence

from conclugen.faces.crops import CROP_LINES
from conclugen.faces.extract import Extracted, detector, extract
from conclugen.faces.settings import FaceSettings
from conclugen.faces.shard import FaceShard, FaceShardWriter, FaceTrack
from conclugen.media.items import MediaItem, read_media_list
from conclugen.media.worker import DecodePool, Outcome
from conclugen.store import retries
from conclugen.store.ledger import LedgerRow, Status, write_ledger
from conclugen.store.packaged import PACKAGED
from conclugen.store.provenance import versions
from conclugen.store.retries import Attempt
from conclugen.store.settings import dump, parse

STAGE = "faces"


def main(argv: Sequence[str] | None = None) -> None:
    """Read a media list, write its face shard and its ledger; what fails becomes a row of the ledger."""
    options = _arguments(argv)
    settings = parse(FaceSettings, options.settings)
    items = read_media_list(options.media_list)
    attempt = retries.attempt(options.retries, options.media_list, options.version)
    todo = [item for item in items if item.utterance_id not in attempt.kept]
    prepare = detector if settings.detector == "mtcnn" else None
    work = functools.partial(extract, root=options.root, settings=settings)
    workers, attributes = max(1, min(options.threads, len(todo))), _attributes(settings, options.version)
    with (
        DecodePool(workers, attempt.timeout_s or settings.timeout_s, prepare) as pool,
        FaceShardWriter(options.output, settings.crop_size, attributes, settings.keep) as writer,
    ):
        rows = _write(items, pool.imap(work, todo), attempt, writer)
    write_ledger(options.ledger, rows)
    attempt.finish()


def _write(
    items: Sequence[MediaItem],
    outcomes: Iterator[tuple[MediaItem, Outcome[Extracted]]],
    attempt: Attempt,
    writer: FaceShardWriter,
) -> list[LedgerRow]:
    """Write every utterance in the order of the list: what is kept as it was, the others as they come."""
    rows = []
    with contextlib.ExitStack() as stack:
        before = stack.enter_context(FaceShard(attempt.shard)) if attempt.shard else None
        if before is not None:
            before.verify()
        for item in items:
            name = item.utterance_id
            if before is not None and name in attempt.kept:
                row, ledger_row = attempt.kept[name]
                writer.add(name, bool(before.present[row]), before.track(row))
                rows.append(ledger_row)
            else:
                _, outcome = next(outcomes)
                rows.append(_add(name, outcome, attempt.tries.get(name, 1), writer))
    return rows


def _add(name: str, outcome: Outcome[Extracted], tries: int, writer: FaceShardWriter) -> LedgerRow:
    """Write what became of an utterance; return its row of the ledger."""
    status, reason, done = outcome.status, outcome.reason, outcome.value
    if done is None:
        writer.add(name, False, FaceTrack.empty())
    else:
        writer.add(name, done.present, done.track)
        status, reason = done.status, done.reason
    return LedgerRow(name, STAGE, Status(status), reason, outcome.seconds, tries)


def _attributes(settings: FaceSettings, version: str) -> dict[str, str]:
    weights = ", ".join(f"{name} {file.sha256}" for name, file in PACKAGED["mtcnn"].items())
    return {
        "settings": dump(settings),
        retries.VERSION: version,
        "detector_weights_sha256": weights if settings.detector == "mtcnn" else "none",
        "preprocessing": f"RGB, upright, square pixels, at most {CROP_LINES} lines",
        "versions": versions(("conclugen", "torch", "facenet-pytorch", "av", "pillow", "numpy", "h5py")),
    }


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Cut the faces of one shard.")
    parser.add_argument("--media-list", required=True, help="{shard}.media.csv of the plan")
    parser.add_argument("--root", required=True, help="folder that the paths of the list are relative to")
    parser.add_argument("--settings", required=True, help="FaceSettings as JSON")
    parser.add_argument("--threads", type=int, required=True, help="decoding processes, of one thread each")
    parser.add_argument("--output", required=True, help="face shard to write (HDF5)")
    parser.add_argument("--ledger", required=True, help="ledger to write (CSV)")
    retries.add_arguments(parser)
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
