"""What presets and their switches are worth on one data set, by cross-validation over its train and valid utterances.

The official validation split of a small data set tells little apart. Here its train and valid utterances together are
cut into folds (by the hash of their group); each fold is predicted once by heads that never saw it, with networks
pretrained on the others and everything chosen on the fold after it. Scores are pooled over folds; intervals are by
bootstrap over groups, differences paired. No test utterance is trained or measured on.

    python benchmarks/switches.py --manifest results/manifests/mosei922.parquet \\
        --features results/features/mosei922/*/*.h5 --configfile tests/real/mosei922.yaml
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import hashlib
import io
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import yaml
from harness import machine, write_csv

from conclugen import choices, slices
from conclugen.config import Config, check
from conclugen.downstream import data as labelled
from conclugen.downstream import heads
from conclugen.downstream.data import Data
from conclugen.downstream.draws import Draw
from conclugen.downstream.inputs import concatenate
from conclugen.downstream.representations import represent
from conclugen.downstream.scores import outputs
from conclugen.downstream.settings import Budget
from conclugen.downstream.settings import Settings as HeadSettings
from conclugen.evaluation import intervals, metrics
from conclugen.evaluation.truth import Truth
from conclugen.pretrain.corpus import Corpus
from conclugen.pretrain.fresh import fresh_network
from conclugen.pretrain.loop import train
from conclugen.pretrain.settings import Settings
from conclugen.pretrain.state import State
from conclugen.store.devices import set_threads
from conclugen.store.settings import parse

FOLDS = 5
CPU = torch.device("cpu")
Rows = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


def folds(data: Data, groups: np.ndarray) -> Iterator[Rows]:
    """Yield the rows that train, that choose, and that are predicted."""
    known = torch.cat([data.labelled("train"), data.labelled("valid")]).sort().values
    fold = np.array([int(hashlib.sha256(groups[i].encode()).hexdigest(), 16) % FOLDS for i in known.tolist()])
    for number in range(FOLDS):
        out, valid = fold == number, fold == (number + 1) % FOLDS
        yield known[~out & ~valid], known[valid], known[out]


def raw(data: Data, rows: Rows, seed: int) -> torch.Tensor:
    """The backbones' features, (N, D)."""
    return concatenate(data.inputs.features, data.inputs.present, rows[0], True, CPU).values


def pretrained(settings: Settings, folder: Path) -> Callable[[Data, Rows, int], torch.Tensor]:
    """Representations (N, R) of a network that is pretrained on the rows that train."""

    def inputs(data: Data, rows: Rows, seed: int) -> torch.Tensor:
        train_rows, valid, _ = rows
        corpus = Corpus(data.inputs, train_rows, valid, {}, "")
        torch.manual_seed(seed)
        network, state = fresh_network(corpus, settings), State(folder, str(seed))
        with contextlib.redirect_stdout(io.StringIO()):
            train(network, corpus, settings, seed, CPU, state, checkpoint_seconds=1e9)
        state.remove()
        values = represent(network.eval(), data.inputs, CPU)
        return concatenate(values, data.inputs.present, train_rows, True, CPU).values

    return inputs


def predict(
    data: Data, inputs: Callable[[Data, Rows, int], torch.Tensor], cut: Sequence[Rows], seed: int, budget: Budget
) -> np.ndarray:
    """Return scores (N, C) of one seed; each row's come from the fold that held it out."""
    scores = torch.zeros(len(data.ids), len(data.classes))
    for rows in cut:
        matrix = inputs(data, rows, seed)
        found = heads.fit(matrix, [Draw(seed, 1.0, data.targets, rows[0], rows[1])], data.task, budget)
        scores[rows[2]] = outputs(heads.logits(matrix[rows[2]], found, 0, int(found.chosen()[0])), data.task)
    return scores.numpy()


