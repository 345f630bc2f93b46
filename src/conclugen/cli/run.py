"""`conclugen run [CONFIG.yaml …] [TARGET …]`: a door to Snakemake, which does the work."""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

YAML = (".yaml", ".yml")


class RunError(ValueError):
    """A call that Snakemake would misunderstand."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument(
        "words",
        nargs="*",
        metavar="CONFIG.yaml|TARGET",
        help="files of changes, then results such as results/tables/mine.csv",
    )
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--dry-run", "-n", action="store_true", help="say which jobs would run")


def run(options: argparse.Namespace) -> None:
    """Print the command, and become it."""
    words = command(options.words, options.cores, options.dry_run)
    print(shlex.join(words), file=sys.stderr, flush=True)
    os.execv(words[0], words)


def command(words: Sequence[str], cores: int, dry: bool) -> list[str]:
    """Return the call of Snakemake. Raises RunError outside of the checkout, and for a configuration that is not there.

    Targets stand behind `--`, or Snakemake would take them for further configurations.
    """
    if not Path("Snakefile").is_file():
        raise RunError(f"{Path.cwd()} holds no Snakefile; run this in the folder of the checkout")
    if cores < 1:
        raise RunError(f"--cores {cores}: at least 1 is needed")
    configs = [word for word in words if word.endswith(YAML)]
    targets = [word for word in words if not word.endswith(YAML)]
    if lost := [path for path in configs if not Path(path).is_file()]:
        raise RunError(f"{lost[0]}: no such file; conclugen init FOLDER writes one")
    flags = ["--configfile", *configs] if configs else []
    return [_snakemake(), "--cores", str(cores), *flags, *(["--dry-run"] if dry else []), "--", *targets]


def _snakemake() -> str:
    """Snakemake of this very environment, else the one on the path. Raises RunError where there is none."""
    beside = Path(sys.executable).with_name("snakemake")
    program = str(beside) if beside.is_file() else shutil.which("snakemake")
    if program is None:
        raise RunError("snakemake is not installed here; make .venv/.ready sets the environment up")
    return program
