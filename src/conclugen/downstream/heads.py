"""Many linear heads at once, in one pass over features that lie in memory.

A draw is a seed with its labels and training rows; it has its own start and its own order of rows. All candidates
(learning rate x weight decay) of a draw see the same batches, so that they are compared on equal terms. The weights of
all heads are one tensor (S, D, K, C) for S draws and K candidates, and a step is one batched product.
"""

from __future__ import annotations

import dataclasses
import itertools
import math

import torch

from conclugen.downstream.draws import Draw
from conclugen.downstream.scores import headline, loss, weights

BETAS, EPSILON = (0.9, 0.999), 1e-8


@dataclasses.dataclass(frozen=True)
class Budget:
    """How heads are trained.

    Attributes:
        learning_rates, weight_decays: every pair is a candidate; AdamW (decoupled decay, none on the bias).
        dropout: share of inputs dropped in training, in steps of 1/256.
        epochs: at most; the rate falls from its start to 0 along a cosine over them, step by step.
        batch_size: rows per step, at most the training set.
        patience: a head is frozen at its best epoch after so many epochs without a better validation score.
    """

    learning_rates: tuple[float, ...]
    weight_decays: tuple[float, ...]
    dropout: float
    epochs: int
    batch_size: int
    patience: int

    def check(self) -> None:
        """Raise ValueError for a budget that nothing can be trained with."""
        if not 0 <= self.dropout <= 0.9:
            raise ValueError(f"dropout is {self.dropout}; it must lie between 0 and 0.9")
        if not (self.learning_rates and self.weight_decays):
            raise ValueError("learning_rates and weight_decays must not be empty")
        if min(self.epochs, self.batch_size, self.patience) < 1:
            raise ValueError("epochs, batch_size and patience must be at least 1")

    def candidates(self) -> list[tuple[float, float]]:
        """Return (learning rate, weight decay) of every candidate."""
        return list(itertools.product(self.learning_rates, self.weight_decays))


