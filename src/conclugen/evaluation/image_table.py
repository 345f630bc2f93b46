"""The table of an image data set: chance and controls first, then what self-supervision gave, with intervals.

Entry module. Intervals are over test images, copies of one image drawn together, and over the seeds of networks and
heads; a single network says nothing of others, so `networks` stands beside them. `accuracy_new` leaves out the test
images that training holds an exact copy of. `minus_…` are paired differences in accuracy under the same protocol and
share of the labels, with their interval. Of valence and arousal the mean absolute error takes the place of accuracy.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from conclugen.evaluation import chance, pretext
from conclugen.evaluation.cells import write_csv
from conclugen.evaluation.estimates import CHANCE, NO_DIFFERENCE, Estimate
from conclugen.evaluation.intervals import Resamples
from conclugen.evaluation.metrics import best as best_of
from conclugen.evaluation.predictions import Predictions, read
from conclugen.evaluation.settings import Resampling
from conclugen.evaluation.truth import Truth, read_truth
from conclugen.images import copies
from conclugen.images.methods import CONTROLS, METHODS, on_stills
from conclugen.store.settings import parse

# Of each task: metrics of `metrics.py` and their columns. The first is the one that rows are compared by.
METRICS = {
    "single": {"accuracy": "accuracy", "f1_macro": "f1_macro", "recall_macro": "uar"},
    "regression": {"mae": "mae", "rmse": "rmse", "pearson": "pearson", "ccc": "ccc"},
}
COMPARED = ("untrained", "PCA")
PROTOCOLS = (CHANCE, "linear", "knn", "supervised", "finetune")
ORDER = (*CONTROLS, "supervised", *METHODS)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings(Resampling):
    """What a table of images is told.

    Attributes:
        target: what is measured: `expression` or a dimension.
        network: of the networks that its rows are of.
        stills: networks learned from stills, not from clips.
    """

    target: str
    network: str
    stills: bool


@dataclasses.dataclass(frozen=True)
class Row:
    """One row before it is written."""

    method: str
    protocol: str
    fraction: float
    seeds: int
    scores: np.ndarray
    metrics: Mapping[str, Estimate]
    networks: Sequence[pretext.Network | None] | None


def build(
    truth: Truth, predictions: Sequence[Predictions], copied: set[str], settings: Settings
) -> list[dict[str, Any]]:
    """Return the rows of the table; `copied`: ids of images that training holds an exact copy of."""
    resamples = Resamples.of(truth, settings)
    new, headline = without(truth, copied), next(iter(METRICS[truth.task]))
    new_resamples = Resamples.of(new, settings)
    guessed = chance.rows(truth)
    rows = [Row(name, CHANCE, 1.0, 1, scores, {}, ()) for name, scores in guessed.items()]
    rows += [Row(p.method, p.protocol, p.label_fraction, len(p.seeds), p.scores, {}, p.networks) for p in predictions]
    rows = [
        dataclasses.replace(row, metrics=resamples.estimates(truth, row.scores, row.protocol))
        for row in sorted(rows, key=_place)
    ]
    is_new = np.isin(truth.ids, new.ids)
    best = _best([row.metrics[headline] for row in rows if row.protocol == CHANCE])
    table = []
    for row in rows:
        fresh = new_resamples.estimates(new, row.scores[:, is_new], row.protocol)[headline]
        cells = {"method": row.method, "protocol": row.protocol, "labels": row.fraction}
        cells |= {"network": _network(row, settings), "seeds": row.seeds, "n_test": len(truth.ids)}
        for name, column in METRICS[truth.task].items():
            cells |= _cells(column, row.metrics[name])
        cells |= _cells(f"{headline}_new", fresh) | {"n_new": len(new.ids)}
        gained = NO_DIFFERENCE if row.protocol == CHANCE else row.metrics[headline].against(best)
        cells["beats_chance"] = "" if row.protocol == CHANCE else gained.verdict(headline)
        for name in COMPARED:
            cells |= _against(row, rows, name, headline)
        cells["stills_lack"] = "+".join(on_stills(row.method)[1] if settings.stills and row.method in METHODS else ())
        table.append(cells | _pretext(row.networks))
    return table


def without(truth: Truth, copied: set[str]) -> Truth:
    """Return the truth of the test images that training has no exact copy of. Raises ValueError where none is left."""
    is_new = np.array([name not in copied for name in truth.ids.tolist()])
    if not is_new.any():
        raise ValueError(f"{truth.dataset}: training holds a copy of every test image; its folds cannot be used")
    group = np.unique(truth.group[is_new], return_inverse=True)[1]
    return dataclasses.replace(truth, ids=truth.ids[is_new], labels=truth.labels[is_new], group=group)


def _best(guessed: Sequence[Estimate]) -> Estimate:
    """The best of the chance rows, with which all others are compared."""
    value = best_of((estimate.value for estimate in guessed), guessed[0].metric)
    return next(estimate for estimate in guessed if estimate.value == value)


def _place(row: Row) -> tuple:
    order = ORDER.index(row.method) if row.method in ORDER else -1
    return PROTOCOLS.index(row.protocol), -row.fraction, order


def _network(row: Row, settings: Settings) -> str:
    learned = row.method in METHODS or row.method in ("untrained", "supervised")
    return settings.network if learned else ""


def _cells(name: str, estimate: Estimate) -> dict[str, float]:
    low, high = estimate.interval()
    return {name: estimate.value, f"{name}_lo": low, f"{name}_hi": high}


def _against(row: Row, rows: Sequence[Row], name: str, headline: str) -> dict[str, float]:
    """The difference to a control under the same protocol; empty for the control itself, for chance, and without it."""
    same = [r for r in rows if (r.method, r.protocol, r.fraction) == (name, row.protocol, row.fraction)]
    other = same[0].metrics[headline] if same and row.method in METHODS else None
    gap = row.metrics[headline].against(other)
    column = f"minus_{name.lower()}"
    return {column: gap.value, f"{column}_lo": gap.low, f"{column}_hi": gap.high}


def _pretext(networks: Sequence[pretext.Network | None] | None) -> dict[str, Any]:
    numbers = [network["numbers"] for network in pretext.distinct(networks or ())]
    means = {
        f"pretext_{name}": float(np.mean([values[name] for values in numbers])) if numbers else None
        for name in ("retrieval", "retrieval_chance", "alignment", "uniformity", "effective_rank")
    }
    words = pretext.word_cells(networks)
    return {"pretext": words["pretext"], "networks": words["networks"], **means}


def main(argv: Sequence[str] | None = None) -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--predictions", type=Path, nargs="+", required=True, help="folders of seedN.parquet")
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--copies", type=Path, required=True, help="images that training has seen")
    parser.add_argument("--settings", required=True, help="JSON")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args(argv)
    settings = parse(Settings, arguments.settings)
    truth = read_truth(arguments.manifest, settings.target)
    predictions = [read(folder, truth) for folder in arguments.predictions]
    copied = copies.read(arguments.copies, (copies.EXACT,))
    write_csv(arguments.output, build(truth, predictions, copied, settings))


if __name__ == "__main__":
    main()
