"""Resampling: the same numbers as computing each metric on the rows drawn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from conclugen.evaluation import intervals, metrics
from conclugen.evaluation.ranks import rank_metrics
from conclugen.evaluation.truth import Truth


class Asked:
    resamples, seed, level = 400, 0, 0.95


def make_truth(task, count=150, groups=20, classes=4, seed=0, rates=(0.5, 0.3, 0.2, 0.05)):
    generator = np.random.default_rng(seed)
    if task == "multi":
        labels = (generator.random((count, classes)) < np.array(rates)).astype(float)
        labels[generator.random((count, classes)) < 0.05] = np.nan
    else:
        labels = np.eye(classes)[generator.integers(0, classes, count)]
    group = np.unique(generator.integers(0, groups, count), return_inverse=True)[1]
    names = tuple("abcdefgh"[:classes])
    ids = np.array([f"u{i}" for i in range(count)])
    return Truth("made", task, names, ids, labels, group, np.nanmean(labels, 0), labels)


@pytest.mark.parametrize("task", ["multi", "single"])
@pytest.mark.parametrize("kind", ["smooth", "tied", "constant"])
def test_a_resample_is_the_metric_of_its_rows(task, kind):
    truth, generator = make_truth(task), np.random.default_rng(1)
    scores = generator.random((3, *truth.labels.shape)).astype(np.float32)
    scores = {"smooth": scores, "tied": np.round(scores, 1), "constant": np.zeros_like(scores)}[kind]
    weights = intervals.group_weights(truth.group.max() + 1, 5, seed=3)
    assert (weights.sum(1) == truth.group.max() + 1).all()
    found = intervals.resampled(truth, scores, weights)
    for r, drawn in enumerate(weights):
        rows = np.repeat(np.arange(len(truth.ids)), drawn[truth.group])
        each = [metrics.compute(truth.labels[rows], one[rows], task) for one in scores]
        for name in metrics.NAMES[task]:
            wanted = [one[name] for one in each]
            assert found[name][:, r] == pytest.approx(wanted, abs=1e-6, nan_ok=True), name


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 200), st.integers(0, 5)), min_size=2, max_size=200),
    st.integers(0, 2**32 - 1),
)
def test_weighted_ranks(rows, seed):
    """Against scikit-learn with sample weights; few and many different scores take different ways."""
    truth = np.array([row[0] for row in rows], float)
    scores, group = np.array([row[1] for row in rows]) / 7, np.array([row[2] for row in rows])
    weights = np.random.default_rng(seed).integers(0, 4, (3, 6))
    area, precision = rank_metrics(truth, scores, group, weights)
    for r in range(3):
        sample = weights[r][group]
        positives, negatives = sample[truth == 1].sum(), sample[truth == 0].sum()
        kept = sample > 0
        if positives and negatives:
            wanted = roc_auc_score(truth[kept], scores[kept], sample_weight=sample[kept])
            assert area[r] == pytest.approx(wanted, abs=1e-6)
        else:
            assert np.isnan(area[r])
        if positives:
            wanted = average_precision_score(truth[kept], scores[kept], sample_weight=sample[kept])
            assert precision[r] == pytest.approx(wanted, abs=1e-6)
        else:
            assert np.isnan(precision[r])


def test_groups_make_wider_intervals_than_utterances():
    """Ten copies of each utterance hold no more information; resampling utterances would pretend they do."""
    one = make_truth("single", count=80, groups=10_000)
    labels = np.repeat(one.labels, 10, axis=0)
    right = np.random.default_rng(0).random(80) < 0.6
    scores = np.repeat(np.where(right[:, None], one.labels, np.roll(one.labels, 1, axis=1)), 10, axis=0)[None]
    ids = np.arange(800).astype(str)

    def width(group):
        truth = Truth("made", "single", one.classes, ids, labels, group, one.priors, one.train)
        low, high = intervals.Resamples.of(truth, Asked()).estimates(truth, scores, "chance")["accuracy"].interval()
        return high - low

    grouped, loose = width(np.repeat(np.arange(80), 10)), width(np.arange(800))
    assert grouped == pytest.approx(2 * 1.96 * np.sqrt(0.6 * 0.4 / 80), rel=0.2)
    assert grouped > 2.5 * loose


def test_same_seed_same_resamples():
    assert np.array_equal(intervals.group_weights(30, 10, 1), intervals.group_weights(30, 10, 1))
    assert not np.array_equal(intervals.group_weights(30, 10, 1), intervals.group_weights(30, 10, 2))