def measure(data: Data, groups: np.ndarray, config: Config, arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Yield a row per preset, and one for raw features: its score and its difference to the first preset."""
    cut, method = list(folds(data, groups)), arguments.method
    known = np.sort(np.concatenate([rows[2].numpy() for rows in cut]))
    group = np.unique(groups[known], return_inverse=True)[1]
    truth = Truth(
        "",
        data.task,
        data.classes,
        data.ids[known],
        data.targets.numpy()[known].astype(float),
        group,
        np.empty(0),
        np.empty(0),
    )
    resamples = intervals.Resamples.of(truth, config.tables)
    named = {"corpus": config.pretrain.dataset, "method": method, "protocol": "linear", "target": ""}
    metric, first = metrics.HEADLINE[data.task], None
    for preset in [*arguments.presets, choices.RAW]:
        wildcards = named | {"preset": preset}
        budget = parse(HeadSettings, json.dumps(slices.stage_settings(config, "downstream", wildcards)))
        if preset == choices.RAW:
            inputs = raw
        else:
            settings = parse(Settings, json.dumps(slices.stage_settings(config, "pretrain", wildcards)))
            inputs = pretrained(settings, arguments.output.parent / ".state")
        scores = np.stack([predict(data, inputs, cut, seed, budget)[known] for seed in range(arguments.seeds)])
        measured = resamples.estimates(truth, scores, "linear")
        found = measured[metric]
        first = found if first is None else first
        row = {"preset": preset, "metric": metric, "value": found.value}
        row |= dict(zip(("value_lo", "value_hi"), found.interval(), strict=True))
        difference = found.against(first)
        row |= {f"minus_{arguments.presets[0]}": found.value - first.value}
        row |= dict(
            zip(("difference_lo", "difference_hi", "p"), (difference.low, difference.high, difference.p), strict=True)
        )
        if data.task == "multi":
            row["auroc_macro"] = measured["auroc_macro"].value
        print(json.dumps(row), flush=True)
        yield row | {"seeds": arguments.seeds, "folds": FOLDS, "utterances": len(known), "method": method}


def main() -> None:
    """Measure and write a CSV."""
    arguments = _arguments()
    set_threads(1)
    config = read_config(arguments.configfile)
    data, groups = read_data(arguments.manifest, arguments.features, config)
    write_csv(arguments.output, [row | machine(1) for row in measure(data, groups, config, arguments)])


def read_data(manifest: Path, features: Sequence[Path], config: Config) -> tuple[Data, np.ndarray]:
    """Return a data set from its shards, …/{stream}/{shard}.h5, and the group (N,) of each utterance."""
    shards: dict[str, list[Path]] = {}
    for path in sorted(features):
        shards.setdefault(path.parent.name, []).append(path)
    joined = {m: tuple(s) for m, s in config.modalities.items()}
    data = labelled.read(manifest, shards, joined, list(joined), "expression")
    table = pd.read_parquet(manifest, columns=["utterance_id", "group"]).set_index("utterance_id")
    groups = table["group"].fillna(pd.Series(table.index, table.index)).astype(str).loc[data.ids].to_numpy()
    return data, groups


def read_config(*paths: Path) -> Config:
    """Return the shipped configuration with the files laid over it in turn, as Snakemake does."""
    root = Path(__file__).parents[1]
    files = [yaml.safe_load(path.read_text()) for path in (root / "config.yaml", *paths)]
    return check(functools.reduce(_over, files))


def _over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    both = below.keys() & above.keys()
    deeper = {k: _over(below[k], above[k]) for k in both if isinstance(below[k], dict) and isinstance(above[k], dict)}
    return below | above | deeper


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--features", type=Path, nargs="+", required=True, help="…/{stream}/{shard}.h5")
    parser.add_argument("--configfile", type=Path, required=True)
    parser.add_argument("--presets", nargs="+", required=True, help="the others are compared with the first")
    parser.add_argument("--method", default="ConCluGen")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "results" / "switches.csv")
    return parser.parse_args()


if __name__ == "__main__":
    main()
