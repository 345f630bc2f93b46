"""Which networks collapse: a grid of learning rates and batch sizes, over corpora, presets and seeds.

One network for each combination, trained as the configuration says but for rate and batch, on the shards that the
pipeline has made, and judged on its own validation rows (`pretrain/health.py`). Labels are not read. A row per corpus,
preset, method, rate and batch: how many of the seeds learned, are weak, or collapsed, and the means of the measures.
Networks that an earlier call trained are kept in `--state` and not trained again.

    python benchmarks/collapse.py --configfile configs/control.yaml configs/collapse.yaml --corpora shared private null
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import io
import itertools
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from harness import machine, write_csv
from switches import read_config

from conclugen import slices
from conclugen.config import Config
from conclugen.evaluation.pretext import NUMBERS
from conclugen.pretrain.corpus import Corpus, load_corpus
from conclugen.pretrain.fresh import fresh_network
from conclugen.pretrain.loop import train
from conclugen.pretrain.settings import Settings
from conclugen.pretrain.state import State
from conclugen.pretrain.verdict import WORDS
from conclugen.store.allocator import keep_memory
from conclugen.store.atomic import write_text
from conclugen.store.devices import device, set_threads
from conclugen.store.settings import parse

MEANS = tuple(name for name in NUMBERS if name != "infonce_share")  # no method here compares views of a clip
Point = tuple[str, str, str, float, int]  # corpus, preset, method, rate, batch


def corpus_of(results: Path, name: str, settings: Settings) -> Corpus:
    """Read the shards that the pipeline has made of a corpus."""
    features = {
        stream: sorted((results / "features" / name / stream).glob("*.h5"))
        for streams in settings.modalities.values()
        for stream in streams
    }
    return load_corpus(results / "plans" / name / "splits.csv", features, settings)


def judged(corpus: Corpus, settings: Settings, seed: int, folder: Path) -> dict[str, Any]:
    """Train a network and return its verdict and measures, or those of an earlier call."""
    kept = folder / f"{settings.corpus}-{settings.preset}-{settings.method}"
    kept /= f"{settings.learning_rate:g}-{settings.batch_size}-{seed}.json"
    told = json.dumps(dataclasses.asdict(settings), sort_keys=True)
    if kept.exists() and (found := json.loads(kept.read_text()))["settings"] == told:
        return found
    started = time.perf_counter()
    torch.manual_seed(seed)
    network, state = fresh_network(corpus, settings), State(folder, told, str(seed))
    with contextlib.redirect_stdout(io.StringIO()):
        pretext = train(network, corpus, settings, seed, device(), state, checkpoint_seconds=1e9).pretext
    state.remove()
    numbers = {name: float(value) for name, value in pretext.valid.items()}
    found = {"word": pretext.verdict.word, "cause": pretext.verdict.cause, "numbers": numbers, "settings": told}
    found |= {"seconds": time.perf_counter() - started, "epochs": pretext.epochs}
    write_text(kept, json.dumps(found))
    return found


def points(arguments: argparse.Namespace) -> Iterator[Point]:
    """Yield the combinations, seeds aside; the small batches, which take longest, last."""
    batches = sorted(arguments.batches, reverse=True)
    order = itertools.product(batches, arguments.presets, arguments.methods, arguments.corpora, arguments.rates)
    yield from ((corpus, preset, method, rate, batch) for batch, preset, method, corpus, rate in order)


def row_of(point: Point, found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return a row of the table for the networks of a combination."""
    row = dict(zip(("corpus", "preset", "method", "learning_rate", "batch_size"), point, strict=True))
    words = [one["word"] for one in found]
    row |= {"seeds": len(words), "epochs": found[0]["epochs"]} | {word: words.count(word) for word in WORDS}
    for name in MEANS:
        values = [one["numbers"][name] for one in found if name in one["numbers"]]
        row[name] = float(np.mean(values)) if values else ""
    return row | {"seconds": float(np.median([one["seconds"] for one in found]))}


def grid(config: Config, arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Train what is missing and yield the rows."""
    corpora: dict[tuple[str, str], Corpus] = {}
    for point in points(arguments):
        corpus, preset, method, rate, batch = point
        named = {"corpus": corpus, "preset": preset, "method": method}
        settings = parse(Settings, json.dumps(slices.stage_settings(config, "pretrain", named)))
        settings = dataclasses.replace(settings, learning_rate=rate, batch_size=batch)
        if (corpus, method) not in corpora:
            corpora[corpus, method] = corpus_of(arguments.results, corpus, settings)
        found = [judged(corpora[corpus, method], settings, seed, arguments.state) for seed in range(arguments.seeds)]
        row = row_of(point, found)
        print("  ".join(f"{key} {value}" for key, value in row.items() if key not in MEANS), flush=True)
        yield row


def main(argv: Sequence[str] | None = None) -> None:
    """Train, judge, and write a CSV."""
    root = Path(__file__).parents[1]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--configfile", type=Path, nargs="+", required=True)
    parser.add_argument("--corpora", nargs="+", required=True)
    parser.add_argument("--presets", nargs="+", default=["improved"])
    parser.add_argument("--methods", nargs="+", default=["ConCluGen"])
    parser.add_argument("--rates", nargs="+", type=float, default=[1e-4, 3e-4, 1e-3, 3e-3])
    parser.add_argument("--batches", nargs="+", type=int, default=[128, 512, 4096])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--results", type=Path, default=root / "results")
    parser.add_argument("--state", type=Path, default=root / "results" / "state" / "collapse")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "results" / "collapse.csv")
    arguments = parser.parse_args(argv)
    set_threads(arguments.threads)
    keep_memory()
    rows = list(grid(read_config(*arguments.configfile), arguments))
    write_csv(arguments.output, [row | machine(arguments.threads) for row in rows])


if __name__ == "__main__":
    main()
