"""Measure one folder of predictions, or the chance rows, on one split: once for all tables, figures and pages.

Entry module. Everything is computed from predictions, so a new metric trains nothing again. On the test split every
metric is measured, class by class too, and the headline metric with each modality masked; on validation, on which one
may choose, the headline metric alone.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from conclugen.data.cross_validation import Fold
from conclugen.evaluation import by_class, chance, picture, scores
from conclugen.evaluation.confusion import SEVEN
from conclugen.evaluation.estimates import CHANCE, Estimate
from conclugen.evaluation.intervals import Resamples, rank
from conclugen.evaluation.metrics import HEADLINE
from conclugen.evaluation.predictions import read_pooled
from conclugen.evaluation.regression import seven
from conclugen.evaluation.scores import Interval, Score, Split
from conclugen.evaluation.settings import Resampling
from conclugen.evaluation.truth import Truth
from conclugen.evaluation.truth import read_pooled as truth_of
from conclugen.store.settings import parse

TEST = "test"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings(Resampling):
    """What is measured, and how often groups are drawn.

    Attributes:
        target: `expression` or `sentiment`.
        folds: of a data set that is tested by folds, all of them, in their order.
    """

    OPTIONAL = ("folds",)

    target: str
    folds: tuple[Fold, ...] = ()


def measure(truth: Truth, folders: Sequence[Path], settings: Settings) -> Score:
    """Return the row of a folder of predictions, or of those of all folds."""
    resamples, p = Resamples.of(truth, settings), read_pooled(folders, truth)
    about = {name: getattr(p, name) for name in scores.NAMES}
    row = _measured(truth, p.scores, resamples, about)
    if truth.split != TEST:
        return row
    masked = {name: resamples.headline(truth, masked_scores, p.protocol) for name, masked_scores in p.without.items()}
    return dataclasses.replace(row, masked=masked, drawn=picture.of(truth, p.scores))


def measure_chance(truth: Truth, settings: Settings) -> list[Score]:
    """Return the chance rows of a split."""
    resamples = Resamples.of(truth, settings)
    nothing = {"corpus": "", "preset": "", "streams": "", "label_fraction": None, "networks": (), "protocol": CHANCE}
    guessed = chance.rows(truth)
    return [
        _measured(truth, chance_scores, resamples, nothing | {"method": name})
        for name, chance_scores in guessed.items()
    ]


def split_of(truth: Truth, settings: Settings) -> Split:
    """Return what rows say of the split that they were measured on."""
    regression = truth.task == "regression"
    if regression:
        known = truth.labels[~np.isnan(truth.labels)]
        support = [(seven(known) == class_value).sum() for class_value in SEVEN]
    else:
        support = list(np.nansum(truth.labels, 0))
    return Split(
        dataset=truth.dataset,
        adapter=truth.adapter,
        task=truth.task,
        classes=tuple(truth.classes),
        split=truth.split,
        level=settings.level,
        count=len(truth.ids),
        groups=Resamples.of(truth, settings).groups,
        known=tuple(int(count) for count in (~np.isnan(truth.labels)).sum(0)),
        support=tuple(int(count) for count in support),
        priors=tuple(float(prior) for prior in truth.priors),
        median=float(np.nanmedian(truth.train)) if regression and truth.train.size else float("nan"),
    )


def _measured(truth: Truth, row_scores: np.ndarray, resamples: Resamples, about: dict[str, Any]) -> Score:
    """The metrics of scores (S, N, C), and those of each class."""
    protocol = about["protocol"]
    if truth.split != TEST:
        headline = resamples.headline(truth, row_scores, protocol)
        return Score(**about, headline=headline, metrics={headline.metric: interval(headline)})
    ranked = (
        []
        if truth.task == "regression"
        else [rank(truth, seed_scores, resamples.weights) for seed_scores in row_scores]
    )
    estimates = resamples.estimates(truth, row_scores, protocol, ranked)
    classes = by_class.estimates(truth, row_scores, resamples, protocol, ranked) if ranked else []
    return Score(
        **about,
        headline=estimates[HEADLINE[truth.task]],
        metrics={name: interval(estimate) for name, estimate in estimates.items()},
        classes=[{name: interval(estimate) for name, estimate in of_class.items()} for of_class in classes],
    )


def interval(estimate: Estimate) -> Interval:
    """Return the value of a metric and its interval."""
    return (estimate.value, *estimate.interval())


def main(argv: Sequence[str] | None = None) -> None:
    """Write the scores."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--predictions", type=Path, nargs="+", help="a folder, or one per fold; none: chance")
    parser.add_argument("--split", choices=(TEST, "valid"), required=True)
    parser.add_argument("--settings", required=True, help="JSON")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args(argv)
    settings = parse(Settings, arguments.settings)
    truth = truth_of(arguments.manifest, settings.target, arguments.split, settings.folds)
    if arguments.predictions is None:
        rows = measure_chance(truth, settings)
    else:
        rows = [measure(truth, arguments.predictions, settings)]
    scores.write(arguments.output, split_of(truth, settings), rows)


if __name__ == "__main__":
    main()
