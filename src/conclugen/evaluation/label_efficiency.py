"""How much a method needs labels: its metrics after learning on shares of the training labels, for every data set.

Entry module. Reads the `fraction-{f}` folders beside the predictions of the whole training set. Metrics that a data
set's task does not have are left empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conclugen.evaluation import metrics
from conclugen.evaluation.cells import write_csv
from conclugen.evaluation.intervals import Resamples
from conclugen.evaluation.several import Measured, parse_arguments
from conclugen.evaluation.table import contamination_cells, metric_cells


def build(datasets: Sequence[Measured]) -> list[dict[str, Any]]:
    """Return a row per data set, method, protocol and label fraction: every metric with its interval."""
    tasks = [task for task in metrics.NAMES if task in {one.truth.task for one in datasets}]
    names = list(dict.fromkeys(name for task in tasks for name in metrics.NAMES[task]))
    empty = dict.fromkeys(f"{name}{end}" for name in names for end in ("", "_lo", "_hi"))
    return [row[0] | empty | row[1] for one in datasets for row in _rows(one)]


def _rows(one: Measured) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """For each row, what it is and its metrics."""
    truth, settings, found = one.truth, one.settings, []
    resamples = Resamples.of(truth, settings)
    for p in one.predictions:
        about = {"dataset": truth.dataset, "data": settings.data, "method": p.method, "protocol": p.protocol}
        about |= {"contaminated": contamination_cells(truth, p.streams, settings)["contaminated"]}
        about |= {"preset": p.preset, "corpus": p.corpus, "label_fraction": p.label_fraction}
        about |= {"seeds": len(p.seeds), "n_test": len(truth.ids)}
        found.append((about, metric_cells(resamples.estimates(truth, p.scores, p.protocol))))
    return found


def main(argv: Sequence[str] | None = None) -> None:
    """Write the table of label fractions."""
    arguments = parse_arguments(__doc__ or "", argv, fractions=True)
    write_csv(arguments.output, build(arguments.datasets))


if __name__ == "__main__":
    main()
