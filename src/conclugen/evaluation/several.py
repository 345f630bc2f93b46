"""What tables over several data sets read: each set's scores and settings."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from conclugen.evaluation.scores import Scores, read_files, together
from conclugen.evaluation.table import Settings as TableSettings
from conclugen.evaluation.table import order
from conclugen.store.settings import parse


@dataclasses.dataclass(frozen=True)
class Settings:
    """For each data set, by name, the settings of its table."""

    datasets: dict[str, TableSettings]


@dataclasses.dataclass(frozen=True)
class Measured:
    """One data set: its scores, rows in the order of tables, and the settings of its table."""

    scores: Scores
    settings: TableSettings


def flags(description: str) -> argparse.ArgumentParser:
    """Return the parser of the flags of a table over data sets."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--chance", nargs="+", action="extend", type=Path, required=True, help="chance rows of each data set"
    )
    parser.add_argument("--scores", nargs="+", action="extend", type=Path, required=True, help="one file per row")
    parser.add_argument("--settings", required=True, help="JSON: for each data set, those of its table")
    parser.add_argument("--output", type=Path, required=True)
    return parser


def parse_arguments(description: str, argv: Sequence[str] | None) -> tuple[list[Measured], Path]:
    """Read the flags and what they name, in the order of the data sets' chance rows."""
    arguments = flags(description).parse_args(argv)
    settings, files = parse_settings(arguments.settings), read_files([*arguments.chance, *arguments.scores])
    return [_measured(scores, settings) for scores in together(files)], arguments.output


def parse_settings(text: str) -> Mapping[str, TableSettings]:
    """Return, by data set, the settings of its table."""
    return parse(Settings, text).datasets


def settings_of(dataset: str, settings: Mapping[str, TableSettings]) -> TableSettings:
    """Return the settings of a data set's table. Raises ValueError where there are none."""
    if dataset not in settings:
        raise ValueError(f"settings lack the data set {dataset!r}")
    return settings[dataset]


def _measured(scores: Scores, settings: Mapping[str, TableSettings]) -> Measured:
    rows = sorted(scores.rows, key=lambda row: (*order(row), -row.label_fraction))
    return Measured(dataclasses.replace(scores, rows=rows), settings_of(scores.split.dataset, settings))
