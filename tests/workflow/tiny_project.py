"""A copy of the pipeline with a tiny configuration, in a folder of its own."""

from __future__ import annotations

import functools
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import warm_snakemake
import yaml

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("Snakefile", "rules", "report", "src", "envs", "profiles", "config.yaml")

# Few clips, pretrained and evaluated on; one network of each of two methods, the second a recipe of one's own.
TINY = {
    "demo": {"utterances": {"mosei": 30}, "seconds": 1.2, "height": 180, "fps": 16},
    "qc": {"max_lost": 0.6},
    "faces": {"detect_every": 8},
    "features": {"frames2d": {"size": 64}, "frames3d": {"size": 64}},
    "pretrain": {
        "dataset": "mosei",
        "methods": ["ConCluGen", "Own"],
        "recipes": {
            "Own": {
                "losses": ["reconstruction"],
                "modalities": {"face": ["frames2d", "keypoints"], "words": ["text"]},
                "learning_rate": 0.01,
            }
        },
        "seeds": [0],
        "epochs": 8,
        "sizes": {"representation": 16, "hidden": 16, "projection": 8, "projection_hidden": 8, "decoder_hidden": 16},
    },
    "downstream": {
        "datasets": ["mosei"],
        "protocols": ["raw", "shuffled", "linear"],
        "controls": ["untrained"],
        "seeds": [0, 1],
        "heads": {"epochs": 5, "learning_rates": [0.01], "weight_decays": [1.0]},
    },
    "tables": {"resamples": 50},
}


class Project:
    """A copy of the pipeline in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def create(cls, folder: Path) -> Project:
        for part in PARTS:
            source = ROOT / part
            if source.is_dir():
                ignore = shutil.ignore_patterns(".*", "*.egg-info")  # what is compiled comes along: times are kept
                shutil.copytree(source, folder / part, ignore=ignore, dirs_exist_ok=True)
            else:
                shutil.copy2(source, folder / part)
        (folder / "tiny.yaml").write_text(yaml.safe_dump(TINY))
        return cls(folder)

    def clone(self, folder: Path) -> Project:
        """A copy with everything it has run, with times kept."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True, symlinks=True)
        return Project(folder)

    def environment(self) -> dict[str, str]:
        """Its own package, and compiled modules kept: each job is a process that imports them all."""
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return kept | {"PYTHONPATH": str(self.folder / "src"), "OMP_WAIT_POLICY": "PASSIVE"}

    @staticmethod
    def binaries() -> Path:
        """The folder of the environment's programs."""
        return Path(sys.executable).parent

    def start(
        self,
        *arguments: str,
        program: Sequence[str] = (str(Path(sys.executable).parent / "snakemake"),),
        **options: Any,
    ) -> subprocess.Popen:
        """Start Snakemake, or a `program` that calls it."""
        command = [*program, "--cores", "2", "--configfile", "tiny.yaml", "-p", *arguments]
        heeding = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a background job does not by itself
        return subprocess.Popen(
            command, cwd=self.folder, env=self.environment(), text=True, preexec_fn=heeding, **options
        )

    def snakemake(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
        """Run Snakemake to its end, in a process that has it imported already."""
        code, out, err = self.warm("--cores", "2", "--configfile", "tiny.yaml", "--printshellcmds", *arguments)
        if check and code:
            raise AssertionError(f"{arguments}: {out[-4000:]}{err[-4000:]}")
        return subprocess.CompletedProcess(arguments, code, out, err)

    def warm(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code and output of Snakemake with these arguments alone, in a process that has it imported already."""
        return warm_snakemake.snakemake(arguments, self.folder, self.environment())

    def planned(self, *arguments: str, target: str | tuple[str, ...] = "results/tables/mosei.csv") -> dict[str, int]:
        """Jobs that a dry run would do, by rule; `target` may be several, also separated by blanks."""
        targets = target.split() if isinstance(target, str) else target
        done = self.snakemake("--dry-run", *arguments, "--", *targets)
        return self.counts(done.stdout + done.stderr)

    @staticmethod
    def counts(text: str) -> dict[str, int]:
        """Jobs by rule, from what a dry run tells."""
        if "Nothing to be done" in text:
            return {}
        stats = re.search(r"Job stats:\njob +count\n[- ]+\n(.*?)\n\n", text, re.DOTALL)
        assert stats, text[-3000:]
        counts = {name: int(count) for name, count in re.findall(r"^(\w+) +(\d+)$", stats.group(1), re.MULTILINE)}
        counts.pop("total")
        return counts

    def why(self, *arguments: str) -> str:
        """What `make why` would print."""
        command = [sys.executable, "-m", "conclugen.why", *arguments, "--configfile", "tiny.yaml"]
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment(), capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text()
        assert old in text, f"{old!r} is not in {file}"
        path.write_text(text.replace(old, new, 1))

    def read(self, file: str) -> bytes:
        return (self.folder / file).read_bytes()
