"""The classes of a data set one by one: how many there are, and how well each row of the table finds them.

Entry module. Single label: each class against the rest; `by_class.py` says how.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from conclugen.evaluation import pretext
from conclugen.evaluation.cells import write_csv
from conclugen.evaluation.scores import Score, Scores, Split
from conclugen.evaluation.table import Settings, group_cells, metric_cells, order, parse_arguments


def build(scores: Scores, settings: Settings) -> list[dict[str, Any]]:
    """Return a row per row of the table and class. Raises ValueError for sentiment, which has no classes."""
    if scores.split.task == "regression":
        raise ValueError(f"{scores.split.dataset}: sentiment is a number and has no classes")
    rows = [*scores.chance, *sorted(scores.rows, key=order)]
    return [cells for row in rows for cells in _rows(row, scores.split, settings)]


def _rows(row: Score, split: Split, settings: Settings) -> Iterator[dict[str, Any]]:
    about = {"dataset": split.dataset} | row.names | pretext.word_cells(row.networks)
    for c, (name, known, support) in enumerate(zip(split.classes, split.known, split.support, strict=True)):
        cells = about | {"data": settings.data, "seeds": row.seeds, "class": name}
        cells |= {"n_test": known, "support": support, "share_test": support / max(known, 1)}
        cells["share_train"] = split.priors[c]
        yield cells | group_cells(row, split) | metric_cells(row.classes[c])


def main(argv: Sequence[str] | None = None) -> None:
    """Write the table."""
    scores, settings, output = parse_arguments(__doc__ or "", argv)
    write_csv(output, build(scores, settings))


if __name__ == "__main__":
    main()
