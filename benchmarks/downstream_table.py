"""What the protocols that train no network cost on a data set of CMU-MOSEI's size, from given representations.

22,856 utterances (16,326 / 1,871 / 4,659), six emotions, the paper's dimensions: raw features of 2048 + 2048 + 1024 +
768, representations of three times 4096. Random features with a planted class and the shipped budget of heads (six
candidates, 50 epochs at most, patience 15). One seed of each protocol is measured at every label fraction, in two
processes of one thread at once, as a scheduler would run them on two cores; five seeds take five times as long. Seconds
are the processor's, which other work on the machine changes little; `wall_s` are the clock's.

    python benchmarks/downstream_table.py        # several minutes on two cores
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from harness import machine, write_csv

from conclugen.config.stage_two import Downstream
from conclugen.downstream import heads, knn
from conclugen.downstream.data import Data
from conclugen.downstream.draws import draws_of
from conclugen.downstream.scores import outputs
from conclugen.downstream.settings import Budget
from conclugen.store.devices import set_threads
from conclugen.store.resident import Resident

SPLITS = {"train": 16_326, "valid": 1_871, "test": 4_659}
CLASSES = ("happy", "sad", "anger", "surprise", "disgust", "fear")
RATES = (0.537, 0.242, 0.230, 0.095, 0.173, 0.083)
FRACTIONS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0)
# The rows of a table that one seed has: what is measured, and how wide its inputs are.
WIDTHS = {
    "raw, all": 5888,
    "raw, video": 4096,
    "raw, audio": 1024,
    "raw, text": 768,
    "linear": 12_288,
    "shuffled": 12_288,
    "knn": 12_288,
}
TOGETHER = (("linear", "raw, video", "raw, audio", "raw, text"), ("shuffled", "raw, all", "knn"))
SEEDS = 5


def make_data(scale: float) -> Data:
    """Labels at the rates of the real test fold; no features."""
    split = np.repeat(list(SPLITS), [round(count * scale) for count in SPLITS.values()])
    generator = torch.Generator().manual_seed(0)
    targets = (torch.rand((len(split), len(CLASSES)), generator=generator) < torch.tensor(RATES)).float()
    ids = np.array([f"clip{i:06d}" for i in range(len(split))])
    return Data(ids, split, "multi", CLASSES, targets, Resident(ids, {}, {}), {})


def make_inputs(data: Data, width: int, strength: float) -> torch.Tensor:
    """Random features (N, width), standardised, a little of every class in some of their directions."""
    generator = torch.Generator().manual_seed(width)
    values = torch.randn((len(data.ids), width), generator=generator)
    directions = torch.randn((len(CLASSES), width), generator=generator) / width**0.5
    return values.addmm_(data.targets - torch.tensor(RATES), directions, alpha=strength)


def measure(name: str, scale: float, fractions: tuple[float, ...]) -> list[dict[str, Any]]:
    """Return the seconds of one seed at each fraction (k nearest neighbours: at all of them at once)."""
    data = make_data(scale)
    inputs = make_inputs(data, WIDTHS[name], strength=3.0)
    defaults = Downstream(datasets=[])
    budget = Budget(**defaults.heads.model_dump())
    draws = draws_of(data, [0], fractions, shuffled=name == "shuffled")
    if name == "knn":
        settings = knn.Settings(
            {}, ("all",), "expression", (0,), tuple(defaults.knn.neighbours), 0.1, True, tuple(fractions)
        )
        started = _now()
        chosen = list(knn.evaluate(torch.nn.functional.normalize(inputs, dim=1), data, draws, settings))
        return [_row(name, "all", started, max(chosen[-1].scores.values()))]
    rows = []
    for draw in draws:
        started = _now()
        found = heads.fit(inputs, [draw], data.task, budget)
        best = int(found.chosen()[0])
        outputs(heads.logits(inputs, found, 0, best), data.task)
        rows.append(_row(name, draw.fraction, started, float(found.score[0, best])))
    return rows


def _now() -> tuple[float, float]:
    """Seconds of this process's processor and of the clock."""
    return time.process_time(), time.perf_counter()


def _row(name: str, fraction: float | str, started: tuple[float, float], score: float) -> dict[str, Any]:
    cpu, wall = (now - then for now, then in zip(_now(), started, strict=True))
    print(f"{name:>12} {fraction:>6}: {cpu:.1f} s, valid {score:.3f}", flush=True)
    return {"measured": name, "label_fraction": fraction, "cpu_s": cpu, "wall_s": wall, "valid_score": score}


def _several(names: tuple[str, ...], scale: float, fractions: tuple[float, ...]) -> list[dict[str, Any]]:
    set_threads(1)
    return [row for name in names for row in measure(name, scale, fractions)]


def main() -> None:
    """Measure and write a CSV."""
    arguments = _arguments()
    work = [(names, arguments.scale, tuple(arguments.fractions)) for names in TOGETHER]
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        done = pool.starmap(_several, work)
    rows = [row for part in done for row in part]
    cpu, wall = (sum(row[name] for row in rows) for name in ("cpu_s", "wall_s"))
    about = {"utterances": round(sum(SPLITS.values()) * arguments.scale), "processes": 2, **machine(1)}
    whole = {"measured": f"{SEEDS} seeds, a core's share of two", "label_fraction": "all"}
    rows.append(whole | {"cpu_s": SEEDS * cpu / 2, "wall_s": SEEDS * wall / 2, "valid_score": ""})
    write_csv(arguments.output, [row | about for row in rows])
    print(f"one seed {cpu:.0f} s of one core; {SEEDS} seeds on two cores {SEEDS * cpu / 2 / 60:.1f} minutes")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="of the number of utterances")
    parser.add_argument("--fractions", type=float, nargs="+", default=list(FRACTIONS))
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "results" / "downstream_table.csv")
    return parser.parse_args()


if __name__ == "__main__":
    main()
