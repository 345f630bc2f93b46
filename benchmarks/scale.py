"""The pipeline at the size of VoxCeleb2: manifest, plan, dry runs, and loading features for stage two.

Nothing is computed: the clips are empty files in the official layout and the features are noise, so what is measured is
listing, planning and reading. It takes about 6 GB of disk below --folder, which are freed at the end.

    python benchmarks/scale.py                    # 1.09 million utterances, features of 100,000
    python benchmarks/scale.py --utterances 20000 --loaded 5000
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import datetime
import json
import os
import platform
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import yaml

from conclugen.config.datasets import Plan, VoxCeleb2
from conclugen.data.common import table
from conclugen.data.manifest import Manifest, write_manifest
from conclugen.store.provenance import versions
from conclugen.store.shards import write_shard

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("Snakefile", "rules", "src", "envs", "profiles", "config.yaml")
LABELLED = {"mosei": 23_259, "meld": 13_708, "caer": 13_201}
SPEAKERS, CLIPS_PER_VIDEO = 5_994, 7.5  # of VoxCeleb2's dev part
DIMENSIONS = {"frames2d": 1280, "frames3d": 1024, "audio": 256, "text": 384}  # of the embedded backbones
TABLES = [f"results/tables/{name}.csv" for name in LABELLED]


@dataclasses.dataclass(frozen=True)
class Run:
    """A finished command: wall and processor seconds, peak memory of the largest process in MB, standard output."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    output: str


