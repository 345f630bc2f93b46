"""The classes of a data set one by one: how many there are, and how well each row of the table finds them.

Entry module. Single label: each class against the rest; precision, recall and F1 of the decisions, AUROC and average
precision of its probability.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from conclugen.evaluation import chance, pretext
from conclugen.evaluation.cells import write_csv
from conclugen.evaluation.estimates import Estimate
from conclugen.evaluation.intervals import CHANCE, Resamples, counts
from conclugen.evaluation.predictions import Predictions
from conclugen.evaluation.ranks import rank_metrics
from conclugen.evaluation.table import Settings, group_cells, metric_cells, order, parse_arguments
from conclugen.evaluation.truth import Truth

NAMES = ("precision", "recall", "f1", "auroc", "average_precision")


def build(truth: Truth, predictions: Sequence[Predictions], settings: Settings) -> list[dict[str, Any]]:
    """Return a row per row of the table and class. Raises ValueError for sentiment, which has no classes."""
    if truth.task == "regression":
        raise ValueError(f"{truth.dataset}: sentiment is a number and has no classes")
    resamples = Resamples.of(truth, settings)
    guesses = chance.rows(truth, settings.chance_draws)
    nothing = {"streams": "", "preset": "", "corpus": ""} | pretext.word_cells(())
    named = [({"method": n, "protocol": CHANCE} | nothing, s) for n, s in guesses.items()]
    for p in sorted(predictions, key=order):
        about = {name: getattr(p, name) for name in ("method", "protocol", "streams", "preset", "corpus")}
        named.append((about | pretext.word_cells(p.networks), p.scores))
    return [row for about, scores in named for row in _rows(truth, about, scores, resamples, settings)]


def _rows(
    truth: Truth, about: dict[str, Any], scores: np.ndarray, resamples: Resamples, settings: Settings
) -> list[dict[str, Any]]:
    """The rows of the classes, for scores (S, N, C)."""
    measured = estimates(truth, scores, resamples, about["protocol"])
    known, support = (~np.isnan(truth.labels)).sum(0), np.nansum(truth.labels, 0)
    rows = []
    for c, name in enumerate(truth.classes):
        row = {"dataset": truth.dataset} | about | {"data": settings.data, "seeds": len(scores), "class": name}
        row |= {"n_test": int(known[c]), "support": int(support[c]), "share_test": float(support[c] / max(known[c], 1))}
        row["share_train"] = float(truth.priors[c])
        row |= group_cells(resamples, len(scores), about["protocol"])
        rows.append(row | metric_cells(measured[c]))
    return rows


def estimates(truth: Truth, scores: np.ndarray, resamples: Resamples, protocol: str) -> list[dict[str, Estimate]]:
    """Return, class by class, each metric by name for scores (S, N, C) of a row with this protocol."""
    whole = np.ones((1, resamples.weights.shape[1]), dtype=np.int32)
    values = [by_class(truth, one, whole) for one in scores]
    each = [by_class(truth, one, resamples.weights) for one in scores]
    drawn = {name: np.stack([one[name] for one in each]) for name in NAMES}
    return [
        {
            name: resamples.estimate(
                name, np.array([one[name][0, c] for one in values]), drawn[name][:, :, c], protocol
            )
            for name in NAMES
        }
        for c in range(len(truth.classes))
    ]


def by_class(truth: Truth, scores: np.ndarray, weights: np.ndarray) -> dict[str, np.ndarray]:
    """Return each metric (R, C) of scores (N, C) for group weights (R, G).

    Precision is 0 where nothing was decided positive. A class without positives has no recall, F1, AUROC and average
    precision, one without negatives no AUROC: NaN.
    """
    hit, false, missed, _ = counts(truth, scores, weights)
    support = hit + missed
    with np.errstate(divide="ignore", invalid="ignore"):
        found = {
            "precision": np.where(hit + false > 0, hit / (hit + false), 0),
            "recall": hit / support,
            "f1": np.where(support > 0, 2 * hit / (2 * hit + false + missed), np.nan),
        }
    ranked = []
    for c in range(truth.labels.shape[1]):
        known = ~np.isnan(truth.labels[:, c])
        ranked.append(rank_metrics(truth.labels[known, c], scores[known, c], truth.group[known], weights))
    area, precision = (np.stack(each, axis=1) for each in zip(*ranked, strict=True))
    return found | {"auroc": area, "average_precision": precision}


def main(argv: Sequence[str] | None = None) -> None:
    """Write the table."""
    given = parse_arguments(__doc__ or "", argv)
    write_csv(given.output, build(given.truth, given.predictions, given.settings))


if __name__ == "__main__":
    main()
