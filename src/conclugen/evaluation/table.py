"""The table of a data set: chance rows, controls and methods, with intervals, the paper's numbers and tests.

Entry module. A view of scores: it opens no prediction and measures nothing.
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
from conclugen.evaluation import paper, pretext
from conclugen.evaluation.cells import write_csv
from conclugen.evaluation.contamination import names_of, of_streams
from conclugen.evaluation.estimates import CHANCE, NO_DIFFERENCE, Estimate
from conclugen.evaluation.inference import caution, holm
from conclugen.evaluation.scores import Interval, Score, Scores, Split, best_chance, read_one
from conclugen.evaluation.summary import summarise
from conclugen.pretrain.unlearned import UNTRAINED
from conclugen.store.settings import parse

# Columns that are read first, beside the headline metric.
READ = ("beats_chance", "minus_untrained", "beats_untrained", "p_holm", "pretext", "contaminated", "caution")
IN_ORDER = (CHANCE, *PROTOCOLS)


@dataclasses.dataclass(frozen=True)
class Settings:
    """What a table depends on beside scores and code: `reference` of `conclugen.config.stage_two.Tables`, and more.

    Attributes:
        target: what is measured: `expression` or `sentiment`.
        paper: whose numbers stand beside: mosei, meld, caer or null.
        seen: by stream, the data sets whose emotion labels went into its backbone; null: not known.
        data: `demo` (a made-up corpus, not comparable with the paper), `world` or `own`; for the record.
    """

    target: str
    reference: str
    paper: str | None
    seen: dict[str, tuple[str, ...] | None]
    data: str

    def __post_init__(self) -> None:
        if self.paper not in (None, *paper.LINEAR):
            raise ValueError(f"paper is {self.paper!r}; allowed are null, {', '.join(paper.LINEAR)}")


def build(scores: Scores, settings: Settings) -> list[dict[str, Any]]:
    """Return the rows of the table, in order, each with every column."""
    for row in scores.rows:
        if row.label_fraction != 1:
            raise ValueError(
                f"{row.method}, {row.protocol}: learned on {row.label_fraction:g} of the labels; not for this table"
            )
    rows = [*scores.chance, *sorted(scores.rows, key=order)]
    tests, best = _tests(rows, settings.reference), best_chance(scores.chance)
    return [
        _cells(row, scores.split, settings)
        | test
        | chance_cells(row.headline, best)
        | untrained_cells(row.headline, untrained_of(row, rows))
        | pretext.cells(row.networks)
        for row, test in zip(rows, tests, strict=True)
    ]


def short(rows: Sequence[Mapping[str, Any]], headline: str) -> list[dict[str, Any]]:
    """Return the columns that a person reads first: what a row is, its headline metric, and what that has shown."""
    names = ("method", "protocol", "n_test", headline, f"{headline}_lo", f"{headline}_hi", *READ)
    return [{name: row[name] for name in names} for row in rows]


def order(row: Score) -> tuple:
    """Sort key of a row: protocol, corpus, preset, then the paper's order of methods."""
    protocol = IN_ORDER.index(row.protocol) if row.protocol in IN_ORDER else len(IN_ORDER)
    method = paper.METHODS.index(row.method) if row.method in paper.METHODS else len(paper.METHODS)
    return protocol, row.protocol, row.corpus, row.preset, method, row.method


def _cells(row: Score, split: Split, settings: Settings) -> dict[str, Any]:
    cells: dict[str, Any] = {"method": row.method, "protocol": row.protocol, "streams": row.streams}
    cells |= contamination_cells(split, row.streams, settings)
    cells |= {"preset": row.preset, "corpus": row.corpus, "data": settings.data}
    cells |= {"seeds": row.seeds, "n_test": split.count} | group_cells(row, split) | metric_cells(row.metrics)
    printed = paper.numbers(settings.paper, split.task, row.method, row.protocol)
    cells["paper_table"] = printed.get("paper_table")
    cells |= {f"paper_{name}": printed.get(f"paper_{name}") for name in paper.COLUMNS[split.task]}
    spread = row.headline.by_seed
    return cells | {"headline_seed_sd": float(spread.std(ddof=1)) if len(spread) > 1 else math.nan}


def group_cells(row: Score, split: Split) -> dict[str, Any]:
    """Return how many groups were measured on, and in words what keeps a row from being trusted."""
    groups = split.groups.count
    return {"groups": groups, "caution": caution(groups, row.seeds, trained=row.protocol != CHANCE)}


def metric_cells(estimates: Mapping[str, Interval]) -> dict[str, float]:
    """Return the cells of metrics: the value of each, and its interval."""
    cells = {}
    for name, (value, low, high) in estimates.items():
        cells |= {name: value, f"{name}_lo": low, f"{name}_hi": high}
    return cells


