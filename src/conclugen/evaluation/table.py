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

from conclugen.downstream.protocols import PROTOCOLS
from conclugen.evaluation import chance, metrics, paper, pretext
from conclugen.evaluation.cells import write_csv
from conclugen.evaluation.contamination import names_of, of_streams
from conclugen.evaluation.estimates import NO_DIFFERENCE, Estimate
from conclugen.evaluation.inference import LEAST_RESAMPLES, caution, holm
from conclugen.evaluation.intervals import CHANCE, Resamples
from conclugen.evaluation.predictions import Predictions, read
from conclugen.evaluation.summary import summarise
from conclugen.evaluation.truth import Truth, read_truth
from conclugen.pretrain.unlearned import UNTRAINED
from conclugen.store.settings import parse

IN_ORDER = (CHANCE, *PROTOCOLS)


@dataclasses.dataclass(frozen=True)
class Settings:
    """What a table depends on beside predictions, manifest and code: keys of `conclugen.config.stage_two.Tables`,
    and more.

    Attributes:
        target: what is measured: `expression` or `sentiment`.
        paper: whose numbers stand beside: mosei, meld, caer or null.
        seen: by stream, the data sets whose emotion labels went into its backbone; null: not known.
        data: `demo` (a made-up corpus, not comparable with the paper), `world` or `own`; for the record.
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
        if self.resamples < LEAST_RESAMPLES or not 0 < self.level < 1 or self.chance_draws < 1:
            raise ValueError(
                f"resamples is {self.resamples} and must be at least {LEAST_RESAMPLES}, chance_draws at least 1, level "
                "between 0 and 1"
            )
        if self.paper not in (None, *paper.LINEAR):
            raise ValueError(f"paper is {self.paper!r}; allowed are null, {', '.join(paper.LINEAR)}")


@dataclasses.dataclass(frozen=True)
class Row:
    """One row before it is written: its names, its metrics by name, and the networks behind it."""

    corpus: str
    preset: str
    method: str
    protocol: str
    streams: str
    metrics: Mapping[str, Estimate]
    networks: Sequence[pretext.Network | None] | None


def build(truth: Truth, predictions: Sequence[Predictions], settings: Settings) -> list[dict[str, Any]]:
    """Return the rows of the table, in order, each with every column."""
    resamples = Resamples.of(truth, settings)
    rows = [
        Row("", "", name, CHANCE, "", estimates, ())
        for name, estimates in resamples.by_chance(truth, settings.chance_draws).items()
    ]
    for p in sorted(predictions, key=order):
        if p.label_fraction != 1:
            raise ValueError(
                f"{p.method}, {p.protocol}: learned on {p.label_fraction:g} of the labels; not for this table"
            )
        measured = resamples.estimates(truth, p.scores, p.protocol)
        rows.append(Row(p.corpus, p.preset, p.method, p.protocol, p.streams, measured, p.networks))
    headline = metrics.HEADLINE[truth.task]
    tests = _tests(rows, headline, settings.reference)
    best = chance.best((row.metrics[headline] for row in rows if row.protocol == CHANCE), headline)
    return [
        _cells(row, truth, resamples, settings)
        | test
        | chance_cells(row.metrics[headline], best)
        | untrained_cells(row.metrics[headline], _untrained(row, rows, headline))
        | pretext.cells(row.networks)
        for row, test in zip(rows, tests, strict=True)
    ]


def order(p: Predictions) -> tuple:
    """Sort key of a row: protocol, corpus, preset, then the paper's order of methods."""
    protocol = IN_ORDER.index(p.protocol) if p.protocol in IN_ORDER else len(IN_ORDER)
    method = paper.METHODS.index(p.method) if p.method in paper.METHODS else len(paper.METHODS)
    return protocol, p.protocol, p.corpus, p.preset, method, p.method


def _cells(row: Row, truth: Truth, resamples: Resamples, settings: Settings) -> dict[str, Any]:
    cells: dict[str, Any] = {"method": row.method, "protocol": row.protocol, "streams": row.streams}
    cells |= contamination_cells(truth, row.streams, settings)
    cells |= {"preset": row.preset, "corpus": row.corpus, "data": settings.data}
    spread = row.metrics[metrics.HEADLINE[truth.task]].by_seed
    cells |= {"seeds": len(spread), "n_test": len(truth.ids)}
    cells |= group_cells(resamples, len(spread), row.protocol) | metric_cells(row.metrics)
    printed = paper.numbers(settings.paper, truth.task, row.method, row.protocol)
    cells["paper_table"] = printed.get("paper_table")
    cells |= {f"paper_{name}": printed.get(f"paper_{name}") for name in paper.COLUMNS[truth.task]}
    return cells | {"headline_seed_sd": float(spread.std(ddof=1)) if len(spread) > 1 else math.nan}


def group_cells(resamples: Resamples, seeds: int, protocol: str) -> dict[str, Any]:
    """Return how many groups were measured on, and in words what keeps a row from being trusted."""
    groups = resamples.groups.count
    return {"groups": groups, "caution": caution(groups, seeds, trained=protocol != CHANCE)}


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
    found = [
        NO_DIFFERENCE if other is None else row.metrics[headline].against(other.metrics[headline])
        for row, other in zip(rows, against, strict=True)
    ]
    p, adjusted = np.array([one.p for one in found]), np.full(len(rows), math.nan)
    for other in {id(one) for one in against if one is not None}:
        family = [i for i, one in enumerate(against) if id(one) == other]
        adjusted[family] = holm(p[family])
    names = f"p_vs_{reference}", "p_holm", f"detectable_vs_{reference}"
    return [
        dict(zip(names, (one.p, corrected, one.detectable), strict=True))
        for one, corrected in zip(found, adjusted.tolist(), strict=True)
    ]


def _reference(row: Row, rows: Sequence[Row], reference: str) -> Row | None:
    """The row that `row` is tested against: the reference method's with the same corpus and preset, if it exists."""
    protocol = PROTOCOLS[row.protocol].against if row.protocol in PROTOCOLS else None
    wanted = (row.corpus, row.preset, reference, protocol or row.protocol)
    found = [one for one in rows if (one.corpus, one.preset, one.method, one.protocol) == wanted]
    return found[0] if found and found[0] is not row else None


def chance_cells(score: Estimate, best: Estimate) -> dict[str, Any]:
    """Return whether a row is told from the best chance row, paired, and the least difference that would be.

    `yes`, `below` where it is worse, `no`, `unknown` where nothing can be tested. Chance rows have no verdict.
    """
    if not score.trained:
        return {"beats_chance": "", "detectable_vs_chance": math.nan}
    found = score.against(best)
    return {"beats_chance": found.verdict(score.metric), "detectable_vs_chance": found.detectable}


def _untrained(row: Row, rows: Sequence[Row], headline: str) -> Estimate | None:
    """The headline metric of the same networks, never trained: of the same corpus, preset, protocol and streams."""
    twin = (row.corpus, row.preset, row.protocol, row.streams, UNTRAINED)
    found = [one for one in rows if (one.corpus, one.preset, one.protocol, one.streams, one.method) == twin]
    return found[0].metrics[headline] if found else None


def untrained_cells(score: Estimate, untrained: Estimate | None) -> dict[str, Any]:
    """Return how a row differs from the same networks, never trained; empty cells where there are none."""
    found = score.against(untrained)
    return {
        "beats_untrained": "" if found is NO_DIFFERENCE else found.verdict(score.metric),
        "minus_untrained": found.value,
        "minus_untrained_lo": found.low,
        "minus_untrained_hi": found.high,
        "detectable_vs_untrained": found.detectable,
    }


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
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args(argv)
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
