"""What a pretraining step costs beside the arithmetic that it cannot do without.

One run measures, in turns so that a busy machine slows all alike, and reports medians and their ratios. Seconds are the
clock's on a GPU, the processor's on a CPU:

- `bare`: forward and backward of the same modules on a batch that is already there, without any loss or optimiser;
- `step`: the loop's whole training step (indexing, forward, losses, backward, AdamW), k-means when due;
- `step, k-means every batch`: the same with a fit at each step, as in the official code;
- `k-means`: one fit over a full queue, and the share of a step that it takes at the preset's refit interval;
- `loader`: the same step fed by a DataLoader that reads each sample from HDF5 (see also `loading.py`).

    python benchmarks/pretrain_step.py            # small sizes, about a minute on two cores
    python benchmarks/pretrain_step.py --paper    # batch 4096, representations of 4096: for a GPU
    python benchmarks/pretrain_step.py --paper --batch 256 --repeats 3    # the paper's widths on a CPU
"""

from __future__ import annotations

import argparse
import copy
import dataclasses
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch
from harness import machine, write_csv

from conclugen.models.network import Outputs
from conclugen.pretrain.adamw import AdamW
from conclugen.pretrain.corpus import Corpus, load_corpus
from conclugen.pretrain.fresh import fresh_network
from conclugen.pretrain.kmeans import Clusters, fit
from conclugen.pretrain.methods import METHODS
from conclugen.pretrain.presets import PRESETS
from conclugen.pretrain.settings import Settings
from conclugen.pretrain.step import Training, place, train_step
from conclugen.store.atomic import write_text
from conclugen.store.devices import compute_dtype, device, set_threads
from conclugen.store.settings import parse
from conclugen.store.shards import write_shard

STREAMS = {"video": ("frames2d", "frames3d"), "audio": ("audio",), "text": ("text",)}
SMALL = {"rows": 2048, "batch": 256, "width": 512, "dims": (512, 512, 256, 192)}
PAPER = {"rows": 16384, "batch": 4096, "width": 4096, "dims": (2048, 2048, 1024, 768)}


def main() -> None:
    """Measure and write a CSV."""
    arguments = _arguments()
    sizes = dict(PAPER if arguments.paper else SMALL)
    if arguments.batch:
        sizes |= {"batch": arguments.batch, "rows": 4 * arguments.batch}
    sizes["width"] = arguments.width or sizes["width"]
    set_threads(arguments.threads)
    with tempfile.TemporaryDirectory() as folder:
        shards = write_corpus(Path(folder), sizes)
        settings = make_settings(arguments.method, arguments.preset, sizes)
        corpus = load_corpus(Path(folder) / "splits.csv", shards, settings)
        rows = measure(corpus, shards, settings, arguments.repeats)
    about = {
        **machine(arguments.threads),
        "method": arguments.method,
        "preset": arguments.preset,
        **{key: value for key, value in sizes.items() if key != "dims"},
        "repeats": arguments.repeats,
    }
    name = "pretrain_step_paper" if arguments.paper else "pretrain_step"
    output = arguments.output or Path(__file__).parent / "results" / f"{name}.csv"
    write_csv(output, [{**row, **about} for row in rows])
    for row in rows:
        print(f"{row['measured']:>28}  {row['median_s']:.4f} s  {row['ratio_to_bare']:.2f} x bare")


def measure(corpus: Corpus, shards: dict[str, list[str]], settings: Settings, repeats: int) -> list[dict[str, Any]]:
    """Return a row per thing measured."""
    batch = settings.batch_size
    usual = make_training(corpus, settings)
    eager = make_training(corpus, dataclasses.replace(settings, clusters=every_batch(settings)))
    loader = iter(make_loader(corpus, shards, settings))
    order = [torch.randperm(len(corpus.train))[:batch] for _ in range(8)]
    turns = iter(range(10**9))
    queue = torch.randn(usual.clusters.full * batch, settings.sizes.clustering, device=usual.where)
    clusters = settings.clusters
    things: dict[str, Callable[[], object]] = {
        "bare": bare(usual, order[0]),
        "step": lambda: train_step(usual, order[next(turns) % 8], None, 1e-4, 99),
        "step, k-means every batch": lambda: train_step(eager, order[next(turns) % 8], None, 1e-4, 99),
        "k-means": lambda: fit(queue, clusters.count, 0, clusters.spherical, clusters.iterations),
        "loader": lambda: loaded_step(usual, next(loader)),
    }
    seconds = alternate(things, repeats, usual.where)
    rows = [
        {"measured": name, "median_s": statistics.median(times), "fastest_s": min(times)}
        for name, times in seconds.items()
    ]
    median = {row["measured"]: row["median_s"] for row in rows}
    share = median["k-means"] / clusters.refit_every / median["step"]
    return [
        {
            **row,
            "ratio_to_bare": row["median_s"] / median["bare"],
            "share_of_step": share if row["measured"] == "k-means" else "",
        }
        for row in rows
    ]


def alternate(things: dict[str, Callable[[], object]], repeats: int, where: torch.device) -> dict[str, list[float]]:
    """Time every thing `repeats` times, in turns, after a round of warm-up."""
    now = time.perf_counter if where.type == "cuda" else time.process_time
    seconds: dict[str, list[float]] = {name: [] for name in things}
    for turn in range(-1, repeats):
        for name, do in things.items():
            started = now()
            do()
            if where.type == "cuda":
                torch.cuda.synchronize(where)
            if turn >= 0:
                seconds[name].append(now() - started)
    return seconds


