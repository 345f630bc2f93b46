"""The selection metric and the losses, against the published metrics and PyTorch's own losses."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from conclugen.downstream import scores
from conclugen.evaluation import metrics


def example(task, count=60, classes=4, seed=0):
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn((3, count, classes), generator=generator)
    if task == "multi":
        targets = (torch.rand((count, classes), generator=generator) < 0.3).float()
        targets[torch.rand((count, classes), generator=generator) < 0.1] = torch.nan
    else:
        targets = functional.one_hot(torch.randint(classes - 1, (count,), generator=generator), classes).float()
        targets[:5] = torch.nan
    return logits, targets


@pytest.mark.parametrize("task", ["multi", "single"])
def test_headline_is_the_published_metric(task):
    logits, targets = example(task)
    found = scores.headline(logits, targets, task)
    for one, value in zip(logits, found, strict=True):
        published = metrics.compute(targets.double().numpy(), scores.outputs(one, task).double().numpy(), task)
        assert float(value) == pytest.approx(published[metrics.HEADLINE[task]], abs=1e-12)


def test_headline_leaves_out_undefined_classes():
    targets = torch.tensor([[1.0, 0.0], [0.0, 0.0]])
    logits = torch.tensor([[1.0, 1.0], [-1.0, 1.0]])
    assert float(scores.headline(logits, targets, "multi")) == 1.0
    assert scores.headline(logits, targets.fill_(torch.nan), "multi").isnan()


def test_loss_is_bce_with_pos_weight():
    logits, targets = example("multi")
    targets = targets.nan_to_num(0)
    weight = scores.weights(targets, "multi")
    wanted = [functional.binary_cross_entropy_with_logits(one, targets, pos_weight=weight) for one in logits]
    torch.testing.assert_close(scores.loss(logits, targets, weight, "multi"), torch.stack(wanted))


def test_loss_is_weighted_cross_entropy():
    logits, targets = example("single")
    weight, known = scores.weights(targets, "single"), ~targets.isnan().any(1)
    labels = targets[known].argmax(1)
    wanted = [functional.cross_entropy(one[known], labels, weight=weight) for one in logits]
    torch.testing.assert_close(scores.loss(logits, targets, weight, "single"), torch.stack(wanted))


@pytest.mark.parametrize("task", ["multi", "single"])
def test_unknown_labels_do_not_count(task):
    logits, targets = example(task)
    targets[10:] = torch.nan
    weight = scores.weights(targets, task)
    torch.testing.assert_close(
        scores.loss(logits, targets, weight, task), scores.loss(logits[:, :10], targets[:10], weight, task)
    )
    assert scores.loss(logits, torch.full_like(targets, torch.nan), weight, task).tolist() == [0, 0, 0]


def test_weights_favour_the_rare():
    multi = torch.tensor([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0], [0.0, 0.0, 1.0], [0.0, torch.nan, 1.0]])
    assert scores.weights(multi, "multi").tolist() == [3, 1, 1]
    single = torch.from_numpy(np.eye(3, dtype=np.float32)[[0, 0, 0, 1]])
    np.testing.assert_allclose(scores.weights(single, "single"), [4 / 9, 4 / 3, 1], rtol=1e-6)