@dataclasses.dataclass
class Heads:
    """Heads at their best validation epoch.

    Attributes:
        weight, bias: (S, D, K, C) and (S, K, C).
        score, loss, epoch: (S, K): headline metric and loss on validation, and the epoch (from 1) they belong to.
    """

    weight: torch.Tensor
    bias: torch.Tensor
    score: torch.Tensor
    loss: torch.Tensor
    epoch: torch.Tensor

    def chosen(self) -> torch.Tensor:
        """Return the candidate (S,) with the best validation score; ties go to the lower loss, then the first."""
        order = [
            sorted(range(self.score.shape[1]), key=lambda k, s=s: self._rank(s, k)) for s in range(len(self.score))
        ]
        return torch.tensor([candidates[0] for candidates in order])

    def select(self, draw: int, candidate: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return weight (D, C) and bias (C,) of one head."""
        return self.weight[draw, :, candidate], self.bias[draw, candidate]

    def _rank(self, draw: int, candidate: int) -> tuple[float, float]:
        return -float(self.score[draw, candidate]), float(self.loss[draw, candidate])


def fit(inputs: torch.Tensor, draws: list[Draw], task: str, budget: Budget) -> Heads:
    """Train every head on `inputs` (N, D) and return each at its best validation epoch.

    The result of a draw does not depend on the other draws, but for the last bits of batched products.
    """
    trainer = _Trainer(inputs, draws, task, budget)
    for epoch in range(1, budget.epochs + 1):
        trainer.train_epoch()
        if not trainer.validate(epoch):
            break
    return trainer.best


def logits(inputs: torch.Tensor, heads: Heads, draw: int, candidate: int) -> torch.Tensor:
    """Return (N, C) of one head."""
    weight, bias = heads.select(draw, candidate)
    return inputs @ weight + bias


class _Trainer:
    def __init__(self, inputs: torch.Tensor, draws: list[Draw], task: str, budget: Budget) -> None:
        device, classes = inputs.device, draws[0].targets.shape[1]
        self.inputs, self.draws, self.task, self.budget = inputs, draws, task, budget
        self.targets = torch.stack([draw.targets for draw in draws]).to(device)  # (S, N, C)
        self.class_weights = torch.stack([weights(d.targets[d.train], task) for d in draws]).to(device)
        self.generators = [torch.Generator(device).manual_seed(draw.seed) for draw in draws]
        self.dropping = torch.Generator(device).manual_seed(0)
        largest = max(len(draw.train) for draw in draws)
        self.batch = min(budget.batch_size, largest)
        self.steps = math.ceil(largest / self.batch)
        # One buffer for all steps: fresh memory for each would cost more than the gathering.
        self.buffer = torch.empty((len(draws) * self.batch, inputs.shape[1]), device=device, dtype=inputs.dtype)
        self.total, self.step = self.steps * budget.epochs, 0
        rates, decays = zip(*budget.candidates(), strict=True)
        self.rate = torch.tensor(rates, device=device)[:, None]  # (K, 1), beside (…, K, C)
        self.decay = torch.tensor(decays, device=device)[:, None]
        shape = (len(draws), inputs.shape[1], len(rates), classes)
        self.weight = self._start(shape).requires_grad_()
        self.bias = torch.zeros((shape[0], *shape[2:]), device=device, requires_grad=True)
        self.moments = [(torch.zeros_like(p), torch.zeros_like(p)) for p in (self.weight, self.bias)]
        heads = shape[:1] + shape[2:3]
        self.best = Heads(
            self.weight.detach().clone(),
            self.bias.detach().clone(),
            torch.full(heads, -math.inf, device=device, dtype=torch.float64),
            torch.full(heads, math.inf, device=device),
            torch.zeros(heads, device=device, dtype=torch.long),
        )
        self.alive = torch.ones(heads, device=device, dtype=torch.bool)

    def _start(self, shape: tuple[int, ...]) -> torch.Tensor:
        """Small weights from each draw's generator, the same for its candidates."""
        scale, device = 0.01 / math.sqrt(shape[1]), self.inputs.device
        first = [torch.randn((shape[1], 1, shape[3]), generator=g, device=device) for g in self.generators]
        return (scale * torch.stack(first)).expand(shape).contiguous()

    def train_epoch(self) -> None:
        """One pass over the largest draw's rows; smaller draws go round theirs more often."""
        order = torch.stack([self._order(draw, g) for draw, g in zip(self.draws, self.generators, strict=True)])
        for rows in order.split(self.batch, dim=1):
            torch.index_select(self.inputs, 0, rows.flatten(), out=self.buffer)
            values = self.buffer.view(*rows.shape, -1)  # (S, B, D)
            kept = self._drop(values)
            wanted = torch.gather(self.targets, 1, rows[..., None].expand(-1, -1, self.targets.shape[2]))
            scores = self._forward(values, self.weight / kept, self.bias)
            cost = loss(scores, wanted[:, None], self.class_weights[:, None, None], self.task)
            cost.sum().backward()
            self._update()

    def _order(self, draw: Draw, generator: torch.Generator) -> torch.Tensor:
        """Rows (steps x batch,) of an epoch: whole permutations, one after another."""
        count, device, wanted = len(draw.train), self.inputs.device, self.steps * self.batch
        rounds = [torch.randperm(count, generator=generator, device=device) for _ in range(math.ceil(wanted / count))]
        return draw.train.to(device)[torch.cat(rounds)[:wanted]]

    def _drop(self, values: torch.Tensor) -> float:
        """Zero inputs (S, B, D) in place and return the share that is kept, by which the caller divides the weights.

        One random byte decides per input. Draws share the pattern of a step, on different rows.
        """
        dropped = round(self.budget.dropout * 256)
        if dropped:
            pattern = values[0]
            words = torch.empty(math.ceil(pattern.numel() / 8), dtype=torch.long, device=values.device)
            random = words.random_(-(2**63), None, generator=self.dropping).view(torch.uint8)[: pattern.numel()]
            values.mul_((random >= dropped).to(values.dtype).view_as(pattern))
        return 1 - dropped / 256

    @staticmethod
    def _forward(values: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        """(S, B, D) and (S, D, K, C) to (S, K, B, C)."""
        flat = torch.bmm(values, weight.flatten(2)).unflatten(2, weight.shape[2:])
        return (flat + bias[:, None]).transpose(1, 2)

    @torch.no_grad()
    def _update(self) -> None:
        """One step of AdamW for every head, at its own rate and decay."""
        rate = self.rate * (0.5 + 0.5 * math.cos(math.pi * self.step / self.total))
        self.step += 1
        for parameter, (first, second) in zip((self.weight, self.bias), self.moments, strict=True):
            gradient, parameter.grad = parameter.grad, None
            first.lerp_(gradient, 1 - BETAS[0])
            second.mul_(BETAS[1]).addcmul_(gradient, gradient, value=1 - BETAS[1])
            if parameter is self.weight:
                parameter.mul_(1 - rate * self.decay)
            size = (second / (1 - BETAS[1] ** self.step)).sqrt_().add_(EPSILON)
            parameter.sub_(first / size * (rate / (1 - BETAS[0] ** self.step)))

    @torch.no_grad()
    def validate(self, epoch: int) -> bool:
        """Score every head on validation, keep the best so far; return whether any head is still improving."""
        for number, draw in enumerate(self.draws):
            rows = draw.valid.to(self.inputs.device)
            scores = self._forward(
                self.inputs[rows][None], self.weight[number : number + 1], self.bias[number : number + 1]
            )
            wanted = self.targets[number, rows]
            cost = loss(scores[0], wanted[None], self.class_weights[number], self.task)
            score = headline(scores[0], wanted[None], self.task).nan_to_num(nan=-math.inf)
            self._keep(number, epoch, torch.where(cost.isfinite(), score, -math.inf), cost)
        self.alive &= epoch - self.best.epoch < self.budget.patience
        return bool(self.alive.any())

    def _keep(self, number: int, epoch: int, score: torch.Tensor, cost: torch.Tensor) -> None:
        best = self.best
        better = (score > best.score[number]) | ((score == best.score[number]) & (cost < best.loss[number]))
        better &= self.alive[number]
        best.score[number] = torch.where(better, score, best.score[number])
        best.loss[number] = torch.where(better, cost, best.loss[number])
        best.epoch[number] = torch.where(better, epoch, best.epoch[number])
        best.weight[number] = torch.where(better[:, None], self.weight[number], best.weight[number])
        best.bias[number] = torch.where(better[:, None], self.bias[number], best.bias[number])
