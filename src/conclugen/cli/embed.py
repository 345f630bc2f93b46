"""`conclugen embed FILE… --model FOLDER --output FILE`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from conclugen.cli import inputs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    inputs.add_arguments(parser)
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help=".npz: an array by modality")


def run(options: argparse.Namespace) -> None:
    """Embed, and say what came out."""
    from conclugen.applied.outputs import check_output, write_arrays

    check_output(options.output, (".npz",))
    clips = inputs.clips(options)
    model = inputs.loaded(options)
    arrays = model.embed(clips, **inputs.how(options))
    write_arrays(options.output, arrays)
    for name, table in arrays.items():
        complete = int(table.notna().all(axis=1).sum())
        print(f"{name}: {table.shape[0]} rows of {table.shape[1]} numbers, {complete} of them there")
    print(f"{options.output}: written")
    for line in inputs.told(model):
        print(line, file=sys.stderr)
