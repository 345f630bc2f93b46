"""`conclugen export MODEL --output FOLDER`."""

from __future__ import annotations

import argparse
import functools
import json
import sys
from collections.abc import Sequence
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument(
        "model", type=Path, metavar="MODEL", help="results/downstream/…/{protocol}, or results/pretrain/…/seed{n}"
    )
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="not there yet, or empty")
    parser.add_argument("--seed", type=int, help="of a protocol's head; without it the lowest")
    parser.add_argument("--configfile", nargs="+", type=Path, default=[], help="of the run, for features that are old")


def run(options: argparse.Namespace) -> None:
    """Export, and say what is in the folder."""
    from conclugen.applied.export import export
    from conclugen.applied.exported import CARD

    exported = export(options.model, options.output, options.seed, functools.partial(_configured, options.configfile))
    classes = f"scores {', '.join(exported.head.classes)}" if exported.head else "embeddings alone"
    print(f"{options.output}: {exported.name}; {classes}")
    print(f"reads {'; '.join(exported.modalities)}; its card: {options.output / CARD}")


def _configured(files: Sequence[Path], stream: str) -> str | None:
    """Return the settings of a stream's stage by the configuration, which a feature shard does not say; None outside of
    a checkout."""
    from conclugen import slices
    from conclugen.config.files import BASE, read_files

    if not BASE.is_file():
        return None
    print(f"{stream}: its features do not say their settings; taken from the configuration", file=sys.stderr)
    return json.dumps(slices.stage_settings(read_files(files), stream, {}))
