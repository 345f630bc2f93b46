"""Features that are the label under another name."""

import numpy as np
import pytest

from conclugen.evaluation.label_copies import give_away


def found(features, labels, block=50):
    parts = range(0, len(features), block)
    return give_away(lambda: ((features[i : i + block], labels[i : i + block]) for i in parts), labels.shape[1])


@pytest.fixture
def drawn():
    draw = np.random.default_rng(0)
    classes = draw.integers(0, 3, 120)
    return draw.normal(size=(120, 40)), classes, np.eye(3)[classes]


def test_a_copy_of_the_label_is_found_in_any_form(drawn):
    features, classes, labels = drawn
    assert found(features, labels) == []
    features[:, 7] = classes  # its number: each class is an interval
    features[:, 9] = classes == 1
    features[:, 11] = np.where(classes == 2, 0.5, features[:, 11] * 9 + np.sign(features[:, 11]))
    everywhere = [(7, 0), (7, 1), (7, 2), (9, 1)]
    assert [pair for pair in found(features, labels) if pair[0] != 11] == sorted(everywhere, key=lambda p: (p[1], p[0]))
    assert (11, 2) in found(features, labels)
    assert found(features, labels, block=7) == found(features, labels)
    features[classes.argmin(), 9] = 1  # a single error
    assert (9, 1) not in found(features, labels)


def test_small_classes_prove_nothing(drawn):
    features, _, _ = drawn
    labels = np.zeros((120, 2))
    labels[:1, 0], labels[:2, 1] = 1, 1
    features[:, 0] = np.arange(120)
    assert found(features, labels) == []
    assert found(features[:8], np.eye(2)[[0, 1] * 4]) == []


def test_unknown_labels_count_for_nothing(drawn):
    features, classes, labels = drawn
    labels[:10] = np.nan
    features[:, 3] = classes == 0
    features[:10, 3] = 0.5
    assert (3, 0) in found(features, labels)
    assert found(features[:0], labels[:0]) == []
