"""Table 2: the reference method supervised (its architecture and the labels alone), linear and fine-tuned.

Entry module. Two rows per data set and protocol: the headline metric, and the accuracy that the paper prints, beside
the paper's number. Chance rows come first, as in every table; `p_vs_finetune` is the paired test of the supervised row
against the fine-tuned one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conclugen.evaluation import metrics, paper
from conclugen.evaluation.cells import write_csv
from conclugen.evaluation.estimates import CHANCE
from conclugen.evaluation.pretext import WORD_COLUMNS
from conclugen.evaluation.several import Measured, parse_arguments
from conclugen.evaluation.table import build as build_table

PROTOCOLS = ("supervised", "linear", "finetune")  # in the order of `paper.TABLE_2`
ABOUT = (
    "method",
    "protocol",
    "contaminated",
    "preset",
    "corpus",
    "data",
    "seeds",
    "n_test",
    "groups",
    "caution",
    *WORD_COLUMNS,
)


def build(datasets: Sequence[Measured]) -> list[dict[str, Any]]:
    """Return the rows, data set by data set. Raises ValueError for a protocol that Table 2 does not have."""
    return [row for dataset in datasets for row in _rows(dataset)]


def _rows(dataset: Measured) -> list[dict[str, Any]]:
    split, reference, rows = dataset.scores.split, dataset.settings.reference, []
    task = split.task
    for row in dataset.scores.rows:
        if row.protocol not in PROTOCOLS or row.method != reference:
            raise ValueError(f"{split.dataset}: {row.method}, {row.protocol} is no row of Table 2")
    for measured in build_table(dataset.scores, dataset.settings):
        for metric in (metrics.HEADLINE[task], paper.COLUMNS[task][0]):
            row = {"dataset": split.dataset} | {name: measured[name] for name in ABOUT} | {"metric": metric}
            row |= {
                "value": measured[metric],
                "value_lo": measured[f"{metric}_lo"],
                "value_hi": measured[f"{metric}_hi"],
            }
            row["paper"] = _printed(dataset.settings.paper, measured["protocol"], metric == paper.COLUMNS[task][0])
            headline = metric == metrics.HEADLINE[task]
            row["beats_chance"] = measured["beats_chance"] if headline else ""
            row["detectable_vs_chance"] = measured["detectable_vs_chance"] if headline else None
            row["p_vs_finetune"] = measured[f"p_vs_{reference}"] if headline else None
            row["detectable_vs_finetune"] = measured[f"detectable_vs_{reference}"] if headline else None
            rows.append(row)
    return rows


def _printed(dataset: str | None, protocol: str, same_metric: bool) -> float | None:
    """The paper's accuracy, beside the metric it is and no other."""
    if dataset not in paper.TABLE_2 or protocol == CHANCE or not same_metric:
        return None
    return paper.TABLE_2[dataset][PROTOCOLS.index(protocol)] / 100


def main(argv: Sequence[str] | None = None) -> None:
    """Write the table."""
    datasets, output = parse_arguments(__doc__ or "", argv)
    write_csv(output, build(datasets))


if __name__ == "__main__":
    main()
