"""Batch normalisation over the whole batch, however many processes share it, and with hardly any rows."""

from __future__ import annotations

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.nn.functional import all_reduce
from torch.nn import functional


class BatchNorm(nn.BatchNorm1d):
    """Batch normalisation (Ioffe and Szegedy 2015) whose statistics are those of all processes' rows together.

    Unlike `nn.SyncBatchNorm` it runs on the CPU, too. A batch of fewer than two rows falls back on the running
    statistics. Every process must call it as often as the others.
    """

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """(N, D) to (N, D)."""
        if self.training and dist.is_available() and dist.is_initialized():
            return self._together(values)
        if self.training and len(values) < 2:
            return self._by_running(values)
        return super().forward(values)

    def _together(self, values: torch.Tensor) -> torch.Tensor:
        """Normalise by sums over all processes; the gradient flows through them, as through those of one process."""
        wide = values.float()
        count = int(_summed(torch.tensor(float(len(wide)), device=wide.device)))
        if count < 2:
            return self._by_running(values)
        mean = all_reduce(wide.sum(0)) / count
        variance = all_reduce((wide - mean).square().sum(0)) / count
        with torch.no_grad():
            self.num_batches_tracked += 1
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * count / (count - 1), self.momentum)
        scaled = (wide - mean) * torch.rsqrt(variance + self.eps)
        return (scaled * self.weight + self.bias).to(values.dtype)

    def _by_running(self, values: torch.Tensor) -> torch.Tensor:
        return functional.batch_norm(
            values, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0, self.eps
        )


def _summed(value: torch.Tensor) -> torch.Tensor:
    total = value.detach().clone()
    dist.all_reduce(total)
    return total
