"""The report of a run as one page of HTML.

Entry module. What a table holds is taken from it; what none holds, the gain over the raw features and the confusion
matrices, from the scores behind it. Nothing is measured here.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import platform
from collections.abc import Iterable, Sequence
from pathlib import Path

import yaml

from conclugen.evaluation.report import reading
from conclugen.evaluation.report.page import Made, Run, render
from conclugen.store.atomic import write_text
from conclugen.store.settings import parse

LIBRARIES = ("conclugen", "snakemake", "numpy", "pandas", "scipy", "scikit-learn", "matplotlib", "jinja2")


def collect(arguments: argparse.Namespace) -> Run:
    """Read all that flags name. Raises ValueError, SealError or PretextError naming a file that is wrong."""
    settings = parse(reading.Settings, arguments.settings)
    scores = [*arguments.chance, *arguments.scores, *arguments.fractions]
    names = {path.name.removesuffix(".full.csv"): path for path in arguments.tables}
    tables = [
        reading.measured(name, settings.tables[name], path, scores, arguments.robustness, arguments.maps)
        for name, path in names.items()
    ]
    accounts = reading.accounts(arguments.qc)
    networks = [reading.network(folder) for folder in arguments.networks]
    lost = reading.with_splits(reading.lost(accounts, arguments.ledgers), arguments.manifests)
    jobs = reading.jobs(arguments.benchmarks, accounts)
    made = Made(
        arguments.command,
        written(arguments.changes),
        arguments.notes,
        versions(network.software for network in networks),
    )
    faces = {path.stem: path.read_bytes() for path in arguments.crops}
    return Run(tables, networks, accounts, lost, reading.accounts(arguments.leaks), jobs, made, faces)


def written(changes: str) -> str:
    """Return JSON as the YAML that people write."""
    return yaml.safe_dump(json.loads(changes), sort_keys=False, allow_unicode=True, width=100)


def versions(trained_with: Iterable[str]) -> list[str]:
    """Return a line on what made this page, and one for each set of versions that trained networks."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES)
    page_line = f"This page: Python {platform.python_version()}, {versions}"
    return [page_line, *(f"Networks: {software}" for software in dict.fromkeys(trained_with) if software)]


def flags() -> argparse.ArgumentParser:
    """Return the parser of the flags."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", nargs="+", type=Path, required=True, help="NAME.full.csv: every column")
    parser.add_argument("--manifests", nargs="+", type=Path, required=True, help="of data sets and corpora")
    parser.add_argument("--chance", nargs="+", type=Path, required=True, help="scores of the chance rows of each table")
    parser.add_argument("--scores", nargs="*", type=Path, default=[], help="one file per row")
    parser.add_argument("--fractions", nargs="*", type=Path, default=[], help="the same, of shares of the labels")
    parser.add_argument("--robustness", nargs="*", type=Path, default=[], help="NAME.robustness.csv")
    parser.add_argument("--maps", nargs="*", type=Path, default=[], help="NAME.npz: where validation utterances lie")
    parser.add_argument("--crops", nargs="*", type=Path, default=[], help="DATASET.jpg: contact sheets of faces")
    parser.add_argument("--networks", nargs="*", type=Path, default=[], help="one folder per network")
    parser.add_argument("--qc", nargs="*", type=Path, default=[])
    parser.add_argument("--ledgers", nargs="*", type=Path, default=[])
    parser.add_argument("--leaks", nargs="*", type=Path, default=[])
    parser.add_argument("--benchmarks", type=Path, required=True, help="the folder of what jobs cost")
    parser.add_argument("--settings", required=True, help="JSON")
    parser.add_argument("--changes", default="{}", help="what differs from the default configuration, as JSON")
    parser.add_argument("--notes", nargs="*", default=[], help="what was left out of the configuration")
    parser.add_argument("--command", required=True, help="that makes the page")
    parser.add_argument("--output", type=Path, required=True)
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Write the page."""
    arguments = flags().parse_args(argv)
    write_text(arguments.output, render(collect(arguments)))
    print(f"{arguments.output}: {arguments.output.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
