"""Rivals: losses and ways to fuse modalities of other work, beside the reference method, on the same data.

Entry module. A row per data set and rival with the headline metric, after those of chance, the input, the networks that
learned nothing and the reference method. `against` says which row of the reference method a row is tested against: its
linear evaluation for what is pretrained without labels, its fine-tuned networks for what learns from labels alone. Rows
with the same `against` are one family for Holm's correction.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from conclugen.downstream.protocols import PROTOCOLS
from conclugen.evaluation import metrics
from conclugen.evaluation.baselines import ABOUT
from conclugen.evaluation.cells import write_csv
from conclugen.evaluation.several import Measured, parse_arguments
from conclugen.evaluation.table import build as build_table

UNTRAINED = ("beats_untrained", "minus_untrained", "minus_untrained_lo", "minus_untrained_hi")


def build(datasets: Sequence[Measured]) -> list[dict[str, Any]]:
    """Return the rows, data set by data set."""
    return [row for dataset in datasets for row in _rows(dataset)]


def _rows(dataset: Measured) -> list[dict[str, Any]]:
    reference, metric = dataset.settings.reference, metrics.HEADLINE[dataset.scores.split.task]
    table = build_table(dataset.scores, dataset.settings)
    reference_rows = {row["protocol"]: row for row in table if row["method"] == reference}
    rows = []
    for row in table:
        cells = {"dataset": dataset.scores.split.dataset} | {name: row[name] for name in ABOUT} | {"metric": metric}
        cells |= {"value": row[metric], "value_lo": row[f"{metric}_lo"], "value_hi": row[f"{metric}_hi"]}
        rows.append(cells | _compared(row, reference_rows, metric, reference) | _plain(row))
    return rows


def _compared(
    row: Mapping[str, Any], reference_rows: Mapping[str, Mapping[str, Any]], metric: str, reference: str
) -> dict[str, Any]:
    """The cells of the test against the reference method; empty where there is none."""
    known = PROTOCOLS.get(row["protocol"])
    other = None if known is None else reference_rows.get(known.against or row["protocol"])
    if other is None or other is row:
        return {"against": "", "minus": math.nan, "p": math.nan, "p_holm": math.nan, "detectable": math.nan}
    return {
        "against": f"{reference} ({other['protocol']})",
        "minus": row[metric] - other[metric],
        "p": row[f"p_vs_{reference}"],
        "p_holm": row["p_holm"],
        "detectable": row[f"detectable_vs_{reference}"],
    }


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("beats_chance", "detectable_vs_chance", *UNTRAINED)}


def main(argv: Sequence[str] | None = None) -> None:
    """Write the table."""
    datasets, output = parse_arguments(__doc__ or "", argv)
    write_csv(output, build(datasets))


if __name__ == "__main__":
    main()
