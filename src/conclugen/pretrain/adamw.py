"""AdamW (Loshchilov and Hutter 2019) through PyTorch's functional interface, fused.

`torch.optim.AdamW` computes the same, but its first step imports torch.compile's machinery: three seconds in every job,
longer than many a training takes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch.optim.adamw import adamw

BETAS, EPSILON = (0.9, 0.999), 1e-8


class AdamW:
    """Steps parameters that have a gradient; `learning_rate` may be changed between steps."""

    def __init__(self, parameters: Iterable[torch.nn.Parameter], learning_rate: float, weight_decay: float) -> None:
        self.parameters = list(parameters)
        self.learning_rate, self.weight_decay = learning_rate, weight_decay
        self.averages = [torch.zeros_like(p, memory_format=torch.preserve_format) for p in self.parameters]
        self.squares = [torch.zeros_like(p, memory_format=torch.preserve_format) for p in self.parameters]
        self.steps = [torch.zeros((), device=p.device) for p in self.parameters]  # where the fused kernel wants them

    @torch.no_grad()
    def step(self) -> None:
        """Update every parameter that has a gradient."""
        used = [i for i, parameter in enumerate(self.parameters) if parameter.grad is not None]
        adamw(
            [self.parameters[i] for i in used],
            [self.parameters[i].grad for i in used],
            [self.averages[i] for i in used],
            [self.squares[i] for i in used],
            [],
            [self.steps[i] for i in used],
            fused=True,  # one pass over memory: a third of the time on a CPU, too
            amsgrad=False,
            beta1=BETAS[0],
            beta2=BETAS[1],
            lr=self.learning_rate,
            weight_decay=self.weight_decay,
            eps=EPSILON,
            maximize=False,
        )

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for parameter in self.parameters:
            parameter.grad = None

    def state_dict(self) -> dict[str, Any]:
        """Return what a training needs to go on."""
        return {"averages": self.averages, "squares": self.squares, "steps": self.steps}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over a saved state, in place. Raises ValueError if it is of other parameters."""
        for name, mine in self.state_dict().items():
            if [value.shape for value in mine] != [value.shape for value in state[name]]:
                raise ValueError(f"the saved optimiser's {name} are of other parameters")
            for value, saved in zip(mine, state[name], strict=True):
                value.copy_(saved)
