"""Chance rows, and the figures they have on real labels."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from conclugen.evaluation import chance, metrics, paper
from conclugen.evaluation.truth import Truth

EMOTIONS = ("happy", "sad", "anger", "surprise", "disgust", "fear")
MELD = ("neutral", "joy", "surprise", "anger", "sadness", "disgust", "fear")


def truth_of(labels, task, classes, priors=None):
    count = len(labels)
    priors = labels.mean(0) if priors is None else priors
    return Truth("real", task, classes, np.arange(count).astype(str), labels, np.arange(count), priors, labels)


def measure(truth, draws=20):
    rows = chance.rows(truth, draws)
    return {
        name: {
            k: np.mean([metrics.compute(truth.labels, s, truth.task)[k] for s in scores])
            for k in metrics.NAMES[truth.task]
        }
        for name, scores in rows.items()
    }


@pytest.mark.real
def test_mosei(shared_data):
    labels = pd.read_csv(shared_data / "mosei" / "mosei_all_labels_23259.csv")
    folds = json.loads((shared_data / "mosei" / "standard_folds.json").read_text())
    present = (labels[list(EMOTIONS)] > 0).astype(float)
    train = present[labels["id"].isin(folds["train"])].mean().to_numpy()
    test = present[labels["id"].isin(folds["test"])].to_numpy()
    official = pd.read_csv(shared_data / "mosei" / "Data_Test_original_without_neg_time.csv")
    assert len(test) == len(official) == 4662
    np.testing.assert_allclose(test.mean(0), (official[list(EMOTIONS)] > 0).mean())
    found = measure(truth_of(test, "multi", EMOTIONS, train), draws=6)
    assert found["all-negative"]["acc_support_weighted"] == pytest.approx(0.6720, abs=5e-5)
    assert found["majority"]["acc_support_weighted"] == pytest.approx(0.7016, abs=5e-5)
    assert found["all-positive"]["f1_support_weighted"] == pytest.approx(0.4677, abs=5e-5)
    assert found["all-negative"]["acc_plain_macro"] == pytest.approx(0.7735, abs=5e-5)
    for row in found.values():
        assert row["balanced_accuracy_mean"] == pytest.approx(0.5, abs=0.005)


@pytest.mark.real
def test_meld(shared_data):
    emotion = pd.read_csv(shared_data / "meld" / "test_sent_emo.csv")["Emotion"]
    labels = np.eye(7)[emotion.map({name: i for i, name in enumerate(MELD)})]
    found = measure(truth_of(labels, "single", MELD))["majority"]
    assert found["accuracy"] == pytest.approx(0.4812, abs=5e-5)
    assert found["f1_weighted"] == pytest.approx(0.3127, abs=5e-5)
    assert found["recall_macro"] == pytest.approx(1 / 7)


def test_caer():
    """34.7 % neutral is all that the constant predictor's four numbers depend on."""
    counts = np.array([347, 160, 140, 130, 110, 80, 33])
    labels = np.repeat(np.eye(7), counts, axis=0)
    found = measure(truth_of(labels, "single", tuple("nabcdef")))["majority"]
    names = ("accuracy", "f1_weighted", "precision_weighted", "recall_weighted")
    assert [round(100 * found[name], 1) for name in names] == [34.7, 17.9, 12.0, 34.7]
    # The paper's Instance-Cont is this predictor, printed with another rounding.
    printed = paper.TABLE_5_CAER[paper.METHODS.index("Instance-Cont")]
    np.testing.assert_allclose([100 * found[name] for name in names], printed, atol=0.11)


def test_majority_goes_by_the_training_priors():
    labels = np.repeat([[1.0, 0.0]], 10, axis=0)
    rows = chance.rows(truth_of(labels, "multi", ("a", "b"), np.array([0.4, 0.6])), 2)
    assert (rows["majority"] == [0, 1]).all()
    rows = chance.rows(truth_of(labels, "single", ("a", "b"), np.array([0.4, 0.6])), 2)
    assert (rows["majority"] == [0, 1]).all()
    assert list(rows) == ["majority", "training priors", "prior sampling"]
    np.testing.assert_allclose(rows["training priors"][0], [[0.4, 0.6]] * 10, rtol=1e-6)


def test_sentiment_is_guessed_from_the_training_split():
    train = np.array([[-2.0], [0.6], [1.4], [0.8], [np.nan], [3.0]])
    truth = Truth(
        "x", "regression", ("sentiment",), np.arange(4).astype(str), np.zeros((4, 1)), np.arange(4), np.zeros(1), train
    )
    rows = chance.rows(truth, 3000)
    constants = {name: float(scores[0, 0, 0]) for name, scores in rows.items() if name != "prior sampling"}
    assert constants == pytest.approx(
        {
            "training median": 0.8,
            "training mean": 3.8 / 5,
            "majority of seven": 1.0,
            "majority sign": 1.0,
        }
    )
    drawn, counts = np.unique(rows["prior sampling"], return_counts=True)
    assert drawn.tolist() == pytest.approx([-2, 0.6, 0.8, 1.4, 3])
    np.testing.assert_allclose(counts / counts.sum(), 0.2, atol=0.02)
    assert rows["prior sampling"].shape == (3000, 4, 1)


def test_prior_sampling_follows_the_priors():
    truth = truth_of(np.zeros((4000, 3)), "multi", tuple("abc"), np.array([0.5, 0.2, 0.0]))
    np.testing.assert_allclose(chance.rows(truth, 3)["prior sampling"].mean((0, 1)), truth.priors, atol=0.02)
    single = truth_of(np.eye(3)[[0] * 4000], "single", tuple("abc"), np.array([0.5, 0.3, 0.2]))
    drawn = chance.rows(single, 3)["prior sampling"]
    assert (drawn.sum(2) == 1).all()
    np.testing.assert_allclose(drawn.mean((0, 1)), single.priors, atol=0.02)
    assert np.array_equal(drawn, chance.rows(single, 3)["prior sampling"])
