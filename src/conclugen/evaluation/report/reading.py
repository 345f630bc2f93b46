"""What the page is made of, read from the files of a run. Nothing is measured here."""

from __future__ import annotations

import csv
import dataclasses
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from conclugen.data.manifest import read_manifest
from conclugen.data.scales import DIMENSIONS
from conclugen.evaluation import layout
from conclugen.evaluation.cells import read_table
from conclugen.evaluation.report.gains import Gain, Key, over_raw
from conclugen.evaluation.report.shares import Share, by_share
from conclugen.evaluation.scores import Scores, place_of, read_one
from conclugen.pretrain import verdict
from conclugen.store import places
from conclugen.store.ledger import LedgerRow, Status, read_ledger

_ENDING = re.compile(rf"-(?:{'|'.join(DIMENSIONS)})$")


@dataclasses.dataclass(frozen=True)
class TableSettings:
    """What a table was made with, as far as the page says it: `reference` of `conclugen.config.stage_two.Tables`, and:

    Attributes:
        dataset: whose table it is.
        corpus: what its networks learned from.
        target: `expression` or a dimension, such as `sentiment`.
    """

    dataset: str
    corpus: str
    target: str
    reference: str


@dataclasses.dataclass(frozen=True)
class Settings:
    """The tables of the page, by name."""

    tables: dict[str, TableSettings]


@dataclasses.dataclass(frozen=True)
class Measured:
    """One table, and the scores that it is a view of; its rows after learning on shares of the labels, and the table of
    what they lose without each modality, and where its validation utterances lie, where there are such."""

    name: str
    settings: TableSettings
    rows: Sequence[Mapping[str, str]]
    scores: Scores
    gains: Mapping[Key, Gain]
    shares: Sequence[Share] = ()
    masked: Sequence[Mapping[str, str]] = ()
    places: layout.Layout | None = None


@dataclasses.dataclass(frozen=True)
class Network:
    """One pretrained network: its verdict, and how training went, an epoch a row.

    Attributes:
        fold: in whose turn it learned; empty of a corpus that is learned from whole.
    """

    corpus: str
    fold: str
    preset: str
    method: str
    seed: str
    pretext: Mapping[str, Any]
    history: Sequence[Mapping[str, float]]
    software: str


@dataclasses.dataclass(frozen=True)
class Lost:
    """An utterance that stages lost for one reason."""

    dataset: str
    split: str
    utterance: str
    stages: tuple[str, ...]
    status: str
    reason: str
    tries: int


@dataclasses.dataclass(frozen=True)
class Job:
    """What one job cost, as Snakemake measured it: its rule, wall seconds, seconds of CPU and peak memory in MB."""

    rule: str
    seconds: float
    cpu_seconds: float
    memory: float


def measured(
    name: str,
    settings: TableSettings,
    table: Path,
    scores: Iterable[Path],
    robustness: Iterable[Path] = (),
    maps: Iterable[Path] = (),
) -> Measured:
    """Read a table and its scores, and compare them with those of the raw features.

    Args:
        name, settings: of the table.
        table: its file.
        scores: of any tables, of all labels and of shares of them.
        robustness, maps: tables of robustness and maps, of any tables.
    """
    table_scores = read_one([path for path in scores if place_of(path).split("/")[0] == name])
    whole = dataclasses.replace(table_scores, rows=[row for row in table_scores.rows if row.label_fraction == 1])
    shares = by_share(whole, [row for row in table_scores.rows if row.label_fraction != 1])
    masked = [row for path in robustness if path.name == f"{name}.robustness.csv" for row in read_table(path)]
    places = next((layout.read(path) for path in maps if path.stem == name), None)
    return Measured(name, settings, read_table(table), whole, over_raw(whole), shares, masked, places)


def network(folder: Path) -> Network:
    """Read what lies beside the weights of a network. Raises PretextError where its verdict is damaged."""
    settings = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    learned_from, preset, method, seed = places.of_model(folder)
    corpus, _, fold = learned_from.partition("/")
    pretext = verdict.read(folder, settings["weights_sha256"])
    with open(folder / "history.csv", encoding="utf-8", newline="") as handle:
        history = [{key: _float(value) for key, value in row.items()} for row in csv.DictReader(handle)]
    software = settings["about"].get("software", "")
    return Network(corpus, fold, preset, method, seed.removeprefix("seed"), pretext, history, software)


def lost(accounts: Mapping[str, Sequence[Mapping[str, str]]], ledgers: Iterable[Path]) -> list[Lost]:
    """Return the utterances of ledgers that `accounts`, by data set, count as lost; the stages that
    lost one for the same reason together.

    Their split is empty; `with_splits` finds it.
    """
    judged = {
        (name, row["stage"], row["status"]) for name, rows in accounts.items() for row in rows if row["lost"] == "yes"
    }
    ledger_rows: dict[tuple[str, str, str, str], list[LedgerRow]] = {}
    for path in ledgers:
        name = dataset_of(path)
        for row in read_ledger(path):
            if row.status is not Status.OK and (name, row.stage, row.status.value) in judged:
                ledger_rows.setdefault((name, row.utterance_id, row.status.value, row.reason), []).append(row)
    return [
        Lost(name, "", utterance, tuple(row.stage for row in rows), status, reason, max(row.tries for row in rows))
        for (name, utterance, status, reason), rows in sorted(ledger_rows.items())
    ]


def dataset_of(ledger: Path) -> str:
    """Return the data set that a ledger below the folder of results is about."""
    above = ledger.parts[-4:-1]
    if above[0] == "features":
        return above[1]
    return above[2] if above[1] in ("faces", "transcripts") else ledger.name.partition(".")[0]


def with_splits(rows: Sequence[Lost], manifests: Iterable[Path]) -> list[Lost]:
    """Return them with the splits that manifests say."""
    splits: dict[tuple[str, str], str] = {}
    wanted = {(row.dataset, row.utterance) for row in rows}
    for path in manifests:
        manifest = read_manifest(path)
        named = zip(manifest.table["utterance_id"], manifest.table["split"], strict=True)
        keys = (((manifest.dataset, str(utterance)), str(split)) for utterance, split in named)
        splits |= {place: split for place, split in keys if place in wanted}
    return [dataclasses.replace(row, split=splits.get((row.dataset, row.utterance), "")) for row in rows]


def jobs(folder: Path, datasets: Iterable[str]) -> list[Job]:
    """Return what the jobs of these data sets cost, as far as Snakemake measured them below `folder`."""
    wanted, jobs_read = set(datasets), []
    for path in sorted(folder.rglob("*.tsv")):
        place = path.relative_to(folder)
        named = {_ENDING.sub("", part.partition(".")[0]) for part in place.parts[1:]}
        if not wanted & named or place.parts[0] == "report":  # the page itself: it would say something else each time
            continue
        with open(path, encoding="utf-8", newline="") as handle:
            for row in csv.DictReader(handle, delimiter="\t"):
                costs = (_float(row.get(name)) for name in ("s", "cpu_time", "max_rss"))
                jobs_read.append(Job(place.parts[0], *costs))
    return jobs_read


def accounts(paths: Iterable[Path]) -> dict[str, list[dict[str, str]]]:
    """Return tables of quality control, or of leaks, by data set."""
    return {path.name.partition(".")[0]: read_table(path) for path in paths}


def _float(text: str | None) -> float:
    """A number of a table; NaN where there is none."""
    try:
        return float(text) if text else math.nan
    except ValueError:
        return math.nan
