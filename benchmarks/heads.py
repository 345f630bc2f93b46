"""Whether linear heads reach their optimum: ours beside scikit-learn's logistic regression, on the same rows.

Splits by group, as many as `--splits`; of each, the first `--rows` training rows of a random order. Both see the same
standardised matrix, weigh classes alike, choose on the same validation rows by the headline metric (ours among rates,
decays and epochs of the configuration, scikit-learn's among penalties), and are measured on the same held-out rows.
Test utterances are not read. A row per data set, modalities and number of training rows.

    python benchmarks/heads.py --manifest results/manifests/mosei922.parquet \\
        --features results/features/mosei922/*/*.h5 --configfile tests/real/mosei922.yaml
"""

from __future__ import annotations

import argparse
import csv
import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from harness import machine, write_csv
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from switches import read_config, read_data

from conclugen import choices, slices
from conclugen.config import Config
from conclugen.downstream import heads
from conclugen.downstream.data import Data
from conclugen.downstream.draws import Draw
from conclugen.downstream.inputs import concatenate
from conclugen.downstream.scores import headline
from conclugen.downstream.settings import Budget
from conclugen.downstream.settings import Settings as HeadSettings
from conclugen.store.allocator import keep_memory
from conclugen.store.devices import set_threads
from conclugen.store.settings import parse

PENALTIES = 10.0 ** np.arange(-5, 3, 0.5)  # C of scikit-learn: the inverse of the penalty
Rows = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


def splits(data: Data, groups: np.ndarray, count: int, most: int) -> Iterator[Rows]:
    """Yield rows that train (at most `most`), that choose and that are predicted: 3/5, 1/5 and 1/5 of the groups."""
    known = torch.cat([data.labelled("train"), data.labelled("valid")]).sort().values
    names = np.unique(groups[known])
    for number in range(count):
        generator = np.random.default_rng(number)
        fold = dict(zip(generator.permutation(names), np.arange(len(names)) * 5 // len(names), strict=True))
        of = np.array([fold[groups[i]] for i in known.tolist()])
        train = known[generator.permutation(np.flatnonzero(of < 3))[:most]]
        yield train, known[of == 3], known[of == 4]


def optimum(values: torch.Tensor, data: Data, rows: Rows) -> float:
    """The score of logistic regression at the penalty that validation chooses."""
    train, valid, held = rows
    best = (-np.inf, np.nan)
    for penalty in PENALTIES:
        outputs = torch.from_numpy(_logits(values, data, train, penalty))
        chosen, score = (float(headline(outputs[part], data.targets[part], data.task)) for part in (valid, held))
        best = max(best, (chosen, score), key=lambda pair: pair[0])
    return best[1]


def _logits(values: torch.Tensor, data: Data, train: torch.Tensor, penalty: float) -> np.ndarray:
    """Decision values (N, C) of logistic regression."""
    kind = {"C": penalty, "class_weight": "balanced", "max_iter": 3000}
    matrix, targets = values.numpy(), data.targets.numpy()
    if data.task == "single":
        fitted = LogisticRegression(**kind).fit(matrix[train], targets[train].argmax(1))
        found = np.full((len(matrix), targets.shape[1]), -np.inf, np.float32)
        scores = fitted.decision_function(matrix)
        found[:, fitted.classes_] = scores if scores.ndim > 1 else np.stack([-scores, scores], 1)
        return found
    columns = []
    for c in range(targets.shape[1]):
        known = train[~np.isnan(targets[train, c])]
        fitted = LogisticRegression(**kind).fit(matrix[known], targets[known, c] > 0.5)
        columns.append(fitted.decision_function(matrix))
    return np.stack(columns, 1).astype(np.float32)


def ours(values: torch.Tensor, data: Data, rows: Rows, budget: Budget, seed: int) -> float:
    """The score of the head that validation chooses."""
    draw = Draw(seed, 1.0, data.targets, rows[0], rows[1])
    found = heads.fit(values, [draw], data.task, budget)
    outputs = heads.logits(values[rows[2]], found, 0, int(found.chosen()[0]))
    return float(headline(outputs, data.targets[rows[2]], data.task))


def measure(data: Data, groups: np.ndarray, config: Config, arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Yield a row per set of modalities and number of training rows."""
    named = {"dataset": arguments.manifest.stem, "method": choices.RAW, "protocol": "raw", "target": "", "share": ""}
    budget = parse(HeadSettings, json.dumps(slices.stage_settings(config, "downstream", named)))
    names = list(data.inputs.features)
    for chosen in [names, *([name] for name in names if len(names) > 1)]:
        for most in arguments.rows:
            found = []
            for number, rows in enumerate(splits(data, groups, arguments.splits, most)):
                features = {name: data.inputs.features[name] for name in chosen}
                values = concatenate(features, data.inputs.present, rows[0], True, torch.device("cpu")).values
                found.append((ours(values, data, rows, budget, number), optimum(values, data, rows), len(rows[0])))
            mine, best, sizes = np.array(found).T
            differences = mine - best
            row = {"dataset": arguments.manifest.stem, "modalities": "+".join(chosen), "rows": int(sizes.mean())}
            row |= {"dimensions": values.shape[1], "splits": len(found), "heads": mine.mean(), "optimum": best.mean()}
            row |= {"difference": differences.mean(), "error": differences.std(ddof=1) / np.sqrt(len(found))}
            print("  ".join(f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items()), flush=True)
            yield row


def main() -> None:
    """Measure and write a CSV."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--features", type=Path, nargs="+", required=True, help="…/{stream}/{shard}.h5")
    parser.add_argument("--configfile", type=Path, nargs="+", required=True)
    parser.add_argument("--rows", type=int, nargs="+", default=[180, 100_000], help="training rows, at most")
    parser.add_argument("--splits", type=int, default=10)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "results" / "heads.csv")
    arguments = parser.parse_args()
    set_threads(1)
    keep_memory()
    warnings.simplefilter("ignore", ConvergenceWarning)  # at next to no penalty, which validation does not choose
    config = read_config(*arguments.configfile)
    data, groups = read_data(arguments.manifest, arguments.features, config)
    rows = [row | machine(1) for row in measure(data, groups, config, arguments)]
    write_csv(arguments.output, [*_others(arguments.output, arguments.manifest.stem), *rows])


def _others(path: Path, dataset: str) -> list[dict[str, Any]]:
    """The rows of other data sets in a file that an earlier call wrote."""
    if not path.exists():
        return []
    with open(path, newline="") as handle:
        return [row for row in csv.DictReader(handle) if row["dataset"] != dataset]


if __name__ == "__main__":
    main()
