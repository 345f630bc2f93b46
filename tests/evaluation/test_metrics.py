"""Metrics by name, against torchmetrics and by hand."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn import metrics as sk
from torchmetrics.functional import classification as tm

from conclugen.evaluation import metrics, ranks


def example(task, count=300, classes=5, seed=0):
    generator = np.random.default_rng(seed)
    scores = generator.random((count, classes)).astype(np.float32)
    if task == "multi":
        return (generator.random((count, classes)) < np.linspace(0.1, 0.6, classes)).astype(float), scores
    return np.eye(classes)[generator.integers(0, classes, count)], scores / scores.sum(1, keepdims=True)


def test_weighted_multi_label_metrics_are_those_of_torchmetrics():
    """The paper's: average='weighted', threshold 0.5."""
    truth, scores = example("multi")
    found = metrics.compute(truth, scores, "multi")
    given = torch.from_numpy(scores), torch.from_numpy(truth).int()
    options = {"num_labels": truth.shape[1], "average": "weighted"}
    for name, function in {
        "acc_support_weighted": tm.multilabel_accuracy,
        "precision_support_weighted": tm.multilabel_precision,
        "recall_support_weighted": tm.multilabel_recall,
        "f1_support_weighted": tm.multilabel_f1_score,
    }.items():
        assert found[name] == pytest.approx(float(function(*given, **options)), abs=1e-6), name
    options["average"] = "macro"
    for name, function in {
        "acc_plain_macro": tm.multilabel_accuracy,
        "f1_positive_macro": tm.multilabel_f1_score,
        "auroc_macro": tm.multilabel_auroc,
        "average_precision_macro": tm.multilabel_average_precision,
    }.items():
        assert found[name] == pytest.approx(float(function(*given, **options)), abs=1e-5), name


def test_weighted_single_label_metrics_are_those_of_torchmetrics():
    truth, scores = example("single")
    found = metrics.compute(truth, scores, "single")
    given = torch.from_numpy(scores), torch.from_numpy(truth.argmax(1))
    options = {"num_classes": truth.shape[1]}
    for name, function, average in (
        ("accuracy", tm.multiclass_accuracy, "micro"),
        ("recall_weighted", tm.multiclass_accuracy, "weighted"),
        ("precision_weighted", tm.multiclass_precision, "weighted"),
        ("f1_weighted", tm.multiclass_f1_score, "weighted"),
        ("f1_macro", tm.multiclass_f1_score, "macro"),
        ("recall_macro", tm.multiclass_recall, "macro"),
    ):
        assert found[name] == pytest.approx(float(function(*given, **options, average=average)), abs=1e-6), name
    assert found["accuracy"] == pytest.approx(found["recall_weighted"])


def test_by_hand():
    truth = np.array([[1, 1.0], [1, 0], [0, 0], [0, 0]])
    scores = np.array([[0.9, 0.5], [0.1, 0.6], [0.2, 0.1], [0.3, 0.2]])  # TP, FN, TN, TN and FN, FP, TN, TN
    found = metrics.compute(truth, scores, "multi")
    assert found["balanced_accuracy_mean"] == pytest.approx((0.75 + 1 / 3) / 2)
    assert found["acc_plain_macro"] == pytest.approx((0.75 + 0.5) / 2)
    assert found["acc_support_weighted"] == pytest.approx((2 * 0.75 + 1 * 0.5) / 3)
    assert found["f1_positive_macro"] == pytest.approx((2 / 3 + 0) / 2)
    assert found["f1_binary_weighted"] == pytest.approx(((2 / 3 + 0.8) / 2 + (0 + 3 * 2 / 3) / 4) / 2)
    assert found["auroc_macro"] == pytest.approx((0.5 + 2 / 3) / 2)


def test_unknown_labels_are_left_out():
    truth, scores = example("multi")
    truth[200:, 2] = np.nan
    found = metrics.compute(truth, scores, "multi")
    wanted = [
        tm.binary_auroc(torch.from_numpy(scores[k, c]), torch.from_numpy(truth[k, c]).int())
        for c, k in ((c, ~np.isnan(truth[:, c])) for c in range(truth.shape[1]))
    ]
    assert found["auroc_macro"] == pytest.approx(float(np.mean(wanted)), abs=1e-6)
    truth, scores = example("single")
    truth[:100] = np.nan
    assert metrics.compute(truth, scores, "single") == metrics.compute(truth[100:], scores[100:], "single")


def test_undefined_classes_are_left_out_of_means():
    truth = np.array([[1, 0.0], [0, 0]])
    scores = np.array([[0.9, 0.9], [0.1, 0.1]])
    found = metrics.compute(truth, scores, "multi")
    for name in ("balanced_accuracy_mean", "auroc_macro", "average_precision_macro", "f1_positive_macro"):
        assert found[name] == 1.0, name
    assert found["acc_plain_macro"] == 0.75
    assert found["acc_support_weighted"] == 1.0
    nothing = metrics.compute(np.zeros((3, 2)), np.zeros((3, 2)), "multi")
    assert np.isnan(nothing["balanced_accuracy_mean"])
    assert np.isnan(nothing["f1_support_weighted"])
    assert nothing["acc_plain_macro"] == 1.0
    single = metrics.compute(np.eye(3)[[0, 0, 1]], np.eye(3)[[0, 2, 1]], "single")
    assert single["recall_macro"] == 0.75  # the third class does not occur


def test_wrong_input_is_refused():
    truth, scores = example("multi")
    with pytest.raises(ValueError, match="both must be"):
        metrics.compute(truth, scores[:, :2], "multi")
    with pytest.raises(ValueError, match="not finite"):
        metrics.compute(truth, scores * np.nan, "multi")
    with pytest.raises(ValueError, match="no label is known"):
        metrics.compute(truth * np.nan, scores, "multi")


def test_every_metric_is_documented():
    text = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text()
    for name in (name for names in metrics.NAMES.values() for name in names):
        assert re.search(rf"\| `{name}` \|", text), name


@pytest.mark.parametrize("kind", ["smooth", "tied", "constant"])
def test_ranks_are_those_of_scikit_learn(kind):
    generator = np.random.default_rng(3)
    true, scores = (generator.random(200) < 0.2).astype(float), generator.random(200).astype(np.float32)
    scores = {"smooth": scores, "tied": np.round(scores, 1), "constant": np.zeros_like(scores)}[kind]
    assert ranks.auroc(true, scores) == pytest.approx(sk.roc_auc_score(true, scores), abs=1e-12)
    assert ranks.average_precision(true, scores) == pytest.approx(sk.average_precision_score(true, scores), abs=1e-12)
    precision, recall, _ = sk.precision_recall_curve(true, scores)
    hits, said = ranks.counts_above(true, scores)
    np.testing.assert_allclose((hits / said)[::-1], precision[:-1])
    np.testing.assert_allclose((hits / hits[-1])[::-1], recall[:-1])
    assert np.isnan([ranks.auroc(np.ones(3), scores[:3]), ranks.average_precision(np.zeros(3), scores[:3])]).all()