def contamination_cells(split: Split, streams: str, settings: Settings) -> dict[str, str]:
    """Return whether a backbone of a row, whose streams are joined by `+`, has seen the data set's labels, and which.

    A representation learned beside a contaminated stream counts, too: `streams` are those of all its modalities.
    """
    if not streams:
        return {"contaminated": "", "contaminated_streams": ""}
    verdict, which = of_streams(names_of(split.dataset, split.adapter), streams.split("+"), settings.seen)
    return {"contaminated": verdict, "contaminated_streams": which}


def _tests(rows: Sequence[Score], reference: str) -> list[dict[str, float]]:
    """Paired tests on the headline metric; rows with the same reference row make one family for Holm."""
    against = [_reference(row, rows, reference) for row in rows]
    headlines = [
        NO_DIFFERENCE if other is None else row.headline.against(other.headline)
        for row, other in zip(rows, against, strict=True)
    ]
    p, adjusted = np.array([difference.p for difference in headlines]), np.full(len(rows), math.nan)
    for other in {id(row) for row in against if row is not None}:
        family = [i for i, row in enumerate(against) if id(row) == other]
        adjusted[family] = holm(p[family])
    names = f"p_vs_{reference}", "p_holm", f"detectable_vs_{reference}"
    return [
        dict(zip(names, (difference.p, corrected, difference.detectable), strict=True))
        for difference, corrected in zip(headlines, adjusted.tolist(), strict=True)
    ]


def _reference(row: Score, rows: Sequence[Score], reference: str) -> Score | None:
    """The row that `row` is tested against: the reference method's with the same corpus and preset, if it exists."""
    protocol = PROTOCOLS[row.protocol].against if row.protocol in PROTOCOLS else None
    wanted = (row.corpus, row.preset, reference, protocol or row.protocol)
    matches = [other for other in rows if (other.corpus, other.preset, other.method, other.protocol) == wanted]
    return matches[0] if matches and matches[0] is not row else None


def chance_cells(score: Estimate, best: Estimate) -> dict[str, Any]:
    """Return whether a row is told from the best chance row, paired, and the least difference that would be.

    `yes`, `below` where it is worse, `no`, `unknown` where nothing can be tested. Chance rows have no verdict.
    """
    if not score.trained:
        return {"beats_chance": "", "detectable_vs_chance": math.nan}
    gap = score.against(best)
    return {"beats_chance": gap.verdict(score.metric), "detectable_vs_chance": gap.detectable}


def untrained_of(row: Score, rows: Sequence[Score]) -> Estimate | None:
    """Return the headline metric of the same networks, never trained: of the same corpus, preset, protocol, streams."""
    twin = (row.corpus, row.preset, row.protocol, row.streams, UNTRAINED)
    matches = [
        other for other in rows if (other.corpus, other.preset, other.protocol, other.streams, other.method) == twin
    ]
    return matches[0].headline if matches else None


def untrained_cells(score: Estimate, untrained: Estimate | None) -> dict[str, Any]:
    """Return how a row differs from the same networks, never trained; empty cells where there are none."""
    gap = score.against(untrained)
    return {
        "beats_untrained": "" if gap is NO_DIFFERENCE else gap.verdict(score.metric),
        "minus_untrained": gap.value,
        "minus_untrained_lo": gap.low,
        "minus_untrained_hi": gap.high,
        "detectable_vs_untrained": gap.detectable,
    }


def flags(description: str) -> argparse.ArgumentParser:
    """Return the parser of the flags of a table of one data set."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--chance", type=Path, required=True, help="scores of the chance rows")
    parser.add_argument("--scores", nargs="*", action="extend", type=Path, default=[], help="one file per row")
    parser.add_argument("--settings", required=True, help="JSON")
    parser.add_argument("--output", type=Path, required=True)
    return parser


def parse_arguments(description: str, argv: Sequence[str] | None) -> tuple[Scores, Settings, Path]:
    """Read the flags of a table of one data set, and the files that they name."""
    arguments = flags(description).parse_args(argv)
    return read_one([arguments.chance, *arguments.scores]), parse(Settings, arguments.settings), arguments.output


def main(argv: Sequence[str] | None = None) -> None:
    """Write the table, its columns that are read first and all of them, and print what it says."""
    parser = flags(__doc__ or "")
    parser.add_argument("--full", type=Path, required=True, help="the table with every column")
    arguments = parser.parse_args(argv)
    scores, settings = read_one([arguments.chance, *arguments.scores]), parse(Settings, arguments.settings)
    rows = build(scores, settings)
    write_csv(arguments.full, rows)
    write_csv(arguments.output, short(rows, scores.split.headline))
    print(summarise(rows, f"{scores.split.dataset}, {settings.target}", scores.split.task))


if __name__ == "__main__":
    main()