def make_training(corpus: Corpus, settings: Settings) -> Training:
    """Return what the loop trains with, on the device that it would use."""
    where = device()
    network = fresh_network(corpus, settings).to(where)
    optimiser = AdamW(network.parameters(), 1e-3, 1e-2)
    clusters = Clusters(settings.clusters, settings.clusters.queue_batches, 0, settings.epochs)
    for _ in range(clusters.full):  # as in the middle of a training: the queue is full, and there has been a fit
        clusters.update(torch.randn(settings.batch_size, settings.sizes.clustering, device=where), epoch=99)
    return Training(network, optimiser, clusters, place(corpus.data, where), settings, settings.epochs, where)


def every_batch(settings: Settings) -> Any:
    """The same clusters, fitted at each batch."""
    return dataclasses.replace(settings.clusters, refit_every=1)


def bare(training: Training, batch: torch.Tensor) -> Callable[[], None]:
    """Forward and backward of the network on one batch; the mean square of its outputs stands in for the losses."""
    network, where = copy.deepcopy(training.network), training.where
    inputs = {name: value[batch.to(value.device)].to(where) for name, value in training.data.features.items()}
    dtype = compute_dtype(where)

    def do() -> None:
        network.zero_grad(set_to_none=True)
        with torch.autocast(where.type, dtype=dtype, enabled=dtype == torch.bfloat16):
            outputs: Outputs = network(inputs)
        ends = [*outputs.projection.values(), *outputs.cluster.values(), *outputs.reconstruction.values()]
        sum(value.float().square().mean() for value in ends).backward()

    return do


class Samples(torch.utils.data.Dataset):
    """Utterances read one by one from HDF5, as a data set of clips is often read."""

    def __init__(self, corpus: Corpus, shards: dict[str, list[str]], settings: Settings) -> None:
        self.files = {stream: h5py.File(paths[0], "r") for stream, paths in shards.items()}
        self.rows, self.modalities = corpus.train.tolist(), settings.modalities

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, item: int) -> dict[str, np.ndarray]:
        row = self.rows[item]
        return {
            modality: np.concatenate([self.files[stream]["features"][row] for stream in streams])
            for modality, streams in self.modalities.items()
        }


def make_loader(corpus: Corpus, shards: dict[str, list[str]], settings: Settings) -> Any:
    """Batches of samples, for ever."""
    data = Samples(corpus, shards, settings)
    while True:
        yield from torch.utils.data.DataLoader(data, settings.batch_size, shuffle=True, drop_last=True)


def loaded_step(training: Training, inputs: dict[str, torch.Tensor]) -> None:
    """A training step on a batch from the loader."""
    count = len(next(iter(inputs.values())))
    here = {name: torch.ones(count, dtype=torch.bool) for name in inputs}
    data = dataclasses.replace(training.data, features=inputs, present=here)
    train_step(dataclasses.replace(training, data=data), torch.arange(count), None, 1e-4, 99)


def write_corpus(folder: Path, sizes: dict[str, Any]) -> dict[str, list[str]]:
    """Write random features, a shard per stream, and the table of splits."""
    rng, ids = np.random.default_rng(0), [f"clip{i:06d}" for i in range(sizes["rows"])]
    write_text(folder / "splits.csv", "utterance_id,split,group\n" + "".join(f"{i},train,{i}\n" for i in ids))
    shards = {}
    for stream, dim in zip(("frames2d", "frames3d", "audio", "text"), sizes["dims"], strict=True):
        values = rng.standard_normal((len(ids), dim), dtype=np.float32).astype(np.float16)
        write_shard(folder / f"{stream}.h5", ids, values, np.ones(len(ids), bool), {})
        shards[stream] = [str(folder / f"{stream}.h5")]
    return shards


def make_settings(method: str, preset: str, sizes: dict[str, Any]) -> Settings:
    """Return settings of the given sizes, with k-means active from the start."""
    recipe, switches, width = METHODS[method], PRESETS[preset], sizes["width"]
    values = {
        **{key: getattr(recipe, key) for key in ("losses", "learning_rate", "weight_decay")},
        "candidates": ((recipe.learning_rate, recipe.weight_decay),),
        "views": 0,
        **{"corpus": "random", "preset": preset, "method": method, "splits": ["train"], "validation_fraction": 0.0},
        **{"epochs": 100, "batch_size": sizes["batch"], "modalities": {m: STREAMS[m] for m in recipe.modalities}},
        "sizes": {
            **{"representation": width, "hidden": width, "projection": 512, "projection_hidden": 512},
            **{"clustering": 8, "decoder_hidden": width},
        },
        **switches,
        "clusters": {**switches["clusters"], "start_epoch": 0},
    }
    return parse(Settings, json.dumps(values))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--paper", action="store_true", help="the paper's sizes")
    parser.add_argument(
        "--method", default="ConCluGen", choices=[m for m, r in METHODS.items() if "clustering" in r.losses]
    )
    parser.add_argument("--preset", default="paper", choices=PRESETS)
    parser.add_argument("--batch", type=int, help="another size of the batch, four of which make the corpus")
    parser.add_argument("--width", type=int, help="another size of representations and hidden layers")
    parser.add_argument("--repeats", type=int, default=25)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument(
        "--output", type=Path, help="default: benchmarks/results/pretrain_step.csv, or pretrain_step_paper.csv"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
