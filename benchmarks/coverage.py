"""Whether intervals hold the truth as often as they say, and tests find nothing where there is nothing, by simulation.

    python benchmarks/coverage.py --output docs/results/coverage.csv

A world of its own: utterances in groups that are easier or harder, methods that are better in some groups than in
others, networks that differ by their seed (`seed_sd`, of the signal), and noise that two methods share. `single`: four
classes as common; `multi`: four labels, the rarest of 10 %; `regression`: sentiment. Intervals are held against the
value of endless test utterances and endless seeds, made of 40,000 utterances (at least 80 times those of a draw) and
20 seeds; the two methods that are tested have the same distribution, so that every p below .05 is a false one. The
settings of the intervals are those of a table. The headline metric, which is cheap, is measured in as many draws as are
tested. The largest world, which costs as much as all others, is drawn less often. All takes 40 minutes of a core.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import math
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from harness import write_csv
from scipy.special import ndtri

from conclugen.evaluation import metrics
from conclugen.evaluation.inference import LEAST_GROUPS
from conclugen.evaluation.intervals import Resamples
from conclugen.evaluation.truth import Truth

CLASSES, SEEDS, LEVEL = 4, 5, 0.95
RATES = np.array([0.5, 0.35, 0.2, 0.1])  # of multi-label classes
GROUPS = ((4, 40), (10, 20), (20, 10), (30, 6), (60, 3), (180, 1), (678, 7))  # groups, utterances in each
SEED_SDS = (0.05, 0.2)
MANY, LARGE, LARGE_TESTS = 1000, 0.25, 0.5  # with more utterances than that, shares of the draws
REFERENCE_ROWS, REFERENCE_TIMES, REFERENCE_SEEDS = 40_000, 80, 20


@dataclasses.dataclass(frozen=True)
class Asked:
    """What a table asks for."""

    resamples: int = 1000
    seed: int = 0
    level: float = LEVEL


@dataclasses.dataclass(frozen=True)
class World:
    """What is drawn: the task, groups of how many utterances each, and how far the signals of networks lie apart."""

    task: str
    groups: int
    each: int
    seed_sd: float

    def draw(self, generator: np.random.Generator, lucks: Sequence[np.ndarray]) -> tuple[Truth, list[np.ndarray]]:
        """Return a truth and scores (S, N, C) of methods of the same distribution.

        `lucks`: of each, how far each seed (S,) lies from the mean, in deviations.
        """
        count, group = self.groups * self.each, np.repeat(np.arange(self.groups), self.each)
        labels = self._labels(generator, count)
        ease, shared = 0.4 * generator.normal(size=self.groups), 0.7 * generator.normal(size=labels.shape)
        methods = [self._scores(generator, labels, group, ease, shared, each) for each in lucks]
        names, ids = tuple("abcd"[: labels.shape[1]]), np.arange(count).astype(str)
        return Truth("made", self.task, names, ids, labels, group, labels.mean(0), labels), methods

    def _labels(self, generator: np.random.Generator, count: int) -> np.ndarray:
        if self.task == "single":
            return np.eye(CLASSES)[generator.permutation(np.arange(count) % CLASSES)]
        if self.task == "multi":
            return (generator.random((count, CLASSES)) < RATES).astype(float)
        return np.clip(generator.normal(size=(count, 1)), -3, 3)

    def _scores(
        self,
        generator: np.random.Generator,
        labels: np.ndarray,
        group: np.ndarray,
        ease: np.ndarray,
        shared: np.ndarray,
        lucks: np.ndarray,
    ) -> np.ndarray:
        taste = 0.25 * generator.normal(size=self.groups)
        leaning = 0.4 * generator.normal(size=(self.groups, labels.shape[1]))
        same = shared + leaning[group] + 0.6 * generator.normal(size=labels.shape)  # in all networks of the method
        found = []
        for luck in lucks:
            signal = 1 + ease[group] + taste[group] + self.seed_sd * luck
            logits = signal[:, None] * (2 * labels - 1 if self.task == "multi" else labels)
            logits = logits + same + 0.4 * generator.normal(size=labels.shape)
            found.append(_predictions(logits, self.task))
        return np.stack(found)


def _predictions(logits: np.ndarray, task: str) -> np.ndarray:
    if task == "regression":
        return np.clip(0.5 * logits, -3, 3)
    odds = np.exp(logits)
    return odds / odds.sum(-1, keepdims=True) if task == "single" else odds / (1 + odds)


def reference(world: World) -> dict[str, float]:
    """Return every metric of endless utterances and seeds."""
    groups = max(REFERENCE_ROWS // world.each, REFERENCE_TIMES * world.groups)
    large, even = dataclasses.replace(world, groups=groups), (np.arange(REFERENCE_SEEDS) + 0.5)
    truth, methods = large.draw(np.random.default_rng(1), [ndtri(even / REFERENCE_SEEDS)])
    each = [metrics.compute(truth.labels, one, world.task) for scores in methods for one in scores]
    return {name: float(np.mean([one[name] for one in each])) for name in metrics.NAMES[world.task]}


@dataclasses.dataclass(frozen=True)
class Trial:
    """What a table says of one draw: intervals of the first method, the headline's and all, p of the two, and how far
    seeds lie apart."""

    headline: tuple[float, float]
    intervals: dict[str, tuple[float, float]]
    p: float
    spread: float


def trial(world: World, number: int, with_intervals: bool) -> Trial:
    """Draw a world and two methods, and measure them; without intervals, the headline alone."""
    generator = np.random.default_rng([number, world.groups, round(100 * world.seed_sd)])
    truth, methods = world.draw(generator, generator.normal(size=(2, SEEDS)))
    resamples = Resamples.of(truth, Asked(seed=number))
    first, second = (resamples.headline(truth, scores, "linear") for scores in methods)
    spread, intervals = float(first.by_seed.std(ddof=1)), {}
    if with_intervals:
        intervals = {name: one.interval() for name, one in resamples.estimates(truth, methods[0], "linear").items()}
    return Trial(first.interval(), intervals, first.against(second).p, spread)


def rows(world: World, repeats: int, tests: int) -> list[dict[str, object]]:
    """Return a row per metric: how often its interval held the truth; for the headline, how often p was false."""
    if world.groups * world.each > MANY:
        repeats, tests = round(LARGE * repeats), round(LARGE_TESTS * tests)
    wanted = reference(world)
    trials = [trial(world, number, number < repeats) for number in range(max(repeats, tests))]
    p, spread = np.array([one.p for one in trials[:tests]]), float(np.mean([one.spread for one in trials]))
    found = []
    for name, value in wanted.items():
        first = name == metrics.HEADLINE[world.task]
        ends = np.array([one.headline for one in trials] if first else [o.intervals[name] for o in trials[:repeats]])
        low, high = ends.T
        row = dataclasses.asdict(world) | {"seeds": SEEDS, "headline_seed_sd": f"{spread:.4f}"}
        row |= {"metric": name, "truth": f"{value:.4f}", "repeats": len(ends)}
        row |= {"coverage": f"{float(((low <= value) & (value <= high)).mean()):.4f}"}
        row |= {"coverage_error": f"{_error(len(ends)):.4f}", "width": f"{float(np.median(high - low)):.4f}"}
        tested = first and world.groups >= LEAST_GROUPS
        row["tests"] = tests if tested else ""
        row["false_positives"] = f"{float((p <= 1 - LEVEL).mean()):.4f}" if tested else ""
        row["false_positives_error"] = f"{_error(tests):.4f}" if tested else ""
        found.append(row)
    return found


def _error(count: int) -> float:
    """The standard error of a share of 5 % of so many."""
    return math.sqrt(LEVEL * (1 - LEVEL) / count)


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=400, help="draws whose intervals are made")
    parser.add_argument("--tests", type=int, default=1500, help="draws in which two methods are compared")
    parser.add_argument("--groups", type=int, nargs="*", default=[count for count, _ in GROUPS])
    parser.add_argument("--seed-sds", type=float, nargs="*", default=SEED_SDS)
    parser.add_argument("--tasks", nargs="*", default=list(metrics.NAMES), choices=list(metrics.NAMES))
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--output", type=Path, required=True)
    given = parser.parse_args()
    sizes = [size for size in GROUPS if size[0] in given.groups]
    worlds = [World(task, *size, sd) for task, size, sd in itertools.product(given.tasks, sizes, given.seed_sds)]
    with ProcessPoolExecutor(given.jobs) as pool:
        parts = pool.map(rows, worlds, [given.repeats] * len(worlds), [given.tests] * len(worlds))
        found = [row for part in parts for row in part]
    write_csv(given.output, found)


if __name__ == "__main__":
    main()
