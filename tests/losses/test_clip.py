"""CLIP against its formula, term by term, with the temperature inside the vectors."""

import math

import numpy as np
import pytest
import torch
from pairs import absent, draw, joint_pairs, outputs, stays_in_the_rows

from conclugen.losses import clip
from conclugen.losses.bounds import share
from conclugen.models.heads import Temperature


def by_hand(x, y, factor):
    """Radford et al. 2021, Figure 3: mean of the cross-entropies of rows and of columns."""
    x, y = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (x, y))
    total = 0.0
    for i in range(len(x)):
        for anchor, others in ((x[i], y), (y[i], x)):
            scores = [math.exp(factor * float(anchor @ other)) for other in others]
            total -= math.log(scores[i] / sum(scores)) / len(x) / 2
    return total


@pytest.mark.parametrize("factor", [1 / 0.07, 3.0])
def test_is_the_sum_over_pairs_of_the_printed_loss(factor):
    head = Temperature().double()
    torch.nn.init.constant_(head.log_factor, math.log(factor))
    values, present = draw(), absent()
    found = clip.term(outputs({n: head(v) for n, v in values.items()}), present, None, None)
    expected = sum(by_hand(x, y, factor) for x, y in joint_pairs(values, present))
    assert float(found.detach()) == pytest.approx(expected, rel=1e-6)


def test_the_temperature_is_learned_and_bounded():
    head = Temperature()
    values = {name: value.float() for name, value in draw().items()}
    everywhere = {name: torch.ones(12, dtype=torch.bool) for name in values}
    clip.term(outputs({n: head(v) for n, v in values.items()}), everywhere, None, None).backward()
    assert head.log_factor.grad > 0  # random pairs: a softer softmax is better
    torch.nn.init.constant_(head.log_factor, 9.0)
    assert float(head(values["text"]).square().sum(1).max()) == pytest.approx(100.0, rel=1e-4)


def test_absent_rows_play_no_part():
    assert stays_in_the_rows(lambda out, present: clip.term(out, present, None, None), draw())
    nowhere = {name: torch.zeros(12, dtype=torch.bool) for name in draw()}
    assert float(clip.term(outputs(draw()), nowhere, None, None)) == 0


def test_its_bounds_are_told_apart_by_what_was_learned():
    head, everywhere = Temperature().double(), {name: torch.ones(64, dtype=torch.bool) for name in draw()}
    alike = {name: head(draw(64, 32)["text"]).detach() for name in draw()}
    for values, least, most in ((alike, 0.9, 1.0), ({n: head(v).detach() for n, v in draw(64, 32).items()}, -3, 0.0)):
        found = outputs(values)
        chance, best = clip.bounds(found, everywhere, None)
        assert chance == pytest.approx(3 * math.log(64))
        assert least < share(float(clip.term(found, everywhere, None, None)), chance, best) <= most
