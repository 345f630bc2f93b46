"""Pretrain one method with one seed on one corpus."""

from __future__ import annotations

import argparse
import csv
import dataclasses
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from conclugen.models.io import build, save
from conclugen.models.network import Network
from conclugen.pretrain import parallel
from conclugen.pretrain.corpus import Corpus, load_corpus
from conclugen.pretrain.loop import train
from conclugen.pretrain.settings import Settings, network_settings
from conclugen.pretrain.state import State
from conclugen.store.atomic import write_text
from conclugen.store.devices import device, set_threads
from conclugen.store.provenance import versions
from conclugen.store.settings import dump, parse


def main(argv: Sequence[str] | None = None) -> None:
    """Read features, train, and write model.safetensors, settings.json and history.csv."""
    arguments = _arguments(argv)
    settings = parse(Settings, arguments.settings)
    set_threads(arguments.threads)
    with parallel.processes(device()):
        run(arguments, settings)


def run(arguments: argparse.Namespace, settings: Settings) -> None:
    """Train and, in the first process, write the results."""
    corpus = load_corpus(arguments.splits, _shards(arguments.features), settings)
    print(f"{len(corpus.train)} utterances to train on, {len(corpus.valid)} to validate", flush=True)
    torch.manual_seed(arguments.seed)
    network = fresh_network(corpus, settings)
    state = State(arguments.state, dump(settings), *arguments.code, str(arguments.seed), corpus.checksum)
    history = train(network, corpus, settings, arguments.seed, device(), state, arguments.checkpoint_seconds)
    if not parallel.is_first():
        return
    write_history(arguments.output_dir / "history.csv", history, settings)
    save(network, arguments.output_dir, describe(corpus, settings, arguments.seed))
    state.remove()


def fresh_network(corpus: Corpus, settings: Settings) -> Network:
    """Return a network that has learned nothing but, where asked for, the scale of its training inputs."""
    network = build(network_settings(settings, corpus.input_dims))
    if settings.architecture.standardise:
        trained = torch.zeros(len(corpus.data), dtype=torch.bool)
        trained[corpus.train] = True
        features, present = corpus.data.features, {m: here & trained for m, here in corpus.data.present.items()}
        if settings.views:  # every view is a row
            present = {m: here.repeat_interleave(settings.views) for m, here in present.items()}
            features = {m: value.flatten(0, 1) for m, value in features.items()}
        network.fit_inputs(features, present)
    return network


def describe(corpus: Corpus, settings: Settings, seed: int) -> dict[str, Any]:
    """Return what settings.json tells of the model beside its shape."""
    return {
        "corpus": settings.corpus,
        "preset": settings.preset,
        "method": settings.method,
        "seed": seed,
        "modalities": {name: list(streams) for name, streams in settings.modalities.items()},
        "streams": corpus.streams,
        "utterances": {"train": len(corpus.train), "valid": len(corpus.valid)},
        "settings": dataclasses.asdict(settings),
        "software": versions(),
    }


def write_history(path: Path, history: list[dict[str, Any]], settings: Settings) -> None:
    """Write a row per epoch; a loss that was not active is left empty."""
    named = ["loss", *settings.losses]
    fields = ["epoch", "learning_rate", *named, *(f"valid_{name}" for name in named)]
    fields += ["cluster_entropy", "clusters_used", "seconds"]
    text = io.StringIO()
    writer = csv.DictWriter(text, fields, restval="", lineterminator="\n")
    writer.writeheader()
    for row in history:
        writer.writerow({name: f"{value:.8g}" if isinstance(value, float) else value for name, value in row.items()})
    write_text(path, text.getvalue())


def _shards(given: Sequence[str]) -> dict[str, list[str]]:
    """Read `STREAM=path` arguments, several to a stream."""
    shards: dict[str, list[str]] = {}
    for item in given:
        stream, sign, path = item.partition("=")
        if not (stream and sign and path):
            raise SystemExit(f"--features takes STREAM=path, not {item!r}")
        shards.setdefault(stream, []).append(path)
    return shards


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
    parser.add_argument("--features", nargs="+", action="extend", required=True, metavar="STREAM=PATH")
    parser.add_argument("--settings", required=True, help="JSON")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True, help="folder for resumable state; removed on success")
    parser.add_argument("--code", nargs="*", default=[], help="fingerprint of the code; other code starts afresh")
    parser.add_argument("--checkpoint-seconds", type=float, default=60, help="least time between two checkpoints")
    parser.add_argument("--output-dir", type=Path, required=True)
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
