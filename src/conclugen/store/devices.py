"""Threads and devices: the one place that decides what a job computes on."""

from __future__ import annotations

import os
import warnings

import torch

CHOICES = ("auto", "cpu", "cuda")


def device() -> torch.device:
    """Return the device that `CONCLUGEN_DEVICE` (auto, cpu or cuda; set by the Snakefile from config) asks for.

    Raises RuntimeError when `cuda` is asked for and there is no GPU: there is no silent fallback.
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
    return torch.device("cuda" if available else "cpu")


def compute_dtype(where: torch.device) -> torch.dtype:
    """bfloat16 on a GPU, float32 on the CPU."""
    return torch.bfloat16 if where.type == "cuda" else torch.float32


def set_threads(threads: int) -> None:
    """Give PyTorch (and what shares its OpenMP pool) `threads` threads."""
    torch.set_num_threads(max(1, threads))
