"""How much a method needs labels: its metrics after learning on shares of the labels, for every data set.

Entry module. Predictions for a share of the labels lie in `fraction-{f}` inside the folder of their protocol. Metrics
that a data set's task does not have are left empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conclugen.evaluation import chance, metrics, pretext
from conclugen.evaluation.cells import write_csv
from conclugen.evaluation.intervals import CHANCE, Resamples
from conclugen.evaluation.predictions import Predictions
from conclugen.evaluation.several import Measured, parse_arguments
from conclugen.evaluation.table import chance_cells, contamination_cells, group_cells, metric_cells, untrained_cells
from conclugen.pretrain.unlearned import UNTRAINED


def build(datasets: Sequence[Measured]) -> list[dict[str, Any]]:
    """Return a row per data set, method, protocol and label fraction: every metric with its interval."""
    tasks = [task for task in metrics.NAMES if task in {one.truth.task for one in datasets}]
    names = list(dict.fromkeys(name for task in tasks for name in metrics.NAMES[task]))
    empty = dict.fromkeys(f"{name}{end}" for name in names for end in ("", "_lo", "_hi"))
    return [row[0] | empty | row[1] for one in datasets for row in _rows(one)]


def _rows(one: Measured) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """For each row, what it is and its metrics: chance rows, which know the rates of all training labels, first."""
    truth, settings, found = one.truth, one.settings, []
    resamples, headline = Resamples.of(truth, settings), metrics.HEADLINE[truth.task]
    lucky = resamples.by_chance(truth, settings.chance_draws)
    best = chance.best((estimates[headline] for estimates in lucky.values()), headline)
    nothing = {"contaminated": "", "preset": "", "corpus": "", "label_fraction": None}
    named = [({"method": name, "protocol": CHANCE} | nothing, e, None, ()) for name, e in lucky.items()]
    measured = [(p, resamples.estimates(truth, p.scores, p.protocol)) for p in one.predictions]
    untrained = {_twin(p): estimates[headline] for p, estimates in measured if p.method == UNTRAINED}
    for p, estimates in measured:
        about = {"method": p.method, "protocol": p.protocol}
        about |= {"contaminated": contamination_cells(truth, p.streams, settings)["contaminated"]}
        about |= {"preset": p.preset, "corpus": p.corpus, "label_fraction": p.label_fraction}
        named.append((about, estimates, untrained.get(_twin(p)), p.networks))
    for about, estimates, twin, networks in named:
        seeds, score = len(estimates[headline].by_seed), estimates[headline]
        about = {"dataset": truth.dataset, "data": settings.data} | about | {"seeds": seeds, "n_test": len(truth.ids)}
        about |= group_cells(resamples, seeds, about["protocol"]) | chance_cells(score, best)
        about |= untrained_cells(score, twin) | pretext.word_cells(networks)
        found.append((about, metric_cells(estimates)))
    return found


def _twin(p: Predictions) -> tuple[Any, ...]:
    """What a row has in common with that of the same networks, never trained."""
    return p.corpus, p.preset, p.protocol, p.streams, p.label_fraction


def main(argv: Sequence[str] | None = None) -> None:
    """Write the table of label fractions."""
    arguments = parse_arguments(__doc__ or "", argv)
    write_csv(arguments.output, build(arguments.datasets))


if __name__ == "__main__":
    main()
