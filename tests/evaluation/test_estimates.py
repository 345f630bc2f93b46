"""Values with their intervals, differences and verdicts."""

from __future__ import annotations

import numpy as np
import pytest
from test_intervals import Asked

from conclugen.evaluation.estimates import Estimate, between
from conclugen.evaluation.inference import Groups
from conclugen.evaluation.intervals import Resamples
from conclugen.evaluation.truth import Truth

GROUPS = Groups(60, 60.0)


def estimate(values, drawn_sd=0.02, metric="accuracy", groups=GROUPS, trained=True, seed=0):
    values = np.asarray(values, float)
    noise = drawn_sd * np.random.default_rng(seed).normal(size=(1, 400))
    return Estimate(metric, values, values[:, None] + noise, 0.95, groups, trained)


def test_an_interval_keeps_to_the_bounds_of_its_metric():
    assert between(0.5, 0.05, "accuracy") == pytest.approx((0.45, 0.55), abs=1e-3)
    low, high = between(0.97, 0.05, "accuracy")
    assert 0.8 < low < 0.92 < 0.99 < high < 1
    low, high = between(-0.95, 0.1, "pearson")
    assert -1 < low < -0.95 < high < -0.5
    assert between(0.01, 0.05, "mae") == (0, pytest.approx(0.06))
    assert between(0.0, 0.05, "accuracy") == (0, 0)


def test_a_difference_and_its_verdict():
    worse, better = estimate([0.50, 0.51, 0.50, 0.49, 0.50]), estimate([0.6, 0.61, 0.6, 0.59, 0.6])
    found = better.against(worse)
    assert found.value == pytest.approx(0.1)
    assert 0.08 < found.low < 0.1 < found.high < 0.12
    assert found.p < 1e-4
    assert found.detectable < 0.05
    assert (found.verdict("accuracy"), found.verdict("mae")) == ("yes", "below")
    assert worse.against(better).verdict("accuracy") == "below"
    alike = estimate([0.50, 0.51, 0.50, 0.49, 0.50], seed=1).against(worse)
    assert alike.p > 0.5
    assert alike.verdict("accuracy") == "no"


def test_what_cannot_be_compared_or_tested():
    one = estimate([0.5, 0.6, 0.55, 0.52, 0.58])
    for nothing in (one.against(None), one.against(one)):
        assert np.isnan([nothing.value, nothing.low, nothing.high, nothing.p, nothing.detectable]).all()
        assert nothing.verdict("accuracy") == "unknown"
    few = [estimate(v, groups=Groups(9, 9.0)) for v in ([0.1] * 5, [0.9] * 5)]
    found = few[1].against(few[0])
    assert (found.value, found.verdict("accuracy")) == (pytest.approx(0.8), "unknown")
    assert np.isfinite([found.low, found.high]).all()
    assert np.isnan([found.p, found.detectable]).all()
    single = Estimate("accuracy", np.array([0.5] * 5), np.empty((5, 0)), 0.95, Groups(1, 1.0))
    assert np.isnan(single.interval()).all()
    again = Estimate("accuracy", np.array([0.9] * 5), np.empty((5, 0)), 0.95, Groups(1, 1.0))
    assert single.against(again).verdict("accuracy") == "unknown"
    assert np.isnan(estimate([0.5]).interval()).all()
    assert np.isfinite(estimate([0.5], trained=False).interval()).all()


def test_constants_differ_or_do_not():
    low, high = (estimate([v], drawn_sd=0.0, trained=False) for v in (0.4, 0.5))
    assert low.interval() == (0.4, 0.4)
    assert high.against(low).verdict("accuracy") == "yes"
    again = estimate([0.4], drawn_sd=0.0, trained=False)
    assert (again.against(low).p, again.against(low).verdict("accuracy")) == (1, "no")


def test_what_resamples_inflate_lowers_the_lower_end():
    values = np.full(5, 0.5)
    drawn = np.full((5, 400), 0.53) + 0.02 * np.random.default_rng(0).normal(size=400)
    biased, plain = (Estimate(n, values, drawn, 0.95, GROUPS) for n in ("average_precision_macro", "auroc_macro"))
    assert np.mean(plain.interval()) == pytest.approx(0.5, abs=1e-3)
    assert biased.interval()[0] == pytest.approx(plain.interval()[0] - 2 * 0.03, abs=2e-3)
    assert biased.interval()[1] == plain.interval()[1]
    below = Estimate("average_precision_macro", values, drawn - 0.06, 0.95, GROUPS)
    assert below.interval() == plain.interval()  # resamples that lie lower by chance raise nothing


@pytest.mark.parametrize(("groups", "apart"), [(60, 0.0), (180, 0.0), (180, 0.25)])
def test_intervals_of_calibration_cover(groups, apart):
    """A calibrated predictor and one that is off by a quarter: as nearly always, the true error is held."""
    generator, held, values = np.random.default_rng(0), [], []
    for _ in range(60):
        p = generator.uniform(0.5 + apart, 1, groups)
        right = generator.random(groups) < p - apart
        labels = np.eye(2)[np.where(right, 0, 1)]
        scores = np.stack([p, 1 - p], 1)[None].astype(np.float32)
        names = np.arange(groups).astype(str)
        truth = Truth("x", "single", ("a", "b"), names, labels, np.arange(groups), labels.mean(0), labels)
        found = Resamples.of(truth, Asked()).estimates(truth, scores, "chance")["ece"]
        low, high = found.interval()
        held.append(low <= apart <= high)
        values.append(found.value)
        assert low <= found.value <= high < 0.5
    assert np.mean(held) >= 0.9
    assert np.mean(values) > apart  # the value lies above the truth
