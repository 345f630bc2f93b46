"""What the benchmarks share: timing in turns, the machine, and a CSV that says both."""

from __future__ import annotations

import argparse
import csv
import datetime
import io
import os
import platform
import resource
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from conclugen.store.atomic import write_text
from conclugen.store.provenance import versions

RESULTS = Path(__file__).parent / "results"
PACKAGES = (
    "conclugen",
    "torch",
    "torchvision",
    "facenet-pytorch",
    "faiss-gpu",
    "faiss-cpu",
    "av",
    "pillow",
    "numpy",
    "h5py",
)


def arguments(name: str, description: str | None, repeats: int) -> argparse.ArgumentParser:
    """Return a parser with the flags that every benchmark has."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=repeats, help="turns of each thing measured")
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 1), help="of both sides of a ratio")
    parser.add_argument("--output", type=Path, default=RESULTS / f"{name}.csv")
    return parser


def alternate(
    things: Mapping[str, Callable[[], object]],
    repeats: int,
    warm_up: int = 1,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, list[float]]:
    """Return seconds by `clock` of `repeats` calls of each thing, in turns so that a busy machine slows all alike."""
    seconds: dict[str, list[float]] = {name: [] for name in things}
    for turn in range(-warm_up, repeats):
        for name, do in things.items():
            started = clock()
            do()
            if turn >= 0:
                seconds[name].append(clock() - started)
    return seconds


def processor_seconds() -> float:
    """Return the processor time of this process's threads and of its children that have ended, in seconds."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def ratio(over: Sequence[float], under: Sequence[float]) -> float:
    """Return the median over turns of the ratio within each turn."""
    return statistics.median(a / b for a, b in zip(over, under, strict=True))


def machine(threads: int) -> dict[str, object]:
    """Return what the figures were measured on, without the machine's name: its GPU or its processor, and versions."""
    import torch  # only now: some benchmarks measure the memory of children, which counts this process's at their start

    from conclugen.store.devices import compute_dtype, device

    where = device()
    return {
        "processor": torch.cuda.get_device_name() if where.type == "cuda" else processor(),
        "cores": os.cpu_count(),
        "threads": threads,
        "dtype": str(compute_dtype(where)).removeprefix("torch."),
        "software": f"Python {platform.python_version()}, {versions(PACKAGES)}",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }


def processor() -> str:
    """Return the model of the processor."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def report(path: Path, rows: Sequence[Mapping[str, Any]], threads: int) -> None:
    """Print the rows and write them, each with the machine; a row read from an older file keeps its own."""
    for row in rows:
        print("  ".join(f"{key} {_digits(value, 4)}" for key, value in row.items() if value != ""))
    about = machine(threads)
    write_csv(path, [{**row, **about, **row} for row in rows])


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows atomically; what a row lacks is left empty."""
    text, fields = io.StringIO(), dict.fromkeys(key for row in rows for key in row)
    writer = csv.DictWriter(text, list(fields), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _digits(value, 6) for key, value in row.items()} for row in rows)
    write_text(path, text.getvalue())


def _digits(value: Any, count: int) -> Any:
    return f"{value:.{count}g}" if isinstance(value, float) else value
