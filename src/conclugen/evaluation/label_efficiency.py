"""How much a method needs labels: its metrics after learning on shares of the labels, for every data set.

Entry module. Predictions for a share of the labels lie in `fraction-{f}` inside the folder of their protocol. Metrics
that a data set's task does not have are left empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conclugen.evaluation import metrics, pretext
from conclugen.evaluation.cells import write_csv
from conclugen.evaluation.estimates import CHANCE, Estimate
from conclugen.evaluation.scores import Score, best_chance
from conclugen.evaluation.several import Measured, parse_arguments
from conclugen.evaluation.table import chance_cells, contamination_cells, group_cells, metric_cells, untrained_cells
from conclugen.pretrain.unlearned import UNTRAINED


def build(datasets: Sequence[Measured]) -> list[dict[str, Any]]:
    """Return a row per data set, method, protocol and label fraction: every metric with its interval."""
    tasks = [task for task in metrics.NAMES if task in {dataset.scores.split.task for dataset in datasets}]
    names = list(dict.fromkeys(name for task in tasks for name in metrics.NAMES[task]))
    empty = dict.fromkeys(f"{name}{end}" for name in names for end in ("", "_lo", "_hi"))
    return [row[0] | empty | row[1] for dataset in datasets for row in _rows(dataset)]


def _rows(dataset: Measured) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """For each row, what it is and its metrics: chance rows, which know the rates of all training labels, first."""
    scores, best = dataset.scores, best_chance(dataset.scores.chance)
    untrained = {_twin(row): row.headline for row in scores.rows if row.method == UNTRAINED}
    return [
        (_about(row, dataset, best, untrained.get(_twin(row))), metric_cells(row.metrics))
        for row in (*scores.chance, *scores.rows)
    ]


def _about(row: Score, dataset: Measured, best: Estimate, untrained: Estimate | None) -> dict[str, Any]:
    split, settings = dataset.scores.split, dataset.settings
    about = {"dataset": split.dataset, "data": settings.data, "method": row.method, "protocol": row.protocol}
    about |= {"contaminated": contamination_cells(split, row.streams, settings)["contaminated"]}
    about |= {"preset": row.preset, "corpus": row.corpus, "label_fraction": row.label_fraction}
    about |= {"seeds": row.seeds, "n_test": split.count} | group_cells(row, split)
    about |= chance_cells(row.headline, best) | untrained_cells(row.headline, untrained)
    return about | pretext.word_cells(row.networks)


def _twin(row: Score) -> tuple[Any, ...] | None:
    """What a row has in common with that of the same networks, never trained; chance rows have none."""
    if row.protocol == CHANCE:
        return None
    return row.corpus, row.preset, row.protocol, row.streams, row.label_fraction


def main(argv: Sequence[str] | None = None) -> None:
    """Write the table of label fractions."""
    datasets, output = parse_arguments(__doc__ or "", argv)
    write_csv(output, build(datasets))


if __name__ == "__main__":
    main()
