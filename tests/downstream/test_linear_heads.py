"""Many heads in one pass are each the head that plain PyTorch would train."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn
from torch.nn import functional

from conclugen.downstream import heads
from conclugen.downstream.draws import Draw
from conclugen.downstream.scores import headline
from conclugen.downstream.settings import Budget
from conclugen.store.settings import dump, parse

BUDGET = Budget((1e-2, 1e-1), (0.0, 1.0), dropout=0.0, epochs=6, batch_size=32, patience=6)

PARTS = (slice(90, 690), slice(690, None))  # what chooses, and what is measured


def problem(seed=0, count=200, dim=10, classes=3):
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn((count, dim), generator=generator)
    truth = (
        inputs @ torch.randn((dim, classes), generator=generator) + torch.randn((count, classes), generator=generator)
    ) > 0.5
    return inputs, truth.float()


def draw(targets, seed, train=128):
    return Draw(seed, 1.0, targets, torch.arange(train), torch.arange(train, len(targets)))


def plain(inputs, one: Draw, rate, decay, budget):
    """The same training with torch.optim.AdamW; returns weight, bias and validation loss after the last epoch."""
    generator = torch.Generator().manual_seed(one.seed)
    layer = nn.Linear(inputs.shape[1], one.targets.shape[1])
    with torch.no_grad():
        start = torch.randn((inputs.shape[1], 1, one.targets.shape[1]), generator=generator)[:, 0]
        layer.weight.copy_(start.T * 0.01 / math.sqrt(inputs.shape[1]))
        layer.bias.zero_()
    groups = [{"params": [layer.weight], "weight_decay": decay}, {"params": [layer.bias], "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=rate)
    known = one.targets[one.train]
    weight = (len(known) - known.sum(0)) / known.sum(0)
    steps = len(one.train) // budget.batch_size
    for step in range(steps * budget.epochs):
        if step % steps == 0:
            order = one.train[torch.randperm(len(one.train), generator=generator)].split(budget.batch_size)
        for group in optimiser.param_groups:
            group["lr"] = rate * (0.5 + 0.5 * math.cos(math.pi * step / (steps * budget.epochs)))
        rows = order[step % steps]
        optimiser.zero_grad()
        functional.binary_cross_entropy_with_logits(
            layer(inputs[rows]), one.targets[rows], pos_weight=weight
        ).backward()
        optimiser.step()
    return layer.weight.detach().T, layer.bias.detach()


def test_each_head_is_plain_adamw(monkeypatch):
    inputs, targets = problem()
    draws = [draw(targets, 3), draw(targets, 4)]
    monkeypatch.setattr(heads, "LEAST_STEPS", 1)
    # Keep the last epoch, so that weights can be compared.
    monkeypatch.setattr(
        heads, "headline", lambda logits, *_: torch.full(logits.shape[:1], float(next(counter))).double()
    )
    counter = iter(range(10_000))
    trained = heads.fit(inputs, draws, "multi", BUDGET)
    assert (trained.epoch == BUDGET.epochs).all()
    for s, one in enumerate(draws):
        for k, (rate, decay) in enumerate(heads.candidates(BUDGET)):
            weight, bias = plain(inputs, one, rate, decay, BUDGET)
            found = trained.select(s, k)
            torch.testing.assert_close(found[0], weight, rtol=1e-3, atol=2e-4)
            torch.testing.assert_close(found[1], bias, rtol=1e-3, atol=2e-4)


def test_a_seed_does_not_depend_on_the_others():
    inputs, targets = problem()
    budget = dataclasses.replace(BUDGET, dropout=0.5)
    together = heads.fit(inputs, [draw(targets, seed) for seed in (0, 1, 2)], "multi", budget)
    alone = heads.fit(inputs, [draw(targets, 1)], "multi", budget)
    torch.testing.assert_close(together.weight[1], alone.weight[0], rtol=1e-4, atol=1e-5)
    assert together.epoch[1].tolist() == alone.epoch[0].tolist()
    assert not torch.allclose(together.weight[0], together.weight[1], atol=1e-3)


def test_the_best_epoch_is_kept():
    inputs, targets = problem()
    one = draw(targets, 0)
    trained = heads.fit(inputs, [one], "multi", BUDGET)
    for k in range(len(heads.candidates(BUDGET))):
        found = heads.logits(inputs[one.valid], trained, 0, k)
        assert float(heads.headline(found, targets[one.valid], "multi")) == pytest.approx(float(trained.score[0, k]))


def test_patience_stops_and_freezes(monkeypatch):
    inputs, targets = problem()
    values = iter([0.6, 0.7, 0.5, 0.5, 0.99, 0.99])
    monkeypatch.setattr(heads, "headline", lambda logits, *_: torch.full(logits.shape[:1], next(values)).double())
    trained = heads.fit(inputs, [draw(targets, 0)], "multi", dataclasses.replace(BUDGET, patience=2))
    assert trained.epoch.tolist() == [[2, 2, 2, 2]]
    assert next(values) == 0.99  # the two last epochs never ran


@pytest.mark.parametrize(
    ("count", "fraction", "expected"),
    [(16_326, 1.0, (256, 64)), (8_163, 0.5, (256, 32)), (163, 0.01, (163, 8)), (635, 1.0, (256, 8)), (6, 0.01, (6, 8))],
)
def test_an_epoch_is_one_pass_and_few_rows_go_round_more_often(count, fraction, expected):
    one = Draw(0, fraction, torch.zeros(count, 1), torch.arange(count), torch.arange(0))
    assert heads._steps(one, dataclasses.replace(BUDGET, batch_size=256)) == expected


def test_heads_on_few_rows_reach_the_optimum_of_logistic_regression():
    """One class is likelier along ten directions; beside them 50 that tell nothing, and 90 rows."""
    budget = Budget((0.001, 0.01), (0.01, 1.0, 10.0), 0.5, 50, 256, 15)
    behind = []
    for seed in range(8):
        generator = torch.Generator().manual_seed(seed)
        inputs = torch.randn(2690, 60, generator=generator)
        odds = torch.sigmoid(1.2 * inputs[:, :10].sum(1, keepdim=True))
        targets = (torch.rand(len(odds), 1, generator=generator) < odds).float()
        one = Draw(seed, 1.0, targets, torch.arange(90), torch.arange(90, 690))
        trained = heads.fit(inputs, [one], "multi", budget)
        logits = [heads.logits(inputs, trained, 0, int(trained.chosen()[0]))]
        for penalty in (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 10.0):
            fitted = LogisticRegression(C=penalty, class_weight="balanced").fit(inputs[:90], targets[:90, 0])
            logits.append(torch.from_numpy(fitted.decision_function(inputs.numpy())[:, None]))
        scores = [[float(headline(one[part], targets[part], "multi")) for part in PARTS] for one in logits]
        behind.append(max(scores[1:])[1] - scores[0][1])
    assert sum(behind) / len(behind) < 0.01


def test_draws_of_other_sizes_keep_their_order():
    inputs, targets = problem()
    small = Draw(0, 0.05, targets, torch.arange(7), torch.arange(128, 200))
    draws = [draw(targets, 0), small, draw(targets, 1)]
    trained = heads.fit(inputs, draws, "multi", BUDGET)
    for number, one in enumerate(draws):
        alone = heads.fit(inputs, [one], "multi", BUDGET)
        torch.testing.assert_close(trained.weight[number], alone.weight[0], rtol=1e-4, atol=1e-5)
        assert trained.epoch[number].tolist() == alone.epoch[0].tolist()


def test_letting_go_of_finished_heads_changes_nothing(monkeypatch):
    inputs, targets = problem()
    budget = dataclasses.replace(BUDGET, dropout=0.5, epochs=30, patience=3, learning_rates=(1e-3, 1e-1, 1.0))
    draws = [draw(targets, seed) for seed in (0, 1)]
    sizes = []
    shrink = heads._Trainer.shrink
    monkeypatch.setattr(
        heads._Trainer, "shrink", lambda self: (shrink(self), sizes.append(self.weight[..., 0].numel()))
    )
    lean = heads.fit(inputs, draws, "multi", budget)
    monkeypatch.setattr(heads._Trainer, "shrink", lambda self: None)
    full = heads.fit(inputs, draws, "multi", budget)
    assert sizes[-1] < sizes[0]
    for name in ("weight", "bias", "score", "loss", "epoch"):
        torch.testing.assert_close(getattr(lean, name), getattr(full, name), rtol=1e-4, atol=1e-5)


def test_a_head_that_explodes_is_not_chosen():
    inputs, targets = problem()
    budget = dataclasses.replace(BUDGET, learning_rates=(1e38, 1e-2), weight_decays=(1.0,))
    trained = heads.fit(inputs, [draw(targets, 0)], "multi", budget)
    assert trained.score[0, 0] == -math.inf
    assert trained.chosen().tolist() == [1]


def test_ties_go_to_the_lower_loss_then_the_first():
    empty = torch.zeros(1, 1, 3, 1)
    score = torch.tensor([[0.7, 0.7, 0.7]]).double()
    made = heads.Heads(empty, empty[:, 0], score, torch.tensor([[0.5, 0.4, 0.4]]), torch.ones(1, 3))
    assert made.chosen().tolist() == [1]


@pytest.mark.parametrize("change", [{"dropout": 1.0}, {"epochs": 0}, {"learning_rates": ()}, {"patience": 0}])
def test_impossible_budgets_are_refused(change):
    with pytest.raises(ValueError, match="is outside its limit"):
        parse(Budget, dump(dataclasses.replace(BUDGET, **change)))
