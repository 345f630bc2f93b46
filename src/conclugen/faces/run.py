"""Cut the faces of one shard: `python -m conclugen.faces.run`."""

from __future__ import annotations

import argparse
import functools
from collections.abc import Iterable, Sequence

from conclugen.faces.extract import CROP_LINES, Extracted, detector, extract
from conclugen.faces.settings import WEIGHTS, FaceSettings
from conclugen.faces.shard import FaceShardWriter, FaceTrack
from conclugen.media.items import MediaItem, read_media_list
from conclugen.media.worker import DecodePool, Outcome
from conclugen.store.ledger import LedgerRow, Status, write_ledger
from conclugen.store.provenance import versions
from conclugen.store.settings import dump, parse

STAGE = "faces"


def main(argv: Sequence[str] | None = None) -> None:
    """Read a media list, write its face shard and its ledger; what fails becomes a row of the ledger."""
    options = _arguments(argv)
    settings = parse(FaceSettings, options.settings)
    items = read_media_list(options.media_list)
    prepare = detector if settings.detector == "mtcnn" else None
    work = functools.partial(extract, root=options.root, settings=settings)
    workers = max(1, min(options.threads, len(items)))
    with (
        DecodePool(workers, settings.timeout_s, prepare) as pool,
        FaceShardWriter(options.output, settings.crop_size, _attributes(settings)) as writer,
    ):
        rows = _write(pool.imap(work, items), writer)
    write_ledger(options.ledger, rows)


def _write(outcomes: Iterable[tuple[MediaItem, Outcome[Extracted]]], writer: FaceShardWriter) -> list[LedgerRow]:
    rows = []
    for item, outcome in outcomes:
        status, reason, done = outcome.status, outcome.reason, outcome.value
        if done is None:
            writer.add(item.utterance_id, False, FaceTrack.empty())
        else:
            writer.add(item.utterance_id, done.present, done.track)
            status, reason = done.status, done.reason
        rows.append(LedgerRow(item.utterance_id, STAGE, Status(status), reason, outcome.seconds))
    return rows


def _attributes(settings: FaceSettings) -> dict[str, str]:
    weights = ", ".join(f"{name} {sha256}" for name, sha256 in WEIGHTS.items())
    return {
        "settings": dump(settings),
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
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
