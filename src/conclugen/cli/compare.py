"""`conclugen compare TABLE RUN RUN … --output FILE`: runs that differ in one thing, as a backbone, side by side."""

from __future__ import annotations

import argparse
import math
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("table", metavar="TABLE", help="its name, such as mosei of results/tables/mosei.csv")
    parser.add_argument(
        "runs",
        nargs="+",
        type=Path,
        metavar="RUN",
        help="folder with tables and scores of a run; its name is the run's",
    )
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="CSV")


def run(options: argparse.Namespace) -> None:
    """Write the table, and say which differences to the first run are told apart."""
    from conclugen.evaluation import runs
    from conclugen.evaluation.cells import write_csv

    rows = runs.build([runs.read(folder, options.table) for folder in options.runs])
    write_csv(options.output, rows)
    tested = [row for row in rows if math.isfinite(row["p_holm"])]
    apart = [row for row in tested if row["p_holm"] < 0.05]
    print(
        f"{options.output}: {len(rows)} rows; of {len(tested)} differences {len(apart)} told apart (p after Holm < .05)"
    )
    for row in apart:
        named = f"{row['run']}: {row['method']} ({row['protocol']})"
        print(f"  {named} {row['minus_first']:+.3f} [{row['minus_first_lo']:+.3f}, {row['minus_first_hi']:+.3f}]")
