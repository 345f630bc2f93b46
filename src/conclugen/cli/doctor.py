"""`conclugen doctor [CONFIG.yaml …]`: what is there to run with, and what is missing."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("configs", nargs="*", type=Path, metavar="CONFIG.yaml", help="on top of config.yaml")


def run(options: argparse.Namespace) -> None:
    """Print what was found, part by part. Exit code 1 where something is missing that a run needs."""
    from conclugen.config.files import read_files
    from conclugen.config.present import used
    from conclugen.survey import machine, needs

    config = read_files(options.configs)
    missing = 0
    parts = {"machine": machine.sentences(), "codecs": machine.codecs()}
    parts |= {"weights": needs.weights(config)}
    parts |= {f"data set {name}": needs.data_set(config, name) for name in used(config)}
    for title, findings in parts.items():
        print(title)
        for finding in findings:
            print(f"  {'' if finding.fine else 'MISSING: '}{finding.text}")
            missing += not finding.fine
    for note in config.notes:
        print(note)
    print(f"{missing} things are missing" if missing else "nothing is missing")
    print("What a data set costs in hours and bytes: docs/scale.md")
    if missing:
        raise SystemExit(1)
