"""AUROC and average precision, of a split and of many resamples of it at once, by weighted ranks.

The same values as those of scikit-learn, whose import would take most of the time of a job that measures one row.
"""

from __future__ import annotations

import numpy as np

RESAMPLES_AT_ONCE = 64  # a block of cumulative weights stays in the cache
FEW_RUNS = 64  # below this many different scores, sums per group are cheaper than running sums


def counts_above(truth: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how many positives (K,) and rows (K,) have at least each of the K different scores, highest first.

    Args:
        truth: (N,) 1 or 0.
        scores: (N,).
    """
    order = np.argsort(-scores, kind="stable")
    last = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))  # ties share one threshold
    return np.cumsum(truth[order] > 0.5)[last].astype(float), last + 1.0


def auroc(truth: np.ndarray, scores: np.ndarray) -> float:
    """Return the area under the ROC curve of one class, ties counting half; NaN without positives or negatives."""
    positives = int((truth > 0.5).sum())
    if not 0 < positives < len(truth):
        return float("nan")
    hits, said = (np.append(0, counts) for counts in counts_above(truth, scores))
    return float(np.trapezoid(hits, said - hits) / (positives * (len(truth) - positives)))


def average_precision(truth: np.ndarray, scores: np.ndarray) -> float:
    """Return the average precision of one class: the mean of precision over steps of recall; NaN without positives."""
    if not (truth > 0.5).any():
        return float("nan")
    hits, said = counts_above(truth, scores)
    return float(np.sum(np.diff(hits / hits[-1], prepend=0) * (hits / said)))


def rank_metrics(
    truth: np.ndarray, scores: np.ndarray, group: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return AUROC (R,) and average precision (R,) of one class.

    Args:
        truth: (N,) 1 or 0.
        scores: (N,), higher for positive; ties count half in AUROC and share one threshold in average precision.
        group: (N,) group numbers.
        weights: (R, G) how often each group is in each resample.

    AUROC is NaN for a resample without positives or without negatives, average precision for one without positives.
    """
    area, precision = np.full(len(weights), np.nan), np.full(len(weights), np.nan)
    if not len(truth):
        return area, precision
    order = np.argsort(-scores, kind="stable")
    true, members = truth[order] > 0.5, group[order]
    run = np.cumsum(np.append(0, np.diff(scores[order]) != 0))  # number of each row's run of equal scores
    above = _by_groups if run[-1] < FEW_RUNS else _by_rows
    for start in range(0, len(weights), RESAMPLES_AT_ONCE):
        part = slice(start, start + RESAMPLES_AT_ONCE)
        area[part], precision[part] = _summarise(*above(true, members, run, weights[part]))
    return area, precision


def _by_rows(
    true: np.ndarray, members: np.ndarray, run: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Running sums over rows sorted by falling score: `true`, `members`, `run` (N,), `weights` (B, G).

    Only runs that hold a positive matter to either metric. Returns, for those T runs: the weight of positives (T, B)
    down to each run, that of all rows down to its end and down to its start, and the weight (B,) of all rows.
    float32 holds these counts exactly.
    """
    drawn = np.ascontiguousarray(weights.T, dtype=np.float32).take(members, axis=0)
    said = np.concatenate([np.zeros_like(drawn[:1]), np.cumsum(drawn, axis=0)])
    positives = np.flatnonzero(true)
    last = np.append(np.diff(run[positives]) != 0, True)[: len(positives)]  # last positive of its run
    hits = np.cumsum(drawn.take(positives, axis=0), axis=0)[last]
    used = run[positives][last]
    starts, ends = np.searchsorted(run, used), np.searchsorted(run, used, side="right")
    return hits, said.take(ends, axis=0), said.take(starts, axis=0), said[-1]


def _by_groups(
    true: np.ndarray, members: np.ndarray, run: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The same as `_by_rows`, for few runs, by a product of weights and counts per group and run."""
    counts = np.zeros((2, weights.shape[1], run[-1] + 1))
    np.add.at(counts[0], (members, run), 1)
    np.add.at(counts[1], (members[true], run[true]), 1)
    said, hits = ((weights @ group_counts.cumsum(1)).T for group_counts in counts)
    before = np.concatenate([np.zeros_like(said[:1]), said[:-1]])
    used = np.unique(run[true])
    return hits[used], said[used], before[used], said[-1]


def _summarise(
    hits: np.ndarray, said: np.ndarray, before: np.ndarray, total: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """AUROC and average precision (B,) from what `_by_rows` returns."""
    if not len(hits):
        return np.full(len(total), np.nan), np.full(len(total), np.nan)
    earlier = np.concatenate([np.zeros_like(hits[:1]), hits[:-1]])
    new, positives = hits - earlier, hits[-1].astype(float)
    wrong = new * ((said - hits) + (before - earlier)) / 2  # negatives above each positive, ties half
    with np.errstate(divide="ignore", invalid="ignore"):
        area = 1 - wrong.sum(0, dtype=float) / (positives * (total - positives))
        precision = (new * (hits / np.maximum(said, 1))).sum(0, dtype=float) / positives
    return area, precision
