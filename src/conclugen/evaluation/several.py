"""What tables over several data sets read: each set's truth, predictions and settings."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from pathlib import Path

from conclugen.evaluation.predictions import Predictions, read
from conclugen.evaluation.table import Settings as TableSettings
from conclugen.evaluation.table import order
from conclugen.evaluation.truth import Truth, read_truth
from conclugen.store import places
from conclugen.store.settings import parse


@dataclasses.dataclass(frozen=True)
class Settings:
    """For each data set, by name, the settings of its table."""

    datasets: dict[str, TableSettings]


@dataclasses.dataclass(frozen=True)
class Measured:
    """One data set."""

    truth: Truth
    predictions: list[Predictions]
    settings: TableSettings


@dataclasses.dataclass(frozen=True)
class Arguments:
    """What the flags say."""

    datasets: list[Measured]
    output: Path


def parse_arguments(description: str, argv: Sequence[str] | None) -> Arguments:
    """Read the flags and what they name, in the order of the manifests."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--manifest", nargs="+", action="extend", type=Path, required=True, help="one per data set")
    parser.add_argument(
        "--predictions", nargs="+", action="extend", type=Path, required=True,
        help="folders …/{dataset}/{corpus}/{preset}/{method}/{protocol}, or fraction-{f} in one",
    )  # fmt: skip
    parser.add_argument("--settings", required=True, help="JSON: for each data set, those of its table")
    parser.add_argument("--output", type=Path, required=True)
    given = parser.parse_args(argv)
    settings = parse(Settings, given.settings)
    truths = {truth.dataset: truth for truth in (read_truth(path, "expression") for path in given.manifest)}
    folders: dict[str, list[Path]] = {name: [] for name in truths}
    for folder in given.predictions:
        name = places.base_of(folder).resolve().parts[-5]
        if name not in folders:
            raise ValueError(f"{folder}: no manifest of {name!r} is given")
        folders[name].append(folder)
    if lacking := sorted(set(truths) - set(settings.datasets)):
        raise ValueError(f"settings lack the data sets {lacking}")
    return Arguments([_measured(truths[n], folders[n], settings.datasets[n]) for n in truths], given.output)


def _measured(truth: Truth, folders: Sequence[Path], settings: TableSettings) -> Measured:
    found = [read(folder, truth) for folder in folders]
    return Measured(truth, sorted(found, key=lambda p: (*order(p), -p.label_fraction)), settings)
