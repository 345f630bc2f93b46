"""The pipeline at the size of VoxCeleb2: its manifest, its plan, and a dry run before and after it.

The clips are empty files in the official layout, so what is measured is listing and planning. The files take about 2 GB
of disk below --folder, freed at the end. benchmarks/loading.py measures how the features of stage one are read.

    python benchmarks/scale.py                    # 1.09 million utterances
    python benchmarks/scale.py --utterances 20000
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml
from harness import machine, write_csv

from conclugen.config.datasets import VoxCeleb2
from conclugen.config.every_dataset import Plan
from conclugen.data.common import table
from conclugen.data.manifest import Manifest, write_manifest

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("Snakefile", "rules", "src", "envs", "profiles", "config.yaml")
LABELLED = {"mosei": 23_259, "meld": 13_708, "caer": 13_201}
SPEAKERS, CLIPS_PER_VIDEO = 5_994, 7.5  # of VoxCeleb2's dev part
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


def row(measured: str, done: Run, amount: int, unit: str = "utterances") -> dict[str, object]:
    """A row of the results."""
    rates = {"per_second": amount / done.seconds, "seconds": done.seconds, "cpu_seconds": done.cpu_seconds}
    return {"measured": measured, "amount": amount, "unit": unit, **rates, "peak_mb": done.peak_mb}


def write(folder: Path, utterances: int) -> None:
    """Write the project and the empty clips."""
    make_project(folder)
    write_tree(folder / "vox", utterances)


def measure(folder: Path, utterances: int, output: Path) -> None:
    """Measure what `write` wrote."""
    rows = planning(folder, utterances)
    write_csv(output, [{**values, **machine(2)} for values in rows])
    for values in rows:
        print(f"{values['measured']:>24}  {values['seconds']:.1f} s, {values['peak_mb']:.0f} MB")


def main() -> None:
    """Write, measure, remove; or one of them alone, in a folder that stays."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=("write", "measure"), help="one half, in --folder")
    parser.add_argument("--utterances", type=int, default=1_092_009)
    parser.add_argument("--folder", type=Path, help="where to write; default: the temporary folder")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "results" / "scale.csv")
    options = parser.parse_args()
    if options.only == "write":
        write(options.folder, options.utterances)
    elif options.only == "measure":
        measure(options.folder, options.utterances, options.output)
    else:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            write(Path(folder), options.utterances)
            measure(Path(folder), options.utterances, options.output)


if __name__ == "__main__":
    main()
