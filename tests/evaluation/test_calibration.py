"""Calibration: against torchmetrics, by hand, and in resamples."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from test_intervals import Asked, make_truth
from torchmetrics.functional import classification as tm

from conclugen.evaluation import calibration, intervals, metrics


def make_scores(truth, seed=0):
    scores = np.random.default_rng(seed).random(truth.labels.shape).astype(np.float32)
    return scores if truth.task == "multi" else scores / scores.sum(1, keepdims=True)


def test_is_that_of_torchmetrics():
    truth = make_truth("multi", count=400)
    scores = make_scores(truth)
    scores[:3] = [[0, 1, 0.5, 1]] * 3  # both ends
    each = []
    for c in range(4):
        known = ~np.isnan(truth.labels[:, c])
        given = torch.from_numpy(scores[known, c]), torch.from_numpy(truth.labels[known, c]).int()
        each.append(float(tm.binary_calibration_error(*given, n_bins=calibration.BINS)))
    found = metrics.compute(truth.labels, scores, "multi")["ece_macro"]
    assert found == pytest.approx(np.mean(each), abs=1e-6)
    truth = make_truth("single", count=400)
    scores = make_scores(truth)
    given = torch.from_numpy(scores), torch.from_numpy(truth.labels.argmax(1))
    wanted = tm.multiclass_calibration_error(*given, num_classes=4, n_bins=calibration.BINS)
    assert metrics.compute(truth.labels, scores, "single")["ece"] == pytest.approx(float(wanted), abs=1e-6)


def test_by_hand():
    truth = np.array([[1.0], [0], [0], [1]])
    scores = np.array([[0.31], [0.32], [0.9], [0.91]])  # two bins: .315 against 1/2, .905 against 1/2
    assert calibration.compute(truth, scores, "multi") == pytest.approx((abs(0.315 - 0.5) + abs(0.905 - 0.5)) / 2)
    single = np.array([[0.7, 0.3], [0.72, 0.28]])  # decided with .7 and .72, right once; one bin
    assert calibration.compute(np.eye(2), single, "single") == pytest.approx(0.71 - 0.5)


def test_the_priors_are_calibrated_and_a_sure_guess_is_not():
    labels = np.array([[1.0]] * 3 + [[0.0]] * 7)
    assert calibration.compute(labels, np.full((10, 1), 0.3), "multi") == pytest.approx(0, abs=1e-12)
    assert calibration.compute(labels, np.zeros((10, 1)), "multi") == pytest.approx(0.3)
    assert np.isnan(calibration.compute(labels * np.nan, np.zeros((10, 1)), "multi"))


@pytest.mark.parametrize("task", ["multi", "single"])
def test_intervals_hold_the_value_and_lie_below_the_resamples(task):
    """Resamples add noise, and noise adds error; the interval looks behind both."""
    truth = make_truth(task, count=300, groups=60)
    scores = make_scores(truth)
    name = {"multi": "ece_macro", "single": "ece"}[task]
    value = metrics.compute(truth.labels, scores, task)[name]
    found = intervals.Resamples.of(truth, Asked()).estimates(truth, scores[None], "chance")[name]
    low, high = found.interval()
    assert found.drawn.mean() > value
    assert 0 <= low < value <= high
    assert (low + high) / 2 < found.drawn.mean()
    perfect = truth.labels[None] if task == "single" else np.nan_to_num(truth.labels)[None]
    assert intervals.Resamples.of(truth, Asked()).estimates(truth, perfect, "chance")[name].interval() == (0, 0)
