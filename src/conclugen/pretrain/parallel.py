"""Several processes under torchrun, one batch: each runs the network on its part, and all see the losses of the whole.

Contrast needs every row of the batch, so outputs are gathered before the losses. Each process then holds the full loss
with gradients through its own part alone; the sum of the processes' gradients is that of a single process. Without
torchrun every function here does nothing.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Iterator

import torch
import torch.distributed as dist
from torch import nn

from conclugen.models.network import Outputs


@contextlib.contextmanager
def processes(where: torch.device) -> Iterator[None]:
    """Join the processes that torchrun started, if it did, each on a GPU of its own where there are GPUs."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield
        return
    if where.type == "cuda":
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    dist.init_process_group("nccl" if where.type == "cuda" else "gloo")
    try:
        yield
    finally:
        dist.destroy_process_group()


def world() -> int:
    """Return the number of processes."""
    return dist.get_world_size() if dist.is_initialized() else 1


def is_first() -> bool:
    """Whether this process is the one that writes and prints."""
    return not dist.is_initialized() or dist.get_rank() == 0


def part(rows: torch.Tensor) -> torch.Tensor:
    """Return this process's part of `rows` (..., B), where B is a multiple of the number of processes."""
    return rows if world() == 1 else rows.chunk(world(), dim=-1)[dist.get_rank()]


def gather(outputs: Outputs, present: dict[str, torch.Tensor], views: int) -> tuple[Outputs, dict[str, torch.Tensor]]:
    """Put the parts of all processes together, in the order of the batch, with gradients through the own part.

    With `views`, each part holds first views and then second views, and so does the whole. Representations, which no
    loss reads, stay as they are.
    """
    if world() == 1:
        return outputs, present
    halves = 2 if views else 1
    joined = {
        field: {name: _whole(value, halves) for name, value in getattr(outputs, field).items()}
        for field in ("inputs", "projection", "cluster", "reconstruction")
    }
    everywhere = {name: _whole(value.to(torch.uint8), halves).bool() for name, value in present.items()}
    return dataclasses.replace(outputs, **joined), everywhere


def add_gradients(network: nn.Module) -> None:
    """Sum the gradients over all processes."""
    if world() > 1:
        for parameter in network.parameters():
            if parameter.grad is not None:
                dist.all_reduce(parameter.grad)


def agree(values: torch.Tensor | None) -> None:
    """Overwrite `values` with those of the first process; all must hold them or none."""
    if world() > 1 and values is not None:
        dist.broadcast(values, src=0)


def _whole(part: torch.Tensor, halves: int) -> torch.Tensor:
    parts = [torch.empty_like(part) for _ in range(world())]
    dist.all_gather(parts, part.detach().contiguous())
    parts[dist.get_rank()] = part
    return torch.cat([half for side in zip(*(p.chunk(halves) for p in parts), strict=True) for half in side])
