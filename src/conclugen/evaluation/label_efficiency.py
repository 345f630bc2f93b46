"""How much a method needs labels: its metrics after learning on shares of the training labels, for every data set.

Entry module. Reads the `fraction-{f}` folders beside the predictions of the whole training set. Metrics that a data
set's task does not have are left empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conclugen.evaluation import intervals, metrics
from conclugen.evaluation.cells import write_csv
from conclugen.evaluation.several import Measured, parse_arguments
from conclugen.evaluation.table import contamination_cells, mean_defined


def build(datasets: Sequence[Measured]) -> list[dict[str, Any]]:
    """Return a row per data set, method, protocol and label fraction: every metric with its interval."""
    tasks = [task for task in metrics.NAMES if task in {one.truth.task for one in datasets}]
    names = list(dict.fromkeys(name for task in tasks for name in metrics.NAMES[task]))
    empty = dict.fromkeys(f"{name}{end}" for name in names for end in ("", "_lo", "_hi"))
    return [row[0] | empty | row[1] for one in datasets for row in _rows(one)]


def _rows(one: Measured) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """For each row, what it is and its metrics."""
    truth, settings, found = one.truth, one.settings, []
    weights = intervals.group_weights(int(truth.group.max()) + 1, settings.resamples, settings.seed)
    for p in one.predictions:
        about = {"dataset": truth.dataset, "data": settings.data, "method": p.method, "protocol": p.protocol}
        about |= {"contaminated": contamination_cells(truth, p.streams, settings)["contaminated"]}
        about |= {"preset": p.preset, "corpus": p.corpus, "label_fraction": p.label_fraction}
        about |= {"seeds": len(p.seeds), "n_test": len(truth.ids)}
        each = [metrics.compute(truth.labels, scores, truth.task) for scores in p.scores]
        resampled = intervals.resampled(truth, p.scores, weights, p.protocol) if weights.shape[1] > 1 else {}
        values: dict[str, Any] = {}
        for name in metrics.NAMES[truth.task]:
            value = mean_defined([v[name] for v in each])
            centre = value if name in metrics.BIASED else None
            low, high = intervals.interval(resampled.get(name), settings.level, centre)
            values |= {name: value, f"{name}_lo": low, f"{name}_hi": high}
        found.append((about, values))
    return found


def main(argv: Sequence[str] | None = None) -> None:
    """Write the table of label fractions."""
    arguments = parse_arguments(__doc__ or "", argv, fractions=True)
    write_csv(arguments.output, build(arguments.datasets))


if __name__ == "__main__":
    main()
