"""The small networks that sit on the frozen backbones: gate, representation, projection, clustering, decoder."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional

from conclugen.models.batch_norm import BatchNorm

SMALLEST_STD = 1e-4


class Standardise(nn.Module):
    """Shift and scale each dimension to mean 0 and deviation 1, as measured on the pretraining corpus.

    Attributes:
        mean, std: (D,) buffers; 0 and 1 until fitted.
    """

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("std", torch.ones(dim))

    @torch.no_grad()
    def fit(self, values: torch.Tensor, present: torch.Tensor, rows_at_once: int = 16384) -> None:
        """Measure mean and deviation over the present rows of `values` (N, D); `present` (N,) bool.

        Dimensions that (almost) never change keep a deviation of 1. Raises ValueError when no row is present.
        """
        if not bool(present.any()):
            raise ValueError("no row is present; there is nothing to standardise by")
        count, total, squares = 0, 0.0, 0.0
        shift = values[present.nonzero()[0, 0]].double()  # sums about a point of the data: no cancellation
        for block, present_rows in zip(values.split(rows_at_once), present.split(rows_at_once), strict=True):
            centred = block[present_rows].double() - shift
            count += len(centred)
            total, squares = total + centred.sum(0), squares + centred.square().sum(0)
        mean = total / count
        std = (squares / count - mean.square()).clamp_min(0).sqrt()
        self.mean.copy_(mean + shift)
        self.std.copy_(torch.where(std < SMALLEST_STD, torch.ones_like(std), std))

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """(N, D) to (N, D), float32."""
        return (values.float() - self.mean) / self.std


class ContextGate(nn.Module):
    """x * sigmoid(W x + b): a Linear, and a gated linear unit over its input and output."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.gate = nn.Linear(dim, dim)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """(N, D) to (N, D)."""
        return values * torch.sigmoid(self.gate(values))


class Temperature(nn.Module):
    """Unit vectors times the root of a learned factor: their dot products are cosines over a learned temperature.

    The factor starts at 1 / 0.07 and stays below 100, as in CLIP (Radford et al. 2021, section 2.5 and Figure 3). It is
    put into the vectors, not handed over beside them, so that rows of several processes can be gathered as they are.
    """

    FIRST, MOST = 1 / 0.07, 100.0

    def __init__(self) -> None:
        super().__init__()
        self.log_factor = nn.Parameter(torch.tensor(math.log(self.FIRST)))

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """(N, P) to (N, P)."""
        return functional.normalize(values, dim=1) * (self.log_factor.clamp(max=math.log(self.MOST)) / 2).exp()


class Residual(nn.Module):
    """inner(x) + W x: what a linear map of the input tells is not lost in the layers of `inner`."""

    def __init__(self, inner: nn.Module, input_dim: int, output_dim: int) -> None:
        super().__init__()
        self.inner, self.straight = inner, nn.Linear(input_dim, output_dim, bias=False)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """(N, input_dim) to (N, output_dim)."""
        return self.inner(values) + self.straight(values)


def representation_head(
    input_dim: int,
    hidden_dim: int,
    output_dim: int,
    gated: bool,
    final_relu: bool,
    residual: bool,
    narrow: bool = False,
) -> nn.Module:
    """Return F: (N, input_dim) to (N, output_dim), three layers (section 3.1 of the paper).

    Gated, as in the official code: Linear, ReLU, context gate, Linear; with `narrow`, as for its audio, a whole gated
    head at the input's width (Linear, ReLU, context gate, Linear, ReLU) and a Linear. Otherwise Linear, ReLU, Linear,
    ReLU, Linear, at the input's width with `narrow`. With `residual`, a linear map of the input is added to the result.
    """
    hidden_dim = input_dim if narrow else hidden_dim
    straight = [nn.Linear(hidden_dim, hidden_dim), nn.ReLU()]
    middle = [ContextGate(hidden_dim), *(straight if narrow else [])] if gated else straight
    layers = [nn.Linear(input_dim, hidden_dim), nn.ReLU(), *middle, nn.Linear(hidden_dim, output_dim)]
    head = nn.Sequential(*layers, *([nn.ReLU()] if final_relu else []))
    return Residual(head, input_dim, output_dim) if residual else head


def projection_head(input_dim: int, hidden_dim: int, output_dim: int, batch_norm: bool, final_relu: bool) -> nn.Module:
    """Return J: (N, input_dim) to (N, output_dim), two linear layers (section 3.1)."""
    norm = [BatchNorm(hidden_dim)] if batch_norm else []
    layers = [nn.Linear(input_dim, hidden_dim), *norm, nn.ReLU(), nn.Linear(hidden_dim, output_dim)]
    return nn.Sequential(*layers, *([nn.ReLU()] if final_relu else []))


def clustering_head(input_dim: int, output_dim: int) -> nn.Module:
    """Return G: (N, input_dim) to (N, output_dim), one linear layer without bias, shared by all modalities."""
    return nn.Linear(input_dim, output_dim, bias=False)


def decoder_head(input_dim: int, hidden_dim: int, output_dim: int, final_relu: bool) -> nn.Module:
    """Return Q: from a representation (N, input_dim) back to the backbone's vector (N, output_dim) (section 3.4)."""
    layers = [nn.Linear(input_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, output_dim)]
    return nn.Sequential(*layers, *([nn.ReLU()] if final_relu else []))
