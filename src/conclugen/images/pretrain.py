"""Pretrain a network on the training images, or clips, of a data set with one method and one seed. No label is read.

Entry module. It writes the network of the last epoch, a row per epoch, and how that network does its own task on the
images or clips of the split valid.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from conclugen.images import health, loop, shard
from conclugen.images.clip_views import Clips, source
from conclugen.images.network import ImageNetwork, drawn, save
from conclugen.images.settings import Pretraining
from conclugen.images.splits import splits_of
from conclugen.images.views import Stills
from conclugen.pretrain import verdict
from conclugen.pretrain.state import State
from conclugen.pretrain.verdict import Pretext
from conclugen.store import resident
from conclugen.store.allocator import keep_memory
from conclugen.store.atomic import write_text
from conclugen.store.devices import device, set_threads
from conclugen.store.provenance import versions
from conclugen.store.settings import dump, parse
from conclugen.store.shards import by_stream

INSTEAD = {  # what stands in the place of a proposal in clips that are too short for it
    "time_aug": "other views of the anchor are positives",
    "hard_neg": "other clips alone are negatives",
}
LEAST_HELD = 8  # items that measure: of fewer, no rank or retrieval says anything
HELD = 0.05  # share of the training items that measure, where the split valid has too few


def main(argv: Sequence[str] | None = None) -> None:
    """Train, and write model.safetensors, settings.json, history.csv and pretext.json."""
    args = _arguments(argv)
    settings = parse(Pretraining, args.settings)
    set_threads(args.threads)
    keep_memory()
    run(args, settings)


def run(args: Any, settings: Pretraining) -> None:
    """Train, or go on from a checkpoint, and write the results; the state is removed at the end."""
    where = device()
    images = shard.read(args.images)
    descriptors = described(args.descriptors, images) if "mask_fn" in settings.proposals else None
    drawn_from = source(images, settings, where, descriptors)
    train, held = items(drawn_from, splits_of(images, args.manifest))
    account = lengths(drawn_from, train) | {"fallback": fallback(settings, lengths(drawn_from, train))}
    print(f"{len(train)} items to train on, {len(held)} to measure; {account['fallback']}", flush=True)
    network = drawn(settings.network, images.pixels.shape[3], settings.width, args.seed).to(where)
    untrained = health.measure(network, drawn_from, held)
    state = State(args.state, dump(settings), *args.code, str(args.seed), images.sha256)
    training = loop.job(network, drawn_from, train, held, args.seed, state)
    history = loop.train(training, args.checkpoint_seconds)
    measures = [health.measure(network, drawn_from, rows) for rows in (held, train)]
    pretext = Pretext(
        health.judge(measures[0], untrained), settings.epochs - 1, settings.epochs, "valid", *measures, untrained
    )
    print("\n".join(line for line in (pretext.warning(), str(pretext)) if line), flush=True)
    write_history(args.output_dir / "history.csv", history)
    about = describe(network, images, settings, args.seed) | account
    verdict.write(args.output_dir, pretext, save(network, args.output_dir, about))
    state.remove()


def items(drawn_from: Stills | Clips, split: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the items to train on and those to measure on, by the splits (N,) of the pictures.

    Raises ValueError where there are too few.
    """
    train, held = drawn_from.items(split, "train"), drawn_from.items(split, "valid")
    if len(held) < LEAST_HELD:
        count = min(len(train) // 2, max(LEAST_HELD, round(HELD * len(train))))
        train, held = train[: len(train) - count], train[len(train) - count :]
    if len(train) < 2 or len(held) < 2:
        raise ValueError(f"{len(train)} items to train on and {len(held)} to measure; a contrast needs more")
    return train, held


def lengths(drawn_from: Stills | Clips, train: torch.Tensor) -> dict[str, Any]:
    """Return how many of the clips to train on are long enough for which proposal; nothing for stills."""
    return {"clips": drawn_from.account(train)} if isinstance(drawn_from, Clips) else {}


def described(paths: Sequence[str | Path], images: shard.Images) -> torch.Tensor:
    """Return the descriptors (N, 2 K) of eyes and mouth in the order of the pictures, zero where there are none."""
    data = resident.load(by_stream(paths), images.ids.tolist())
    return next(iter(data.features.values()))


def fallback(settings: Pretraining, counts: dict[str, Any]) -> str:
    """Return in words which proposals the images or clips do not allow, and what stands in their place."""
    if settings.absent:
        lacking = ", ".join(settings.absent)
        return f"stills have no clip: without {lacking}, positives are other views of the image itself"
    short = {name: counts["clips"]["clips"] - counts["clips"][name] for name in INSTEAD if name in settings.proposals}
    lines = [f"{count} clips are too short for {name}, where {INSTEAD[name]}" for name, count in short.items() if count]
    return "; ".join(lines) or "every proposal of the method is used"


def describe(network: ImageNetwork, images: shard.Images, settings: Pretraining, seed: int) -> dict[str, Any]:
    """Return what settings.json tells of a network."""
    return {
        "dataset": settings.dataset,
        "preset": settings.preset,
        "method": settings.method,
        "seed": seed,
        "network": settings.network,
        "width": settings.width,
        "channels": int(images.pixels.shape[3]),
        "size": settings.size,
        "share": settings.changes.crop[1],
        "dim": network.dim,
        "settings": dataclasses.asdict(settings),
        "software": versions(),
    }


def write_history(path: Path, history: Sequence[dict[str, Any]]) -> None:
    """Write a row per epoch."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(history[0]), lineterminator="\n")
    writer.writeheader()
    for row in history:
        writer.writerow({name: f"{value:.6g}" if isinstance(value, float) else value for name, value in row.items()})
    write_text(path, text.getvalue())


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, required=True, help="image shard")
    parser.add_argument("--manifest", type=Path, required=True, help="of which the splits are read")
    parser.add_argument("--descriptors", nargs="*", default=[], help="of eyes and mouths, for MaskFN")
    parser.add_argument("--settings", required=True, help="JSON")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True, help="folder for resumable state; removed on success")
    parser.add_argument("--code", nargs="*", default=[], help="fingerprint of the code; other code starts afresh")
    parser.add_argument("--checkpoint-seconds", type=float, default=120, help="least time between two checkpoints")
    parser.add_argument("--output-dir", type=Path, required=True)
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
