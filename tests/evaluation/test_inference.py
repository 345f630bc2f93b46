"""Variances, tests and words: seeds and groups both count, once."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from conclugen.evaluation.estimates import Estimate
from conclugen.evaluation.inference import Groups, SeedPart, Variance, caution, combine, holm, of_seeds
from conclugen.evaluation.intervals import group_weights


def made(generator, groups=60, seeds=5, seed_sd=0.0, shared=None, trained=True):
    """An estimate of the mean over groups; `shared` (G,) is what two methods have in common."""
    values = 0.1 * generator.normal(size=groups) + (0 if shared is None else shared)
    values = 0.5 + values + seed_sd * generator.normal(size=(seeds, 1)) + 0.1 * generator.normal(size=(seeds, groups))
    weights = group_weights(groups, 200, 0)
    about = Groups(groups, float(groups))
    return Estimate("mae", values.mean(1), values @ weights.T / groups, 0.95, about, trained)


@pytest.mark.parametrize("groups", [10, 60])
@pytest.mark.parametrize("seed_sd", [0.01, 0.05])
def test_intervals_cover_and_tests_keep_their_level(groups, seed_sd):
    """About 95 of 100 intervals hold the truth, and about 5 of 100 tests of equals find a difference."""
    generator, held, false, alone = np.random.default_rng(groups), [], [], []
    for _ in range(400):
        shared = 0.2 * generator.normal(size=groups)
        first, second = (made(generator, groups, seed_sd=seed_sd, shared=shared) for _ in range(2))
        low, high = first.interval()
        held.append(low <= 0.5 <= high)
        found = first.against(second)
        false.append(found.p < 0.05)
        assert (found.p < 0.05) == (not found.low <= 0 <= found.high)
        groups_alone = combine(first.drawn.mean(0) - second.drawn.mean(0), first.groups)
        alone.append(groups_alone.p(found.value) < 0.05)
    assert np.mean(held) == pytest.approx(0.95, abs=0.03)
    assert np.mean(false) == pytest.approx(0.05, abs=0.03)
    if seed_sd > 0.01 and groups > 10:
        assert np.mean(alone) > 0.2  # what it would be without the seeds


def test_seeds_and_groups_add_up_and_what_they_share_counts_once():
    generator = np.random.default_rng(0)
    variances = [made(generator, 200, seeds=8, seed_sd=0.03).variance().value for _ in range(200)]
    truth = 0.1**2 / 200 + (0.03**2 + 0.1**2 / 200) / 8
    assert np.mean(variances) == pytest.approx(truth, rel=0.07)
    shuffled = made(generator, 200, seeds=8, seed_sd=0.03)
    assert shuffled.variance().freedom < 100


def test_the_part_of_seeds():
    groups, drawn = Groups(30, 30.0), np.tile([[0.5], [0.7], [0.6]], (1, 50))
    part = of_seeds(np.array([0.5, 0.7, 0.6]), drawn, groups, trained=True)
    assert part.value == pytest.approx(0.01 / 3)
    assert part.noise == pytest.approx((0.01 / 3) ** 2 / 2)
    assert of_seeds(np.full(3, 0.6), drawn, groups, trained=True) == SeedPart(0, 0)
    assert of_seeds(np.array([0.5, np.nan, 0.7]), drawn, groups, trained=True).value == pytest.approx(0.02 / 2)
    assert of_seeds(np.array([0.5]), drawn[:1], groups, trained=False) == SeedPart(0, 0)
    assert np.isnan(of_seeds(np.array([0.5]), drawn[:1], groups, trained=True).value)


def test_a_variance_of_seeds_alone_is_a_test_of_welch():
    """Without anything that groups add, five networks against five are Welch's t test."""
    generator = np.random.default_rng(3)
    values = generator.normal(size=(2, 5)) * [[0.02], [0.05]] + 0.5
    groups = Groups(1000, 1000.0)
    first, second = (Estimate("mae", one, np.tile(one[:, None], (1, 300)), 0.95, groups) for one in values)
    wanted = stats.ttest_ind(*values, equal_var=False)
    assert first.against(second).p == pytest.approx(wanted.pvalue, rel=1e-6)
    same = first.against(second, same_networks=True)
    assert same.p == pytest.approx(stats.ttest_rel(*values).pvalue, rel=1e-6)


def test_few_resamples_are_rough_and_many_tests_ask_for_no_more_of_them():
    drawn = np.random.default_rng(0).normal(size=2000)
    few, many = (combine(drawn[:n], Groups(500, 500.0)) for n in (50, 2000))
    assert few.freedom == pytest.approx(1 / (1 / 499 + 1 / 49))
    assert few.freedom < 50 < 390 < many.freedom
    assert holm(np.full(1000, many.p(6.0)))[0] < 0.001
    assert holm(np.full(1000, few.p(6.0)))[0] < 0.01  # counted, 1 of 51 would be the least p: .02 each


def test_a_detectable_difference_is_found_four_times_out_of_five():
    generator, variance = np.random.default_rng(0), Variance(0.01**2, 1e6)
    least = variance.detectable(0.95)
    assert least == pytest.approx(0.028, rel=0.01)
    found = np.abs(generator.normal(least, 0.01, 20_000)) > variance.half(0.95)
    assert found.mean() == pytest.approx(0.8, abs=0.02)
    assert np.isnan(Variance(0.0, np.nan).detectable(0.95))
    assert np.isnan(Variance(np.nan, np.nan).detectable(0.95))


def test_where_nothing_varies():
    assert Variance(0.0, np.nan).p(0.0) == 1
    assert Variance(0.0, np.nan).p(0.1) == 0


def test_groups_of_uneven_size_count_as_fewer():
    assert Groups.of(np.repeat(np.arange(12), 5)) == Groups(12, 12.0)
    uneven = Groups.of(np.repeat(np.arange(12), [100, *[1] * 11]))
    assert (uneven.count, round(uneven.effective, 2)) == (12, round(111**2 / 10011, 2))
    assert Groups.of(np.zeros(4, int)) == Groups(1, 1.0)


def test_holm():
    found = holm(np.array([0.01, np.nan, 0.04, 0.03, 0.005]))
    np.testing.assert_allclose(found, [0.03, np.nan, 0.06, 0.06, 0.02])
    assert holm(np.array([0.6, 0.7])).tolist() == [1, 1]


def test_words():
    assert caution(10, 5) == caution(60, 1, trained=False) == ""
    assert caution(9, 5) == "9 groups: too few to test"
    assert caution(1, 1) == "1 group: too few to test; 1 seed: fewer than 5"
    assert caution(60, 4) == "4 seeds: fewer than 5"
