"""What the benchmarks of stage one share: timing in turns, the machine, and a CSV that says both."""

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
PACKAGES = ("conclugen", "torch", "torchvision", "facenet-pytorch", "av", "pillow", "numpy", "h5py")


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
    """Return what the figures were measured on, without the machine's name."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "threads": threads,
        "software": f"Python {platform.python_version()}, {versions(PACKAGES)}",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }


def processor() -> str:
    """Return the model of the processor."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def report(path: Path, rows: Sequence[Mapping[str, Any]], threads: int) -> None:
    """Print the rows and write them, each with the machine, as CSV."""
    about, text = machine(threads), io.StringIO()
    writer = csv.DictWriter(text, [*rows[0], *about], lineterminator="\n")
    writer.writeheader()
    for row in rows:
        shown = {key: f"{value:.4g}" if isinstance(value, float) else value for key, value in row.items()}
        print("  ".join(f"{key} {value}" for key, value in shown.items() if value != ""))
        writer.writerow(shown | about)
    write_text(path, text.getvalue())
