"""Many linear heads at once, in one pass over features that lie in memory.

A draw is a seed with its labels and training rows; it has its own start and its own order of rows. All candidates
(learning rate x weight decay) of a draw see the same batches, so that they are compared on equal terms. Draws that take
equally many steps are trained together: their weights are one tensor (S, K, C, D) for S draws and K candidates, and a
step is one batched product forward and one back. Heads that no longer improve leave the product.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Sequence

import torch

from conclugen.downstream.draws import Draw
from conclugen.downstream.scores import first_bias, headline, loss, weights
from conclugen.downstream.settings import Budget

BETAS, EPSILON = (0.9, 0.999), 1e-8
LEAST_STEPS = 8  # of an epoch: with fewer, heads on few rows end short of their optimum (benchmarks/heads.py)


def candidates(budget: Budget) -> list[tuple[float, float]]:
    """Return (learning rate, weight decay) of every candidate."""
    return list(itertools.product(budget.learning_rates, budget.weight_decays))


@dataclasses.dataclass
class Heads:
    """Heads at their best validation epoch.

    Attributes:
        weight, bias: (S, K, C, D) and (S, K, C).
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
        return self.weight[draw, candidate].T, self.bias[draw, candidate]

    def _rank(self, draw: int, candidate: int) -> tuple[float, float]:
        return -float(self.score[draw, candidate]), float(self.loss[draw, candidate])


def fit(inputs: torch.Tensor, draws: list[Draw], task: str, budget: Budget) -> Heads:
    """Train every head on `inputs` (N, D) and return each at its best validation epoch.

    The result of a draw does not depend on the other draws, but for the last bits of batched products.
    """
    groups: dict[tuple[int, int], list[int]] = {}
    for number, draw in enumerate(draws):
        groups.setdefault(_steps(draw, budget), []).append(number)
    groups_fitted = [_fit_together(inputs, [draws[i] for i in numbers], task, budget) for numbers in groups.values()]
    order = torch.tensor([number for numbers in groups.values() for number in numbers]).argsort().to(inputs.device)
    fields = [field.name for field in dataclasses.fields(Heads)]
    return Heads(**{name: torch.cat([getattr(heads, name) for heads in groups_fitted])[order] for name in fields})


def logits(inputs: torch.Tensor, heads: Heads, draw: int, candidate: int) -> torch.Tensor:
    """Return (N, C) of one head."""
    weight, bias = heads.select(draw, candidate)
    return inputs @ weight + bias


def _steps(draw: Draw, budget: Budget) -> tuple[int, int]:
    """Rows of a batch and steps of an epoch: one pass over the draw's rows; few rows go round until `LEAST_STEPS`."""
    batch = min(budget.batch_size, len(draw.train))
    return batch, max(math.ceil(len(draw.train) / batch), LEAST_STEPS)


def _fit_together(inputs: torch.Tensor, draws: list[Draw], task: str, budget: Budget) -> Heads:
    trainer = _Trainer(inputs, draws, task, budget)
    for epoch in range(1, budget.epochs + 1):
        trainer.train_epoch()
        if not trainer.validate(epoch):
            break
        trainer.shrink()
    return trainer.best


