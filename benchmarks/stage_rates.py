"""What stage one costs per second of film, and so what each of the four data sets costs: two tables.

A small demo corpus is planned by Snakemake; then the very commands of its rules run one by one, and the operating
system says what each of them and all its workers used. Start-up (imports, loading the network) is left out: it is
measured by the same command on a corpus of two clips. Networks are the embedded ones, then the paper's with random
weights; their arithmetic is counted, from which the hours of a GPU are reckoned at a rate that is assumed.

    python benchmarks/stage_rates.py    # writes results/stage_rates.csv and results/costs.csv; about ten minutes
"""

from __future__ import annotations

import argparse
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import pandas as pd
import yaml
from costs import costs
from harness import machine, write_csv
from random_weights import features
from scale import make_project, run

LINES = {"voxceleb2": 224, "mosei": 720}  # of a frame: tight faces, and whole scenes
STAGES = ("faces", "frames2d", "frames3d", "audio", "text")
MODULES = {"faces": "faces.run"} | {name: f"features.{name}" for name in STAGES[1:]}


def film_seconds(root: Path, manifest: Path) -> float:
    """Seconds of film in a data set; files that cannot be opened count for nothing."""
    total = 0.0
    for name in pd.read_parquet(manifest, columns=["media"])["media"]:
        try:
            with av.open(str(root / name)) as container:
                total += (container.duration or 0) / av.time_base
        except (av.FFmpegError, OSError):
            continue
    return total


class Corpus:
    """A demo corpus, planned, in a project of its own."""

    def __init__(self, folder: Path, layout: str, clips: int, seconds: float) -> None:
        folder.mkdir()
        self.folder, self.layout, self.clips = folder, layout, clips
        make_project(folder)
        demo = {"utterances": {layout: clips}, "seconds": seconds, "height": LINES[layout]}
        dataset = {layout: {"adapter": layout, "root": f"results/demo/{layout}"}}
        self.config = {"demo": demo, "datasets": dataset}
        self._snakemake(f"results/plans/{layout}.csv", {})
        self.seconds = film_seconds(folder / f"results/demo/{layout}", folder / f"results/manifests/{layout}.parquet")

    def _snakemake(self, target: str, networks: dict[str, Any], *flags: str) -> str:
        (self.folder / "rates.yaml").write_text(yaml.safe_dump(self.config | {"features": networks}))
        command = ["-m", "snakemake", "--cores", "2", *flags, "--configfile", "rates.yaml", "--", target]
        return run(command, self.folder).output

    def commands(self, networks: dict[str, Any]) -> dict[str, str]:
        """The command of each stage's one job with these networks; asked for before any of them has run."""
        planned = self._snakemake(f"results/qc/{self.layout}.csv", networks, "-n")
        found = {
            stage: re.findall(rf"python -m conclugen\.{re.escape(MODULES[stage])} .*", planned) for stage in STAGES
        }
        return {stage: command for stage, [command] in found.items()}

    def run(self, command: str) -> tuple[float, float, float]:
        """Processor seconds, kB written and peak MB of a command."""
        log = re.search(r"> (\S+) 2>&1", command)[1]
        output = self.folder / re.search(r"--output (\S+)", command)[1]
        (self.folder / log).parent.mkdir(parents=True, exist_ok=True)
        done = run(["-c", SHELL, command], self.folder)
        return done.cpu_seconds, output.stat().st_size / 1e3, done.peak_mb


SHELL = "import subprocess, sys; sys.exit(subprocess.run(['bash', '-c', sys.argv[1]]).returncode)"


def measure(large: Corpus, small: Corpus, networks: dict[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield a row per kind of networks and stage: what a further second of film costs beyond the start."""
    commands = [{kind: corpus.commands(chosen) for kind, chosen in networks.items()} for corpus in (large, small)]
    film = large.seconds - small.seconds
    for kind in networks:
        for stage in STAGES:
            if stage == "faces" and kind != "embedded":
                continue
            cpu, size, peak = large.run(commands[0][kind][stage])
            start, start_size, _ = small.run(commands[1][kind][stage])
            rates = {"cpu_s_per_film_s": (cpu - start) / film, "kb_per_film_s": (size - start_size) / film}
            what = {"layout": large.layout, "lines": LINES[large.layout], "networks": kind, "stage": stage}
            whole = {"film_s": large.seconds, "cpu_s": cpu, "small_film_s": small.seconds, "small_cpu_s": start}
            print(large.layout, kind, stage, {name: round(rate, 3) for name, rate in rates.items()}, flush=True)
            yield what | rates | whole | {"peak_mb": peak}


def main() -> None:
    """Measure both layouts, reckon the data sets, write two CSV files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=6.0, help="of each clip, on average")
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent / "results", help="where to write")
    options = parser.parse_args()
    os.environ |= {"OMP_WAIT_POLICY": "PASSIVE", "HF_HUB_OFFLINE": "1", "CONCLUGEN_DEVICE": "cpu"}
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name:
        weights = Path(name) / "weights"
        weights.mkdir()
        papers = features(weights)
        for layout in LINES:
            large = Corpus(Path(name) / layout, layout, options.clips, options.seconds)
            small = Corpus(Path(name) / f"{layout}-small", layout, 2, options.seconds)
            networks = {"embedded": {}} | (
                {"paper": papers} if layout == "mosei" else {}
            )  # films change nothing for them
            rows += measure(large, small, networks)
            write_csv(options.folder / "stage_rates.csv", [{**values, **machine(2)} for values in rows])
    write_csv(options.folder / "costs.csv", costs(pd.DataFrame(rows)))


if __name__ == "__main__":
    main()
