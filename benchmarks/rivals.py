"""What rivals cost on features as many as CMU-MOSEI's, and beside a plain PyTorch loop.

Two measurements, in processor seconds on a CPU:

- `network`: one network of each self-supervised rival, or one seed of each fusion with every candidate of its budget,
  on as many random utterances as CMU-MOSEI has; `all_seeds_s` is what all seeds of `config.yaml` take. Random labels
  end no training early, so fusions take their full budget here.
- `step`: one step of pretraining, in turns with a loop as one writes it by hand: the same network, the same loss, a
  batch by index, `torch.optim.AdamW`. The ratio says what the pipeline's own step costs.

    python benchmarks/rivals.py --only-steps   # half a minute
    python benchmarks/rivals.py --share 0.02   # of rows and epochs, one candidate; seconds are scaled up
    python benchmarks/rivals.py                # whole: hours
    python benchmarks/rivals.py --share 0.02 --only Late-fusion CIA --output /dev/null
"""

from __future__ import annotations

import argparse
import copy
import dataclasses
import json
import math
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from harness import alternate, arguments, ratio, report

from conclugen import slices
from conclugen.config import Config, check
from conclugen.downstream import fused, heads
from conclugen.downstream.data import Data
from conclugen.downstream.draws import draws_of
from conclugen.downstream.order import Stretches
from conclugen.downstream.protocols import FUSIONS
from conclugen.downstream.supervised import Settings as Supervised
from conclugen.downstream.tuning import train as tune
from conclugen.pretrain import loop
from conclugen.pretrain.adamw import AdamW
from conclugen.pretrain.corpus import Corpus
from conclugen.pretrain.fresh import fresh_network
from conclugen.pretrain.objective import losses
from conclugen.pretrain.rivals import RIVALS
from conclugen.pretrain.settings import Settings
from conclugen.pretrain.state import State
from conclugen.pretrain.step import Training, train_step
from conclugen.store.devices import device, set_threads
from conclugen.store.resident import Resident
from conclugen.store.settings import parse

ROWS = {"train": 16_326, "valid": 1_871, "test": 4_662}  # CMU-MOSEI's official folds
PER_VIDEO = 7  # utterances, on average
DIMS = {"video": 713, "audio": 74, "text": 300}  # OpenFace, COVAREP and GloVe, as its SDK has them
CLASSES = ("happy", "sad", "anger", "surprise", "disgust", "fear")
ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Measure and write benchmarks/results/rivals.csv."""
    parser = arguments("rivals", __doc__, repeats=9)
    parser.add_argument("--share", type=float, default=1.0, help="of rows, epochs and candidates")
    parser.add_argument("--only-steps", action="store_true", help="leave whole networks out")
    parser.add_argument("--only", nargs="+", default=[*RIVALS, *FUSIONS], help="names of rivals")
    given = parser.parse_args()
    set_threads(given.threads)
    config = check(yaml.safe_load((ROOT / "config.yaml").read_text()))
    data = utterances(given.share)
    losses, fusions = ([name for name in names if name in given.only] for names in (RIVALS, FUSIONS))
    rows = [measure_step(config, name, data, given.repeats) for name in losses]
    if not given.only_steps:
        rows += [whole_network(config, name, data, given) for name in losses]
        rows += [whole_fusion(config, name, data, given) for name in fusions]
    report(given.output, rows, given.threads)
    if given.only_steps:
        return
    print(f"all rivals, all seeds: {sum(row.get('all_seeds_s', 0.0) for row in rows) / 60:.0f} minutes of a processor")


def utterances(share: float) -> Data:
    """Return random features and labels in three folds."""
    generator = torch.Generator().manual_seed(0)
    split = np.repeat(list(ROWS), [math.ceil(share * count) for count in ROWS.values()])
    count = len(split)
    features = {name: torch.randn(count, dim, generator=generator) for name, dim in DIMS.items()}
    present = {name: torch.rand(count, generator=generator) > 0.05 for name in DIMS}
    ids = np.array([f"u{i:05d}" for i in range(count)])
    targets = (torch.rand(count, len(CLASSES), generator=generator) < 0.3).float()
    targets[torch.from_numpy(split == "test")] = math.nan
    streams = {name: [name] for name in DIMS}
    return Data(ids, split, "multi", CLASSES, targets, Resident(ids, features, present), streams)


def videos(data: Data) -> Stretches:
    """Return the utterances of each split in videos of as many as CMU-MOSEI's have on average."""
    splits = [np.flatnonzero(data.split == name) for name in ROWS]
    parts = [part for rows in splits for part in np.split(rows, range(PER_VIDEO, len(rows), PER_VIDEO))]
    return Stretches(parts, [np.zeros(len(part), dtype=int) for part in parts])


def corpus_of(data: Data) -> Corpus:
    """Return the training and validation rows."""
    train, valid = (torch.from_numpy((data.split == name).nonzero()[0]) for name in ("train", "valid"))
    return Corpus(data.inputs, train, valid, {}, "")


