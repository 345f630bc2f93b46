"""The table of a data set: chance rows, controls and methods, with intervals, the paper's numbers and tests.

Entry module. Everything is computed from predictions, so a new metric trains nothing again.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from conclugen.evaluation import chance, metrics, paper
from conclugen.evaluation.cells import write_csv
from conclugen.evaluation.contamination import names_of, of_streams
from conclugen.evaluation.intervals import Estimate, Resamples, holm
from conclugen.evaluation.predictions import Predictions, read
from conclugen.evaluation.summary import summarise
from conclugen.evaluation.truth import Truth, read_truth
from conclugen.store.devices import set_threads
from conclugen.store.settings import parse

CHANCE = "chance"
PROTOCOLS = (CHANCE, "raw", "supervised", "linear", "finetune", "knn", "shuffled")
# Which protocol of the reference method a control is compared with; every other protocol with itself.
COMPARED_WITH = {"raw": "linear", "shuffled": "linear", "supervised": "finetune"}


@dataclasses.dataclass(frozen=True)
class Settings:
    """What a table depends on beside predictions, manifest and code.

    Attributes:
        resamples, level, seed: of the group bootstrap.
        chance_draws: how often `prior sampling` is drawn.
        target: what is measured: `expression` or `sentiment`.
        reference: the method that others are tested against.
        paper: whose numbers stand beside: mosei, meld, caer or null.
        seen: by stream, the data sets whose emotion labels went into its backbone; null: not known.
        data: `demo` (a made-up corpus, not comparable with the paper) or `own`; for the record.
    """

    resamples: int
    level: float
    seed: int
    chance_draws: int
    target: str
    reference: str
    paper: str | None
    seen: dict[str, tuple[str, ...] | None]
    data: str

    def __post_init__(self) -> None:
        if self.resamples < 1 or not 0 < self.level < 1 or self.chance_draws < 1:
            raise ValueError("resamples and chance_draws must be at least 1, level between 0 and 1")
        if self.paper not in (None, *paper.LINEAR):
            raise ValueError(f"paper is {self.paper!r}; allowed are null, {', '.join(paper.LINEAR)}")


@dataclasses.dataclass(frozen=True)
class Row:
    """One row before it is written: its names, and its metrics by name."""

    corpus: str
    preset: str
    method: str
    protocol: str
    streams: str
    metrics: Mapping[str, Estimate]


def build(truth: Truth, predictions: Sequence[Predictions], settings: Settings) -> list[dict[str, Any]]:
    """Return the rows of the table, in order, each with every column."""
    resamples = Resamples.of(truth, settings)
    rows = [
        Row("", "", name, CHANCE, "", resamples.estimates(truth, scores, CHANCE))
        for name, scores in chance.rows(truth, settings.chance_draws).items()
    ]
    for p in sorted(predictions, key=order):
        if p.label_fraction != 1:
            raise ValueError(
                f"{p.method}, {p.protocol}: learned on {p.label_fraction:g} of the labels; not for this table"
            )
        measured = resamples.estimates(truth, p.scores, p.protocol)
        rows.append(Row(p.corpus, p.preset, p.method, p.protocol, p.streams, measured))
    headline = metrics.HEADLINE[truth.task]
    tests = _tests(rows, headline, settings.reference)
    best_chance = metrics.best((row.metrics[headline].value for row in rows if row.protocol == CHANCE), headline)
    return [
        _cells(row, truth, settings) | test | {"beats_chance": _verdict(row, headline, best_chance)}
        for row, test in zip(rows, tests, strict=True)
    ]


def order(p: Predictions) -> tuple:
    """Sort key of a row: protocol, corpus, preset, then the paper's order of methods."""
    protocol = PROTOCOLS.index(p.protocol) if p.protocol in PROTOCOLS else len(PROTOCOLS)
    method = paper.METHODS.index(p.method) if p.method in paper.METHODS else len(paper.METHODS)
    return protocol, p.protocol, p.corpus, p.preset, method, p.method


def _cells(row: Row, truth: Truth, settings: Settings) -> dict[str, Any]:
    cells: dict[str, Any] = {"method": row.method, "protocol": row.protocol, "streams": row.streams}
    cells |= contamination_cells(truth, row.streams, settings)
    cells |= {"preset": row.preset, "corpus": row.corpus, "data": settings.data}
    spread = row.metrics[metrics.HEADLINE[truth.task]].by_seed
    cells |= {"seeds": len(spread), "n_test": len(truth.ids)} | metric_cells(row.metrics)
    printed = paper.numbers(settings.paper, truth.task, row.method, row.protocol)
    cells["paper_table"] = printed.get("paper_table")
    cells |= {f"paper_{name}": printed.get(f"paper_{name}") for name in paper.COLUMNS[truth.task]}
    return cells | {"headline_seed_sd": float(spread.std(ddof=1)) if len(spread) > 1 else math.nan}


