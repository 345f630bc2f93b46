"""Modality-pairwise NT-Xent against its formula: the same modality's other clips are candidates, too."""

import math
import types

import numpy as np
import pytest
import torch
from pairs import absent, draw, joint_pairs, outputs, stays_in_the_rows

from conclugen.losses import pairwise
from conclugen.losses.bounds import share

OBJECTIVE = types.SimpleNamespace(instance_temperature=0.2)
SETTINGS = types.SimpleNamespace(objective=OBJECTIVE)


def by_hand(x, y, temperature):
    """Chen et al. 2020, Eq. 1, over the 2 N vectors of a pair."""
    vectors = np.concatenate([v / np.linalg.norm(v, axis=1, keepdims=True) for v in (x, y)])
    total, count = 0.0, len(vectors)
    for i in range(count):
        scores = [math.exp(float(vectors[i] @ vectors[k]) / temperature) if k != i else 0.0 for k in range(count)]
        total -= math.log(scores[(i + count // 2) % count] / sum(scores)) / count
    return total


def test_is_the_sum_over_pairs_of_the_printed_loss():
    values, present = draw(), absent()
    expected = sum(by_hand(x, y, 0.2) for x, y in joint_pairs(values, present))
    assert float(pairwise.term(outputs(values), present, OBJECTIVE, None)) == pytest.approx(expected, rel=1e-10)


def test_absent_rows_play_no_part():
    assert stays_in_the_rows(lambda out, present: pairwise.term(out, present, OBJECTIVE, None), draw())


def test_its_bounds_are_told_apart_by_what_was_learned():
    everywhere = {name: torch.ones(64, dtype=torch.bool) for name in draw()}
    alike = outputs(dict.fromkeys(draw(), draw(64, 32)["text"]))
    chance, best = pairwise.bounds(alike, everywhere, SETTINGS)
    assert chance == pytest.approx(3 * math.log(127))
    assert 0.9 < share(float(pairwise.term(alike, everywhere, OBJECTIVE, None)), chance, best) <= 1
    apart = outputs(draw(64, 32))
    assert share(float(pairwise.term(apart, everywhere, OBJECTIVE, None)), chance, best) < 0