def settings_of(config: Config, name: str, share: float) -> Settings:
    """Return what `config.yaml` pretrains a rival with."""
    wildcards = {"corpus": "mosei", "preset": config.pretrain.preset, "method": name}
    found = parse(Settings, json.dumps(slices.stage_settings(config, "pretrain", wildcards)))
    schedule = dataclasses.replace(found.schedule, least_steps=0)
    return dataclasses.replace(found, epochs=max(1, round(share * found.epochs)), schedule=schedule)


def whole_network(config: Config, name: str, data: Data, given: argparse.Namespace) -> dict[str, Any]:
    """Pretrain one network."""
    settings, corpus = settings_of(config, name, given.share), corpus_of(data)
    full = config.pretrain.epochs * ROWS["train"] / (settings.epochs * len(corpus.train))
    torch.manual_seed(0)
    network = fresh_network(corpus, settings)
    with tempfile.TemporaryDirectory() as folder:
        seconds = timed(lambda: loop.train(network, corpus, settings, 0, device(), State(Path(folder), "")))
    return row("network", name, given.share, seconds * full, len(config.pretrain.seeds))


def whole_fusion(config: Config, name: str, data: Data, given: argparse.Namespace) -> dict[str, Any]:
    """Train one seed of a fusion with each candidate of its budget, the first alone where a share is asked for."""
    wildcards = {"dataset": "mosei", "target": "", "preset": config.pretrain.preset, "share": ""}
    told = slices.stage_settings(config, "downstream", wildcards | {"method": name, "protocol": "supervised"})
    settings = parse(Supervised, json.dumps(told))
    epochs = max(1, round(given.share * settings.epochs))
    budget = dataclasses.replace(settings, epochs=epochs, patience=epochs)
    candidates = heads.candidates(budget)
    tried = candidates if given.share == 1 else candidates[:1]
    (draw,) = draws_of(data, [0], 1.0)
    full = settings.epochs * ROWS["train"] * len(candidates) / (epochs * len(draw.train) * len(tried))

    shown = videos(data) if settings.needs_order else None

    def do() -> None:
        for rate, decay in tried:
            torch.manual_seed(0)
            model = fused.classifier(
                data, settings.fusion, settings.hidden_dim, settings.dropout, True, device(), shown
            )
            tune(model, data, draw, rate, decay, budget)

    return row("network", name, given.share, timed(do) * full, len(config.downstream.seeds))


def row(measured: str, name: str, share: float, seconds: float, seeds: int) -> dict[str, Any]:
    """Return a row of the CSV."""
    about = {"measured": measured, "rival": name, "share": share, "rows": ROWS["train"]}
    return about | {"seconds": seconds, "seeds": seeds, "all_seeds_s": seconds * seeds}


def timed(do: Callable[[], object]) -> float:
    """Return the processor seconds of a call."""
    started = time.process_time()
    do()
    return time.process_time() - started


def measure_step(config: Config, name: str, data: Data, repeats: int) -> dict[str, Any]:
    """Time one step and the same in a plain loop, in turns."""
    settings, corpus = settings_of(config, name, 1.0), corpus_of(data)
    torch.manual_seed(0)
    network = fresh_network(corpus, settings).to(device())
    optimiser = AdamW(network.parameters(), 1e-3, settings.weight_decay)
    training = Training(network, optimiser, None, corpus.data, settings, settings.epochs, device())
    batches = order(corpus, settings.batch_size)
    plain = plain_loop(copy.deepcopy(network), corpus, settings)
    things = {"step": lambda: train_step(training, next(batches), None, 1e-3, 0), "plain": lambda: next(plain)}
    seconds = alternate(things, repeats, clock=time.process_time)
    about = {"measured": "step", "rival": name, "rows": settings.batch_size}
    return about | {"seconds": min(seconds["step"]), "ratio": ratio(seconds["step"], seconds["plain"])}


def order(corpus: Corpus, size: int) -> Iterator[torch.Tensor]:
    """Yield batches of row numbers for ever."""
    generator = torch.Generator().manual_seed(0)
    while True:
        rows = corpus.train[torch.randperm(len(corpus.train), generator=generator)]
        yield from (batch for batch in rows.split(size) if len(batch) == min(size, len(rows)))


def plain_loop(network: torch.nn.Module, corpus: Corpus, settings: Settings) -> Iterator[None]:
    """Take one step of a loop as one writes it by hand each time that it is asked."""
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=settings.weight_decay)
    for batch in order(corpus, settings.batch_size):
        inputs = {name: value[batch] for name, value in corpus.data.features.items()}
        present = {name: value[batch] for name, value in corpus.data.present.items()}
        found = losses(settings.losses, network(inputs, present), present, settings.objective, None)
        optimiser.zero_grad()
        sum(found.values()).backward()
        optimiser.step()
        yield


if __name__ == "__main__":
    main()
