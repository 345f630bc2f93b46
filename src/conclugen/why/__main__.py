"""Say which jobs would run, and which change caused each.

Run in the folder of the Snakefile: `python -m conclugen.why results/tables/mosei.csv --configfile mine.yaml`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from snakemake.cli import parse_config
from snakemake.exceptions import print_exception

from conclugen.why.jobs import planned
from conclugen.why.words import describe


def main(argv: Sequence[str] | None = None) -> None:
    """Print the account of the targets."""
    parser = argparse.ArgumentParser(prog="conclugen.why", description=__doc__)
    parser.add_argument("targets", nargs="*", help="files or rules; none: the default target")
    parser.add_argument("--configfile", nargs="+", action="extend", default=[], type=Path)
    parser.add_argument("--config", nargs="+", action="extend", default=[], metavar="KEY=VALUE")
    flags = parser.parse_intermixed_args(argv)
    try:
        plan = planned(flags.targets, flags.configfile, parse_config(flags.config))
    except Exception as error:  # whatever Snakemake says of its targets and configuration is the answer
        print_exception(error, linemaps={})
        raise SystemExit(1) from error
    print(describe(plan))


if __name__ == "__main__":
    main()