def metric_cells(found: Mapping[str, Estimate]) -> dict[str, float]:
    """Return the cells of metrics: the value of each, and its interval."""
    cells = {}
    for name, estimate in found.items():
        low, high = estimate.interval()
        cells |= {name: estimate.value, f"{name}_lo": low, f"{name}_hi": high}
    return cells


def contamination_cells(truth: Truth, streams: str, settings: Settings) -> dict[str, str]:
    """Return whether a backbone of a row, whose streams are joined by `+`, has seen the data set's labels, and which.

    A representation learned beside a contaminated stream counts, too: `streams` are those of all its modalities.
    """
    if not streams:
        return {"contaminated": "", "contaminated_streams": ""}
    found, which = of_streams(names_of(truth.dataset, truth.adapter), streams.split("+"), settings.seen)
    return {"contaminated": found, "contaminated_streams": which}


def _tests(rows: Sequence[Row], headline: str, reference: str) -> list[dict[str, float]]:
    """Paired tests on the headline metric; rows with the same reference row make one family for Holm."""
    against = [_reference(row, rows, reference) for row in rows]
    p = np.array(
        [
            row.metrics[headline].against(other.metrics[headline])[2] if other is not None else math.nan
            for row, other in zip(rows, against, strict=True)
        ]
    )
    adjusted = np.full(len(rows), math.nan)
    for other in {id(one) for one in against if one is not None}:
        family = [i for i, one in enumerate(against) if id(one) == other]
        adjusted[family] = holm(p[family])
    return [{f"p_vs_{reference}": a, "p_holm": b} for a, b in zip(p.tolist(), adjusted.tolist(), strict=True)]


def _reference(row: Row, rows: Sequence[Row], reference: str) -> Row | None:
    """The row that `row` is tested against: the reference method's with the same corpus and preset, if it exists."""
    protocol = COMPARED_WITH.get(row.protocol, row.protocol)
    wanted = (row.corpus, row.preset, reference, protocol)
    found = [one for one in rows if (one.corpus, one.preset, one.method, one.protocol) == wanted]
    return found[0] if found and found[0] is not row else None


def _verdict(row: Row, headline: str, best_chance: float) -> str:
    """The verdict on a row; chance rows have none."""
    if row.protocol == CHANCE:
        return ""
    return verdict(row.metrics[headline].interval(), best_chance, headline)


def verdict(bounds: tuple[float, float], best_chance: float, headline: str) -> str:
    """Whether an interval of the headline metric is better than the best chance row (yes), worse (below), holds it
    (no), or is none (unknown)."""
    if not math.isfinite(bounds[0]):
        return "unknown"
    better = [metrics.is_better(end, best_chance, headline) for end in bounds]
    worse = [metrics.is_better(best_chance, end, headline) for end in bounds]
    return "yes" if all(better) else "below" if all(worse) else "no"


@dataclasses.dataclass(frozen=True)
class Arguments:
    """What the flags of a table of one data set name."""

    truth: Truth
    predictions: list[Predictions]
    settings: Settings
    output: Path


def parse_arguments(description: str, argv: Sequence[str] | None) -> Arguments:
    """Read the flags of a table of one data set, and the files that they name."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--predictions", nargs="*", action="extend", type=Path, default=[], help="one folder per row")
    parser.add_argument("--settings", required=True, help="JSON")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args(argv)
    set_threads(arguments.threads)
    settings = parse(Settings, arguments.settings)
    truth = read_truth(arguments.manifest, settings.target)
    predictions = [read(folder, truth) for folder in arguments.predictions]
    return Arguments(truth, predictions, settings, arguments.output)


def main(argv: Sequence[str] | None = None) -> None:
    """Write the table and print what it says."""
    given = parse_arguments(__doc__ or "", argv)
    rows = build(given.truth, given.predictions, given.settings)
    write_csv(given.output, rows)
    print(summarise(rows, f"{given.truth.dataset}, {given.settings.target}", given.truth.task))


if __name__ == "__main__":
    main()
