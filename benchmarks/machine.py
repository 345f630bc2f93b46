"""What a figure was measured on, and how a table of figures is written."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

import torch
from harness import processor

from conclugen.store.devices import compute_dtype, device
from conclugen.store.provenance import versions


def machine(threads: int) -> dict[str, Any]:
    """Return the processor or GPU, cores, threads, type of numbers and versions."""
    where = device()
    return {
        "machine": torch.cuda.get_device_name() if where.type == "cuda" else processor(),
        "cores": os.cpu_count(),
        "threads": threads,
        "dtype": str(compute_dtype(where)).removeprefix("torch."),
        "software": versions(("torch", "faiss-gpu", "faiss-cpu", "h5py")),
    }


def write_csv(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write rows that share their keys."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({k: f"{v:.6g}" if isinstance(v, float) else v for k, v in row.items()})