def run(command: Sequence[str], folder: Path) -> Run:
    """Run a command of this Python in `folder`. Raises RuntimeError with the end of its output when it fails."""
    log = folder / "command.log"
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "PATH": path}
    with open(log, "wb") as handle:
        actions = [(os.POSIX_SPAWN_DUP2, handle.fileno(), 1), (os.POSIX_SPAWN_DUP2, handle.fileno(), 2)]
        there = os.getcwd()
        os.chdir(folder)
        started = time.perf_counter()
        try:
            pid = os.posix_spawn(sys.executable, [sys.executable, *command], environment, file_actions=actions)
            _, status, usage = os.wait4(pid, 0)
        finally:
            os.chdir(there)
    seconds, output = time.perf_counter() - started, log.read_text()
    if status:
        raise RuntimeError(f"{' '.join(command)} failed:\n{output[-3000:]}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output)


def names(utterances: int) -> Iterator[tuple[str, str, str]]:
    """Speaker, source video and number of each clip, spread as in VoxCeleb2."""
    for clip in range(utterances):
        video = int(clip / CLIPS_PER_VIDEO)
        yield f"id{10_000 + video % SPEAKERS:05d}", f"{video:011d}", f"{clip:07d}"


def write_tree(root: Path, utterances: int) -> None:
    """Write the official layout with empty files."""
    made = set()
    for speaker, video, clip in names(utterances):
        folder = root / "dev" / "mp4" / speaker / video
        if folder not in made:
            folder.mkdir(parents=True)
            made.add(folder)
        os.close(os.open(folder / f"{clip}.mp4", os.O_CREAT | os.O_WRONLY))


def make_project(folder: Path) -> None:
    """A copy of the pipeline whose four data sets are not the demo's."""
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy2(source, folder / part)
    datasets = {"voxceleb2": {"adapter": "voxceleb2", "root": "vox"}}
    datasets |= {name: {"adapter": "folder", "root": name} for name in LABELLED}
    for name in LABELLED:
        (folder / name).mkdir()
    (folder / "scale.yaml").write_text(yaml.safe_dump({"datasets": datasets}))


def make_plan(folder: Path, dataset: str) -> Run:
    """Plan a data set as its rule does, with the default size of shards."""
    root = "vox" if dataset == "voxceleb2" else dataset
    flags = ["--manifest", f"results/manifests/{dataset}.parquet", "--root", root, "--output"]
    settings = ["--settings", json.dumps(Plan().model_dump())]
    return run(["-m", "conclugen.data.plan", *flags, f"results/plans/{dataset}.csv", *settings], folder)


def make_manifest(folder: Path) -> Run:
    """List VoxCeleb2 as its rule does."""
    options = VoxCeleb2(adapter="voxceleb2", root="vox").model_dump(include={"parts", "valid_fraction", "seed"})
    flags = ["--dataset", "voxceleb2", "--root", "vox", "--settings", json.dumps(options)]
    return run(["-m", "conclugen.data.voxceleb2", *flags, "--output", "results/manifests/voxceleb2.parquet"], folder)


def make_labelled(folder: Path) -> None:
    """Manifests and plans of the three labelled sets; their clips are not there, which planning bears."""
    for name, count in LABELLED.items():
        ids = [f"{name}{n:06d}" for n in range(count)]
        rows = {"utterance_id": ids, "media": [f"{i}.mp4" for i in ids]}
        write_manifest(folder / f"results/manifests/{name}.parquet", Manifest(table(rows), name, "folder", "none", ()))
        make_plan(folder, name)


def dry_run(folder: Path) -> tuple[Run, int, int]:
    """A dry run of all tables: what it took, the number of jobs, the longest command in bytes."""
    done = run(["-m", "snakemake", "-n", "--configfile", "scale.yaml", "--cores", "2", "--", *TABLES], folder)
    jobs = int(re.search(r"^total +(\d+)$", done.output, re.MULTILINE)[1])
    commands = (line for line in done.output.splitlines() if "python -m conclugen." in line)
    return done, jobs, max(len(line.encode()) for line in commands)


def planning(folder: Path, utterances: int) -> list[dict[str, object]]:
    """Manifest, plan, and a dry run before and after it."""
    before, jobs_before, _ = dry_run(folder)
    manifest, plan = make_manifest(folder), make_plan(folder, "voxceleb2")
    make_labelled(folder)
    after, jobs, longest = dry_run(folder)
    shards = len((folder / "results/plans/voxceleb2.csv").read_text().splitlines()) - 1
    print(f"{shards} shards of VoxCeleb2, {jobs} jobs, longest command {longest} bytes")
    return [
        row("manifest", manifest, utterances),
        row("plan", plan, utterances),
        row("dry run before the plan", before, jobs_before, "jobs"),
        row("dry run after the plan", after, jobs, "jobs"),
    ]


def write_features(folder: Path, utterances: int, per_shard: int) -> None:
    """Write shards of noise for every stream, and the table of splits."""
    ids = sorted("/".join(name) for name in names(utterances))
    lines = "".join(f"{i},train,{i}\n" for i in ids)
    (folder / "splits.csv").write_text("utterance_id,split,group\n" + lines)
    rng = np.random.default_rng(0)
    members = np.array_split(rng.permutation(ids), -(-utterances // per_shard))
    for stream, dim in DIMENSIONS.items():
        noise = rng.standard_normal((len(members[0]), dim), dtype=np.float32)
        for number, part in enumerate(members):
            path = folder / "features" / stream / f"{number:04d}.h5"
            write_shard(path, sorted(part), noise[: len(part)], np.ones(len(part), bool), {"weights_sha256": stream})


LOAD = """
import json, resource, sys, time
import pandas as pd
from conclugen.store.resident import load
shards = json.loads(sys.argv[1])
ids = pd.read_csv("splits.csv")["utterance_id"].tolist()
before = resource.getrusage(resource.RUSAGE_SELF)
started = time.perf_counter()
load(shards, ids, {"video": ["frames2d", "frames3d"], "audio": ["audio"], "text": ["text"]})
seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
print(json.dumps({"seconds": seconds, "cpu_seconds": cpu, "peak_mb": (after.ru_maxrss - before.ru_maxrss) / 1024}))
"""


def loading(folder: Path, utterances: int) -> list[dict[str, object]]:
    """Read the shards as bytes and then as stage two does, each time not from the page cache."""
    shards = {stream: sorted(map(str, (folder / "features" / stream).glob("*.h5"))) for stream in DIMENSIONS}
    paths = [path for of_stream in shards.values() for path in of_stream]
    size = sum(os.path.getsize(path) for path in paths)
    forget(paths)
    started = time.perf_counter()
    read_all(paths)
    raw = Run(time.perf_counter() - started, 0.0, 0.0, "")
    forget(paths)
    loaded = Run(**json.loads(run(["-c", LOAD, json.dumps(shards)], folder).output), output="")  # without the imports
    return [
        row("read shards as bytes", raw, round(size / 1e6), "MB"),
        row(f"load shards of {utterances} utterances", loaded, round(size / 1e6), "MB"),
    ]


def forget(paths: Sequence[str]) -> None:
    """Drop files from the page cache."""
    os.sync()
    for path in paths:
        handle = os.open(path, os.O_RDONLY)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(handle)


def read_all(paths: Sequence[str]) -> None:
    """Read files from end to end."""
    block = bytearray(1 << 23)
    for path in paths:
        with open(path, "rb", buffering=0) as handle:
            while handle.readinto(block):
                continue


def row(measured: str, done: Run, amount: int, unit: str = "utterances") -> dict[str, object]:
    """A row of the results."""
    rates = {"per_second": amount / done.seconds, "seconds": done.seconds, "cpu_seconds": done.cpu_seconds}
    return {"measured": measured, "amount": amount, "unit": unit, **rates, "peak_mb": done.peak_mb}


def write_rows(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    """Print the rows and write them, each with the machine."""
    model = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    machine = {
        "processor": model[1] if model else platform.processor(),
        "cores": os.cpu_count(),
        "software": f"Python {platform.python_version()}, {versions(('snakemake', 'pandas', 'pyarrow', 'h5py'))}",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, [*rows[0], *machine], lineterminator="\n")
        writer.writeheader()
        for values in rows:
            shown = {key: f"{value:.4g}" if isinstance(value, float) else value for key, value in values.items()}
            print(" ".join(f"{key} {value}" for key, value in shown.items()))
            writer.writerow(shown | machine)


def write(folder: Path, options: argparse.Namespace) -> None:
    """Write the empty clips and the noise."""
    for name in ("planning", "loading"):
        (folder / name).mkdir(parents=True)
    write_features(folder / "loading", options.loaded, options.per_shard)
    make_project(folder / "planning")
    write_tree(folder / "planning" / "vox", options.utterances)


def measure(folder: Path, options: argparse.Namespace) -> None:
    """Measure what `write` wrote."""
    rows = loading(folder / "loading", options.loaded) + planning(folder / "planning", options.utterances)
    write_rows(options.output, rows)


def main() -> None:
    """Write, measure, remove; or one of them alone, in a folder that stays."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=("write", "measure"), help="one half, in --folder")
    parser.add_argument("--utterances", type=int, default=1_092_009)
    parser.add_argument("--loaded", type=int, default=100_000, help="utterances whose features are read")
    parser.add_argument("--per-shard", type=int, default=4_266, help="of those; as many as VoxCeleb2's shards have")
    parser.add_argument("--folder", type=Path, help="where to write; default: the temporary folder")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "results" / "scale.csv")
    options = parser.parse_args()
    if options.only:
        (write if options.only == "write" else measure)(options.folder, options)
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        write(Path(folder), options)
        measure(Path(folder), options)


if __name__ == "__main__":
    main()
