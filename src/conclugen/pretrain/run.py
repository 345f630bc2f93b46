"""Pretrain one method with one seed on one corpus."""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from conclugen.models.io import save
from conclugen.models.network import Network
from conclugen.pretrain import parallel, verdict
from conclugen.pretrain.corpus import load_corpus
from conclugen.pretrain.fresh import describe
from conclugen.pretrain.loop import Trained, train
from conclugen.pretrain.search import search, write_search
from conclugen.pretrain.settings import Settings
from conclugen.pretrain.state import State
from conclugen.store.allocator import keep_memory
from conclugen.store.atomic import write_text
from conclugen.store.devices import device, set_threads
from conclugen.store.settings import dump, parse
from conclugen.store.shards import by_stream


def main(argv: Sequence[str] | None = None) -> None:
    """Read features, train, and write model.safetensors, settings.json, history.csv, search.csv and pretext.json.

    Raises CollapsedError for a network that has collapsed, where this is told to fail: then nothing is written, the
    state stays, and another run that lets it pass has nothing to train.
    """
    arguments = _arguments(argv)
    settings = parse(Settings, arguments.settings)
    set_threads(arguments.threads)
    keep_memory()
    with parallel.processes(device()):
        run(arguments, settings)


def run(arguments: argparse.Namespace, settings: Settings) -> None:
    """Train and, in the first process, write the results."""
    corpus = load_corpus(arguments.splits, by_stream(arguments.features), settings)
    print(f"{len(corpus.train)} utterances to train on, {len(corpus.valid)} to validate", flush=True)

    def state(candidate: Settings) -> State:
        return State(arguments.state, dump(candidate), *arguments.code, str(arguments.seed), corpus.checksum)

    def train_one(network: Network, candidate: Settings, progress: State) -> Trained:
        return train(network, corpus, candidate, arguments.seed, device(), progress, arguments.checkpoint_seconds)

    tried = search(corpus, settings, arguments.seed, train_one, state)
    if not parallel.is_first():
        return
    best, folder = tried[0], arguments.output_dir
    pretext = best.trained.pretext
    print("\n".join(line for line in (pretext.warning(), str(pretext)) if line), flush=True)
    verdict.refuse(pretext, arguments.collapsed)
    write_history(folder / "history.csv", best.trained.history, settings)
    write_search(folder / "search.csv", tried)
    verdict.write(folder, pretext, save(best.network, folder, describe(corpus, best.settings, arguments.seed)))
    for candidate in tried:
        candidate.state.remove()


def write_history(path: Path, history: list[dict[str, Any]], settings: Settings) -> None:
    """Write a row per epoch; a loss that was not active is left empty."""
    named = ["loss", *settings.losses]
    fields = ["epoch", "learning_rate", *named, *(f"valid_{name}" for name in named)]
    fields += [f"valid_{name}_share" for name in settings.losses]
    fields += ["valid_retrieval", "valid_effective_rank", "valid_mean_cosine"]
    fields += ["cluster_entropy", "clusters_used", "exported", "seconds"]
    text = io.StringIO()
    writer = csv.DictWriter(text, fields, restval="", lineterminator="\n")
    writer.writeheader()
    for row in history:
        writer.writerow({name: f"{value:.8g}" if isinstance(value, float) else value for name, value in row.items()})
    write_text(path, text.getvalue())


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="conclugen.pretrain.run",
        description=f"{__doc__} `@FILE` in place of arguments reads them from a file, one a line.",
        fromfile_prefix_chars="@",
    )
    parser.add_argument(
        "--manifest",
        "--splits",
        dest="splits",
        type=Path,
        required=True,
        help="manifest (parquet), or a CSV with its columns utterance_id, split, group; no label is read",
    )
    parser.add_argument("--features", nargs="+", action="extend", required=True, help="…/STREAM/SHARD.h5")
    parser.add_argument("--settings", required=True, help="JSON")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True, help="folder for resumable state; removed on success")
    parser.add_argument("--code", nargs="*", default=[], help="fingerprint of the code; other code starts afresh")
    parser.add_argument("--checkpoint-seconds", type=float, default=60, help="least time between two checkpoints")
    parser.add_argument("--collapsed", choices=(verdict.WARN, verdict.FAIL), default=verdict.WARN)
    parser.add_argument("--output-dir", type=Path, required=True)
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
