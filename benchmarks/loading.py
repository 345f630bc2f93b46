"""How fast features reach the training: shards read once into memory, against a DataLoader that reads each utterance.

One run, in turns, medians and ratios:

- `plain read`: the bytes of the shards read into as much memory, as fast as the system gives both;
- `load`: `store.resident.load_modalities`, checksums verified, rows in the manifest's order, streams joined; beside it,
  the most memory it took beyond the features it returned;
- `resident epoch`: every batch of an epoch taken from memory;
- `loader epoch`: the same batches from a PyTorch DataLoader with two workers, an HDF5 read per utterance and stream
  from files with a chunk per row.

    python benchmarks/loading.py                 # a minute on two cores
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import h5py
import numpy as np
import torch
from harness import machine, write_csv

from conclugen.pretrain.step import take
from conclugen.store.devices import set_threads
from conclugen.store.resident import Resident, load_modalities
from conclugen.store.shards import write_shard

DIMS = {"frames2d": 2048, "frames3d": 2048, "audio": 1024, "text": 768}
JOINED = {"video": ("frames2d", "frames3d"), "audio": ("audio",), "text": ("text",)}
Shards = dict[str, list[Path]]


class Samples(torch.utils.data.Dataset):
    """Utterances read one by one from HDF5, a chunk per row; files are opened in the worker that reads them."""

    def __init__(self, files: Mapping[str, Path], rows: int) -> None:
        self.paths, self.rows, self.files = files, rows, {}

    def __len__(self) -> int:
        return self.rows

    def __getitem__(self, row: int) -> dict[str, np.ndarray]:
        if not self.files:
            self.files = {stream: h5py.File(path, "r") for stream, path in self.paths.items()}
        return {m: np.concatenate([self.files[s]["features"][row] for s in streams]) for m, streams in JOINED.items()}


def write_files(folder: Path, rows: int, shard_rows: int) -> tuple[list[str], Shards, dict[str, Path]]:
    """Write random features as shards and, per stream, as one file with a chunk per row."""
    ids, rng, shards, files = [f"clip{i:06d}" for i in range(rows)], np.random.default_rng(0), {}, {}
    for stream, dim in DIMS.items():
        shards[stream] = []
        files[stream] = folder / f"{stream}.chunked.h5"
        with h5py.File(files[stream], "w") as file:
            chunked = file.create_dataset("features", (rows, dim), np.float16, chunks=(1, dim))
            for start in range(0, rows, shard_rows):
                part = slice(start, min(start + shard_rows, rows))
                values = rng.standard_normal((part.stop - part.start, dim), dtype=np.float32).astype(np.float16)
                chunked[part] = values
                shards[stream].append(folder / stream / f"{start:06d}.h5")
                write_shard(shards[stream][-1], ids[part], values, np.ones(len(values), bool), {})
    return ids, shards, files


def plain_read(shards: Shards) -> int:
    """Read every file of the shards whole and keep all until the end; return the bytes."""
    held = [path.read_bytes() for paths in shards.values() for path in paths]
    return sum(map(len, held))


def resident_epoch(data: Resident, batch: int) -> int:
    """Take every batch of an epoch in a random order; return the rows."""
    order, where = torch.randperm(len(data)), torch.device("cpu")
    return sum(len(take(data, rows, where, None)[1]["text"]) for rows in order.split(batch))


def loader_epoch(files: Mapping[str, Path], rows: int, batch: int) -> int:
    """The same from a DataLoader."""
    loader = torch.utils.data.DataLoader(Samples(files, rows), batch, shuffle=True, num_workers=2)
    return sum(len(values["text"]) for values in loader)


def median_of(things: Mapping[str, Callable[[], object]], repeats: int) -> dict[str, tuple[float, float]]:
    """Seconds of the clock and of this process's processor of each, in turns, after one round of warm-up: the files are
    in the system's cache for all alike."""
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in things}
    for turn in range(-1, repeats):
        for name, do in things.items():
            wall, cpu = time.perf_counter(), time.process_time()
            do()
            if turn >= 0:
                seconds[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    return {
        name: tuple(statistics.median(kind) for kind in zip(*times, strict=True)) for name, times in seconds.items()
    }


def memory_beyond(shards: Shards, rows: int) -> float:
    """Return, as a share of the features, what a fresh process takes beside them at most while it loads them."""
    flags = [str(path) for paths in shards.values() for path in paths]
    command = [sys.executable, __file__, "--measure-memory", str(rows), *flags]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _measure_memory(rows: int, flags: Sequence[str]) -> None:
    """In a process of its own: load the shards and print the most memory beyond the features, as a share of them."""
    shards: Shards = {}
    for flag in flags:
        stream, _, path = flag.partition("=")
        shards.setdefault(stream, []).append(Path(path))
    load_modalities({"text": shards["text"][:1]}, {"text": ("text",)}, [])  # what libraries take once
    before = _most_memory()
    data = load_modalities(shards, JOINED, [f"clip{i:06d}" for i in range(rows)])
    most = _most_memory()
    features = sum(value.numel() * value.element_size() for value in data.features.values())
    print((most - before - features) / features)


def _most_memory() -> int:
    """The most bytes this process has held (Linux)."""
    status = Path("/proc/self/status").read_text()
    return 1024 * int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))


def main() -> None:
    """Measure and write a CSV."""
    arguments = _arguments()
    if arguments.measure_memory:
        rows, *flags = arguments.measure_memory
        return _measure_memory(int(rows), flags)
    set_threads(1)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        ids, shards, files = write_files(Path(folder), arguments.rows, arguments.shard_rows)
        data = load_modalities(shards, JOINED, ids)
        size = plain_read(shards)
        median = median_of(
            {
                "plain read": lambda: plain_read(shards),
                "load": lambda: load_modalities(shards, JOINED, ids),
                "resident epoch": lambda: resident_epoch(data, arguments.batch),
                "loader epoch": lambda: loader_epoch(files, arguments.rows, arguments.batch),
            },
            arguments.repeats,
        )
        beyond = memory_beyond(shards, arguments.rows)
    about = {"rows": arguments.rows, "batch": arguments.batch, "shard_rows": arguments.shard_rows, **machine(1)}
    ratios = {
        "load": ("time of plain read", median["load"][0] / median["plain read"][0]),
        "loader epoch": ("time of resident epoch", median["loader epoch"][0] / median["resident epoch"][0]),
    }
    rows = [
        {
            "measured": name,
            "median_s": seconds,
            "cpu_s": "" if name == "loader epoch" else cpu,  # its workers are processes of their own
            "mb_per_s": size / seconds / 1e6,
            "ratio": ratios.get(name, ("", ""))[1],
            "ratio_to": ratios.get(name, ("", ""))[0],
            "memory_beyond_features": beyond if name == "load" else "",
            **about,
        }
        for name, (seconds, cpu) in median.items()
    ]
    write_csv(arguments.output, rows)
    for row in rows:
        print(f"{row['measured']:>16}  {row['median_s']:.3f} s  {row['mb_per_s']:.0f} MB/s  {row['ratio']}")
    print(f"memory beyond the features: {beyond:.3f} of them")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=16384)
    parser.add_argument("--shard-rows", type=int, default=1024)
    parser.add_argument("--batch", type=int, default=4096)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where the files are written; the system's temporary folder")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "results" / "loading.csv")
    parser.add_argument("--measure-memory", nargs="+", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
