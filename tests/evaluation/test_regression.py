"""Metrics of sentiment: against scikit-learn and scipy, by hand, and in resamples."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import pearsonr
from sklearn import metrics as sk

from conclugen.evaluation import intervals, metrics, regression
from conclugen.evaluation.truth import Truth


def example(count=200, seed=0):
    generator = np.random.default_rng(seed)
    truth = np.round(3 * np.clip(generator.normal(0.4, 1.2, count), -3, 3)) / 3
    return truth, np.clip(0.6 * truth + generator.normal(0, 0.8, count), -3, 3).astype(np.float32)


def test_are_those_of_scikit_learn_and_scipy():
    truth, scores = example()
    found = metrics.compute(truth[:, None], scores[:, None], "regression")
    assert found["mae"] == pytest.approx(sk.mean_absolute_error(truth, scores))
    assert found["pearson"] == pytest.approx(pearsonr(truth, scores.astype(float)).statistic)
    assert found["rmse"] == pytest.approx(sk.root_mean_squared_error(truth, scores))
    x, y = scores.astype(float), truth
    covariance = np.cov(x, y, bias=True)
    agreement = 2 * covariance[0, 1] / (x.var() + y.var() + (x.mean() - y.mean()) ** 2)
    assert found["ccc"] == pytest.approx(agreement)
    assert found["acc7"] == pytest.approx(sk.accuracy_score(np.round(truth).astype(int), np.round(scores).astype(int)))
    assert found["acc2_has0"] == pytest.approx(sk.accuracy_score(truth >= 0, scores >= 0))
    assert found["f1_weighted_has0"] == pytest.approx(sk.f1_score(truth >= 0, scores >= 0, average="weighted"))
    there = truth != 0
    assert (~there).sum() > 0
    assert found["acc2_non0"] == pytest.approx(sk.accuracy_score(truth[there] > 0, scores[there] > 0))
    wanted = sk.f1_score(truth[there] > 0, scores[there] > 0, average="weighted")
    assert found["f1_weighted_non0"] == pytest.approx(wanted)


def test_by_hand():
    truth = np.array([-3.0, -1.0, 0.0, 0.0, 2.0, np.nan])
    scores = np.array([-2.6, 0.4, 0.0, -0.6, 1.5, 3.0])
    found = metrics.compute(truth[:, None], scores[:, None], "regression")
    assert found["mae"] == pytest.approx((0.4 + 1.4 + 0 + 0.6 + 0.5) / 5)
    assert found["acc7"] == pytest.approx(3 / 5)  # -2.6 is -3, 0 is 0, 1.5 is 2 (half to even); 0.4 is 0, -0.6 is -1
    assert found["acc2_has0"] == pytest.approx(3 / 5)  # 0 counts as not negative; wrong: 0.4 for -1, -0.6 for 0
    assert found["acc2_non0"] == pytest.approx(2 / 3)  # the two zeros are left out
    assert found["f1_weighted_non0"] == pytest.approx((1 * (2 / 3) + 2 * (2 / 3)) / 3)


def test_perfect_and_constant():
    truth, _ = example()
    perfect = metrics.compute(truth[:, None], truth[:, None], "regression")
    assert (perfect["mae"], perfect["rmse"]) == (0, 0)
    assert [perfect[name] for name in regression.NAMES[2:]] == pytest.approx([1] * 7)
    constant = metrics.compute(truth[:, None], np.full((len(truth), 1), 0.1, np.float32), "regression")
    assert np.isnan(constant["pearson"])
    assert constant["ccc"] == 0
    assert constant["acc2_has0"] == pytest.approx((truth >= 0).mean())


def test_values_beyond_the_range_are_of_the_outermost_class():
    assert regression.seven(np.array([-9.0, -2.5, -0.5, 0.5, 2.6, 7.0])).tolist() == [-3, -2, 0, 0, 3, 3]


@pytest.mark.parametrize("kind", ["smooth", "constant", "rounded"])
def test_a_resample_is_the_metric_of_its_rows(kind):
    truth, scores = example()
    truth[3:9] = np.nan
    scores = {"smooth": scores, "constant": np.full_like(scores, 0.3), "rounded": np.round(scores)}[kind]
    group = np.random.default_rng(1).integers(0, 25, len(truth))
    about = Truth("x", "regression", ("sentiment",), np.arange(200).astype(str), truth[:, None], group, None, None)
    weights = intervals.group_weights(25, 6, seed=2)
    found = intervals.resampled(about, scores[None, :, None], weights)
    for r, drawn in enumerate(weights):
        rows = np.repeat(np.arange(len(truth)), drawn[group])
        wanted = metrics.compute(truth[rows, None], scores[rows, None], "regression")
        for name in regression.NAMES:
            assert found[name][0, r] == pytest.approx(wanted[name], abs=1e-9, nan_ok=True), name


def test_a_lower_error_is_better():
    assert metrics.is_better(0.5, 0.6, "mae")
    assert not metrics.is_better(0.5, 0.6, "pearson")
    assert metrics.best([0.6, np.nan, 0.5], "mae") == 0.5
    assert metrics.best([0.6, np.nan, 0.5], "acc7") == 0.6
    assert np.isnan(metrics.best([np.nan], "mae"))


def test_concordance_by_hand_and_what_correlation_does_not_see():
    """A shift and a wrong spread cost what correlation forgives; truth that is one value has none."""
    truth = np.array([1.0, 2.0, 3.0, np.nan])
    shifted = regression.compute(truth, np.array([2.0, 3.0, 4.0, 0.0]))
    assert (shifted["pearson"], shifted["rmse"]) == (pytest.approx(1), pytest.approx(1))
    assert shifted["ccc"] == pytest.approx(2 * (2 / 3) / (2 / 3 + 2 / 3 + 1))
    halved = regression.compute(truth, np.array([1.5, 2.0, 2.5, 0.0]))
    assert halved["pearson"] == pytest.approx(1)
    assert halved["ccc"] == pytest.approx(2 * (1 / 3) / (2 / 3 + 1 / 6))
    mirrored = regression.compute(truth, np.array([3.0, 2.0, 1.0, 0.0]))
    assert mirrored["ccc"] == pytest.approx(-1)
    assert np.isnan(regression.compute(np.ones(4), np.arange(4.0))["ccc"])
    assert np.isnan(regression.compute(np.ones(4), np.ones(4))["ccc"])


def test_concordance_of_resamples_is_that_of_their_rows():
    truth, scores = example(60, seed=5)
    scores = scores + 0.7  # far from the mean of the truth, which resamples move
    group = np.arange(60) // 3
    generator = np.random.default_rng(0)
    weights = np.stack([np.bincount(generator.integers(20, size=20), minlength=20) for _ in range(5)]).astype(float)
    found = regression.resampled(truth, scores, group, weights)
    for row, counts in enumerate(weights):
        rows = np.repeat(np.arange(60), counts[group].astype(int))
        alone = regression.compute(truth[rows], scores[rows])
        for name in ("rmse", "ccc", "pearson"):
            assert found[name][row] == pytest.approx(alone[name]), name
