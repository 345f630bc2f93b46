"""VICReg against its formula, in loops over rows and dimensions."""

import math

import pytest
import torch
from pairs import absent, draw, joint_pairs, outputs, stays_in_the_rows

from conclugen.losses import vicreg
from conclugen.losses.bounds import share


def variance_by_hand(z):
    n, d, total = *z.shape, 0.0
    for j in range(d):
        mean = sum(z[i, j] for i in range(n)) / n
        spread = sum((z[i, j] - mean) ** 2 for i in range(n)) / (n - 1)
        total += max(0.0, 1 - math.sqrt(spread + 1e-4)) / d
    return total


def covariance_by_hand(z):
    n, d, total = *z.shape, 0.0
    means = [sum(z[i, j] for i in range(n)) / n for j in range(d)]
    for j in range(d):
        for k in range(d):
            if j != k:
                total += (sum((z[i, j] - means[j]) * (z[i, k] - means[k]) for i in range(n)) / (n - 1)) ** 2
    return total / d


def by_hand(x, y):
    """Bardes et al. 2022, Eq. 6 with 25, 25 and 1, and Algorithm 1's mean over dimensions in the invariance."""
    invariance = sum(float(a - b) ** 2 for p, q in zip(x, y, strict=True) for a, b in zip(p, q, strict=True)) / x.size
    spread = variance_by_hand(x) + variance_by_hand(y)
    return 25 * invariance + 25 * spread + covariance_by_hand(x) + covariance_by_hand(y)


@pytest.mark.parametrize("scale", [0.3, 2.0])
def test_is_the_sum_over_pairs_of_the_printed_loss(scale):
    values, present = {name: scale * value for name, value in draw().items()}, absent()
    expected = sum(by_hand(x, y) for x, y in joint_pairs(values, present))
    assert float(vicreg.term(outputs(values), present, None, None)) == pytest.approx(expected, rel=1e-10)


def test_vectors_that_collapse_pay_for_it():
    everywhere = torch.ones(12, dtype=torch.bool)
    point = torch.zeros(12, 5)
    assert float(vicreg.vicreg_pair(point, point, everywhere)) == pytest.approx(25 * 2 * 0.99, rel=1e-6)


def test_absent_rows_play_no_part():
    assert stays_in_the_rows(lambda out, present: vicreg.term(out, present, None, None), draw())


def test_its_bounds_are_told_apart_by_what_was_learned():
    everywhere = {name: torch.ones(400, dtype=torch.bool) for name in draw()}
    for values, expected in ((dict.fromkeys(draw(), draw(400)["text"]), 1.0), (draw(400), 0.0)):
        found = outputs(values)
        bounds = vicreg.bounds(found, everywhere, None)
        assert share(float(vicreg.term(found, everywhere, None, None)), *bounds) == pytest.approx(expected, abs=0.1)
