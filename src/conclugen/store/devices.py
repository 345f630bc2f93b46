"""Threads and devices: the one place that decides what a job computes on."""

from __future__ import annotations

import functools
import os
import warnings
from typing import IO

import torch

from conclugen.store import lease

CHOICES = ("auto", "cpu", "cuda")


def device() -> torch.device:
    """Return the device that `CONCLUGEN_DEVICE` (auto, cpu or cuda; set by the Snakefile from config) asks for.

    Of several GPUs it is the one that this process has leased, for as long as it lives (`store.lease`).

    Raises RuntimeError when `cuda` is asked for, or a Slurm job was given a GPU, and PyTorch sees none: there is no
    silent fallback.
    """
    choice = os.environ.get("CONCLUGEN_DEVICE", "auto")
    if choice not in CHOICES:
        raise RuntimeError(f"device is {choice!r}; allowed are {', '.join(CHOICES)}")
    if choice == "cpu":
        return torch.device("cpu")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a CUDA build on a machine without a driver warns on every call
        available = torch.cuda.is_available()
    if choice == "cuda" and not available:
        raise RuntimeError("config asks for device: cuda, but PyTorch sees no GPU; fix the driver or set device: auto")
    given = os.environ.get("CUDA_VISIBLE_DEVICES")
    if not available and given and "SLURM_JOB_ID" in os.environ:
        raise RuntimeError(f"Slurm gave this job GPU {given}, but PyTorch sees none; fix the driver or set device: cpu")
    if not available:
        return torch.device("cpu")
    if lease.assigned(os.environ):
        return torch.device("cuda")
    number, _ = _leased()
    torch.cuda.set_device(number)  # for what asks for no device in particular
    return torch.device("cuda", number)


@functools.cache
def _leased() -> tuple[int, IO[str]]:
    """The number of this process's GPU and the open lock, kept to the end of the process."""
    return lease.take(lease.names(torch.cuda.device_count(), os.environ), lease.folder())


def compute_dtype(where: torch.device) -> torch.dtype:
    """bfloat16 on a GPU, float32 on the CPU."""
    return torch.bfloat16 if where.type == "cuda" else torch.float32


def set_threads(threads: int) -> None:
    """Give PyTorch (and what shares its OpenMP pool) `threads` threads."""
    torch.set_num_threads(max(1, threads))


def spare_threads() -> int:
    """Return how many threads may work beside the network: all of the job's where a GPU computes, else one."""
    return torch.get_num_threads() if device().type == "cuda" else 1