class _Trainer:
    """Trains the heads of draws that have the same batch size and number of steps.

    `weight`, `bias` and their moments hold only the draws and candidates (numbers in `draw_numbers`, `candidates`)
    among which some head still improves; `best` and `alive` hold all.
    """

    def __init__(self, inputs: torch.Tensor, draws: Sequence[Draw], task: str, budget: Budget) -> None:
        device, classes = inputs.device, draws[0].targets.shape[1]
        self.inputs, self.draws, self.task, self.budget = inputs, list(draws), task, budget
        self.batch, self.steps = _steps(draws[0], budget)
        self.total, self.step = self.steps * budget.epochs, 0
        self.targets = [draw.targets.to(device) for draw in draws]  # (N, C) each
        self.class_weights = torch.stack([weights(d.targets[d.train], task) for d in draws]).to(device)
        self.generators = [torch.Generator(device).manual_seed(draw.seed) for draw in draws]
        rates, decays = zip(*candidates(budget), strict=True)
        self.rate, self.decay = torch.tensor(rates, device=device), torch.tensor(decays, device=device)
        shape = (len(draws), len(rates), classes, inputs.shape[1])
        self.draw_numbers, self.candidates = torch.arange(shape[0]), torch.arange(shape[1])
        bias = torch.stack([first_bias(d.targets[d.train], task) for d in draws]).to(device)
        self.weight, self.bias = self._start(shape), bias[:, None].expand(shape[:3]).contiguous()
        self.moments = [(torch.zeros_like(p), torch.zeros_like(p)) for p in (self.weight, self.bias)]
        self.best = Heads(
            self.weight.clone(),
            self.bias.clone(),
            torch.full(shape[:2], -math.inf, device=device, dtype=torch.float64),
            torch.full(shape[:2], math.inf, device=device),
            torch.zeros(shape[:2], device=device, dtype=torch.long),
        )
        self.alive = torch.ones(shape[:2], device=device, dtype=torch.bool)
        # One buffer for all steps: fresh memory for each would cost more than the gathering.
        self.buffer = torch.empty((len(draws) * self.batch, inputs.shape[1]), device=device, dtype=inputs.dtype)
        self._fill_masks()
        self.valid = self._gather_valid()

    def _start(self, shape: tuple[int, ...]) -> torch.Tensor:
        """Small weights from each draw's generator, the same for its candidates."""
        scale, device = 0.01 / math.sqrt(shape[3]), self.inputs.device
        first = [torch.randn((shape[3], shape[2]), generator=g, device=device).T for g in self.generators]
        return (scale * torch.stack(first))[:, None].expand(shape).contiguous()

    def _fill_masks(self) -> None:
        """Random zeros and ones, of which each step takes a window: new ones for each would cost as much as a product.

        One random byte decides per input.
        """
        self.dropped, length = round(self.budget.dropout * 256), 2 * self.batch * self.inputs.shape[1]
        self.dropping = torch.Generator().manual_seed(0)
        if self.dropped:
            random = torch.empty(length, dtype=torch.uint8).random_(0, 256, generator=self.dropping)
            self.masks = (random >= self.dropped).to(self.inputs)

    def _gather_valid(self) -> list[torch.Tensor]:
        """The validation rows (V, D) of each draw; draws with the same rows share them."""
        outputs: list[torch.Tensor] = []
        for number, draw in enumerate(self.draws):
            same = next((i for i in range(number) if draw.valid is self.draws[i].valid), None)
            outputs.append(self.inputs[draw.valid.to(self.inputs.device)] if same is None else outputs[same])
        return outputs

    def train_epoch(self) -> None:
        """`steps` steps of every draw, in its own random order."""
        numbers = self.draw_numbers.tolist()
        order = torch.stack([self._order(self.draws[n], self.generators[n]) for n in numbers])
        for rows in order.split(self.batch, dim=1):
            values = self.buffer[: rows.numel()]
            torch.index_select(self.inputs, 0, rows.flatten(), out=values)
            values = values.view(*rows.shape, -1)  # (S, B, D)
            keep_rate = self._drop(values)
            wanted = torch.stack([self.targets[n][rows[i]] for i, n in enumerate(numbers)])
            scores = (self._products(values, self.weight) / keep_rate + self.bias[:, :, None]).requires_grad_()
            cost = loss(scores, wanted[:, None], self.class_weights[self.draw_numbers][:, None, None], self.task)
            cost.sum().backward()
            gradient = scores.grad  # (S, K, B, C)
            back = torch.bmm((gradient / keep_rate).transpose(2, 3).flatten(1, 2), values).view_as(self.weight)
            self._update(back, gradient.sum(2))

    def _order(self, draw: Draw, generator: torch.Generator) -> torch.Tensor:
        """Rows (steps x batch,) of an epoch: whole permutations, one after another."""
        count, device, wanted = len(draw.train), self.inputs.device, self.steps * self.batch
        rounds = [torch.randperm(count, generator=generator, device=device) for _ in range(math.ceil(wanted / count))]
        return draw.train.to(device)[torch.cat(rounds)[:wanted]]

    def _drop(self, values: torch.Tensor) -> float:
        """Zero inputs (S, B, D) in place and return the share that is kept, by which the caller divides the products.

        Draws share the pattern of a step, on different rows.
        """
        if self.dropped:
            size = values[0].numel()
            start = int(torch.randint(len(self.masks) - size + 1, (), generator=self.dropping))
            values.mul_(self.masks[start : start + size].view_as(values[0]))
        return 1 - self.dropped / 256

    @staticmethod
    def _products(values: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """(S, B, D) and (S, K, C, D) to (S, K, B, C)."""
        return torch.bmm(values, weight.flatten(1, 2).transpose(1, 2)).unflatten(2, weight.shape[1:3]).transpose(1, 2)

    def _update(self, *gradients: torch.Tensor) -> None:
        """One step of AdamW for every head, at its own rate and decay."""
        rate = self.rate * (0.5 + 0.5 * math.cos(math.pi * self.step / self.total))
        self.step += 1
        for parameter, gradient, (first, second) in zip((self.weight, self.bias), gradients, self.moments, strict=True):
            beside = (-1,) + (1,) * (parameter.dim() - 2)  # (K, 1, …) beside (S, K, C, …)
            first.lerp_(gradient, 1 - BETAS[0])
            second.mul_(BETAS[1]).addcmul_(gradient, gradient, value=1 - BETAS[1])
            if parameter is self.weight:
                parameter.mul_((1 - rate * self.decay).view(beside))
            size = (second / (1 - BETAS[1] ** self.step)).sqrt_().add_(EPSILON)
            parameter.sub_((first / size).mul_((rate / (1 - BETAS[0] ** self.step)).view(beside)))

    def validate(self, epoch: int) -> bool:
        """Score every head on validation, keep the best so far; return whether any head is still improving."""
        for i, number in enumerate(self.draw_numbers.tolist()):
            scores = self._products(self.valid[number][None], self.weight[i : i + 1]) + self.bias[i, :, None]
            wanted = self.targets[number][self.draws[number].valid.to(self.inputs.device)]
            cost = loss(scores[0], wanted[None], self.class_weights[number], self.task)
            score = headline(scores[0], wanted[None], self.task).nan_to_num(nan=-math.inf)
            self._keep(i, epoch, torch.where(cost.isfinite(), score, -math.inf), cost)
        self.alive &= epoch - self.best.epoch < self.budget.patience
        return bool(self.alive.any())

    def _keep(self, place: int, epoch: int, score: torch.Tensor, cost: torch.Tensor) -> None:
        best, number, running = self.best, int(self.draw_numbers[place]), self.candidates
        before, lowest = best.score[number, running], best.loss[number, running]
        better = (score > before) | ((score == before) & (cost < lowest))
        better &= self.alive[number, running]
        which = running[better.cpu()]
        best.score[number, which], best.loss[number, which] = score[better], cost[better]
        best.epoch[number, which] = epoch
        best.weight[number, which] = self.weight[place, better]
        best.bias[number, which] = self.bias[place, better]

    def shrink(self) -> None:
        """Let go of the draws and candidates among which no head improves any more."""
        left = self.alive.cpu()[self.draw_numbers][:, self.candidates]
        draws, candidates = left.any(1), left.any(0)
        if draws.all() and candidates.all():
            return

        def keep(values: torch.Tensor) -> torch.Tensor:
            return values[draws.to(values.device)][:, candidates.to(values.device)].contiguous()

        self.draw_numbers, self.candidates = self.draw_numbers[draws], self.candidates[candidates]
        self.weight, self.bias = keep(self.weight), keep(self.bias)
        self.moments = [(keep(first), keep(second)) for first, second in self.moments]
        chosen = candidates.to(self.rate.device)
        self.rate, self.decay = self.rate[chosen], self.decay[chosen]
