r"""A table as LaTeX, for a paper: chance and raw features above, then the rows of each protocol.

Entry module. Reads the CSV alone. The best row of a protocol is bold only where tests show that it is. The file is a
`table` environment for `\input`, and needs the package booktabs.
"""

from __future__ import annotations

import argparse
import itertools
import re
from collections.abc import Sequence
from pathlib import Path

from conclugen.evaluation.cells import read_table
from conclugen.evaluation.metrics import HEADLINE, LOWER_IS_BETTER, NAMES, is_better
from conclugen.evaluation.pretext import flag
from conclugen.evaluation.report import names
from conclugen.store.atomic import write_text

Row = dict[str, str]

RAW = "raw"
ABOVE = (names.CHANCE, RAW)  # the blocks that others are to be read against
TESTED = "p_vs_"  # begins the column of the tests; then comes the method of reference
ALPHA = 0.05  # below which a corrected p tells two rows apart
# Metrics shown beside the headline one, by task: what papers print, and what needs no threshold.
BESIDE = {
    "multi": ("f1_positive_macro", "auroc_macro", "average_precision_macro"),
    "single": ("accuracy", "f1_weighted", "f1_macro"),
    "regression": ("pearson", "acc2_non0", "acc7"),
}
SHORT = {  # what heads of columns are called; the caption has the long name of the headline metric
    "balanced_accuracy_mean": "Balanced acc.",
    "f1_positive_macro": "F1 (positive)",
    "auroc_macro": "AUROC",
    "average_precision_macro": "Avg. precision",
    "recall_macro": "UAR",
    "accuracy": "Accuracy",
    "f1_weighted": "F1 (weighted)",
    "f1_macro": "F1 (macro)",
    "mae": "MAE",
    "pearson": "Pearson",
    "acc2_non0": "Acc. (2 classes)",
    "acc7": "Acc. (7 classes)",
}
SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "−": "$-$",
    "<": "$<$",
    ">": "$>$",
    **{char: f"\\{char}" for char in "&%$#_{}"},
}


def escaped(text: str) -> str:
    """Return text as LaTeX prints it."""
    return "".join(SPECIAL.get(letter, letter) for letter in text)


def task_of(table: Sequence[Row]) -> str:
    """Return the task whose headline metric a table has. Raises ValueError where it has none."""
    for task, metric in HEADLINE.items():
        if metric in table[0]:
            return task
    raise ValueError(f"a table with the columns {', '.join(table[0])} has no headline metric")


def reference_of(table: Sequence[Row]) -> str:
    """Return the method that others are tested against, which the name of a column says."""
    return next(name.removeprefix(TESTED) for name in table[0] if name.startswith(TESTED))


def blocks(table: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """Return the rows by protocol, in the order of the table, which has chance and raw features first."""
    return [(name, list(rows)) for name, rows in itertools.groupby(table, key=lambda row: row["protocol"])]


def marked(rows: Sequence[Row], table: Sequence[Row], metric: str) -> Row | None:
    """Return the best row of a block, where the tests tell it from the block's others; None where they do not.

    Each row is tested against the reference method's, so the best one is shown to be so where it is better than that;
    the reference itself where every other row is told from it. What does not beat chance, or is below raw features, is
    never marked.
    """
    best = rows[0]
    for row in rows[1:]:
        best = row if is_better(float(row[metric]), float(best[metric]), metric) else best
    if any(is_better(float(row[metric]), float(best[metric]), metric) for row in table if row["protocol"] == RAW):
        return None
    tested = [row for row in rows if row is not best] if best["method"] == reference_of(table) else [best]
    significant = (
        bool(tested) and len(rows) > 1 and all(row["p_holm"] and float(row["p_holm"]) < ALPHA for row in tested)
    )
    return best if significant and best["beats_chance"] == "yes" else None


def text(table: Sequence[Row], name: str, level: float) -> str:
    """Return a table by name as a `table` environment; `level`: of its intervals."""
    task = task_of(table)
    headline = HEADLINE[task]
    metrics = [headline, *(metric for metric in BESIDE[task] if metric in NAMES[task] and metric in table[0])]
    arrow = {True: r"$\downarrow$", False: r"$\uparrow$"}
    heads = [f"{escaped(SHORT.get(metric, metric))} {arrow[metric in LOWER_IS_BETTER]}" for metric in metrics]
    lines = [
        r"% Needs \usepackage{booktabs}.",
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{caption(table, name, level)}}}",
        r"\label{tab:" + re.sub(r"[^\w-]", "-", name) + "}",
        rf"\begin{{tabular}}{{ll{'c' * len(heads)}}}",
        r"\toprule",
        " & ".join(["Method", "Protocol", *heads]) + r" \\",
    ]
    for protocol, rows in blocks(table):
        best = None if protocol in ABOVE else marked(rows, table, headline)
        lines += [r"\midrule", *(_line(row, metrics, row is best) for row in rows)]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", r"\end{table}", ""])


def _line(row: Row, metrics: Sequence[str], best: bool) -> str:
    """One row of the body: the headline metric with its interval, the others as they are."""
    headline, *others = metrics
    value = f"{float(row[headline]):.3f}" if row[headline] else "--"
    value = rf"\textbf{{{value}}}" if best else value
    bounds = (row[f"{headline}_lo"], row[f"{headline}_hi"])
    value += " [{:.3f}, {:.3f}]".format(*map(float, bounds)) if all(bounds) else ""
    protocol = "" if row["protocol"] == RAW else names.PROTOCOLS.get(row["protocol"], row["protocol"])
    cells = [escaped(names.method(row["method"])), escaped(protocol)]
    cells[0] += r"$^\dagger$" if flag(row) else ""
    cells += [value, *(f"{float(row[metric]):.3f}" if row[metric] else "--" for metric in others)]
    return (" & ".join(cells) + r" \\").replace(" -0.", " $-$0.").replace("[-0.", "[$-$0.")


def caption(table: Sequence[Row], name: str, level: float) -> str:
    """Return the caption: what was measured, on how much, over how many seeds, and what marks mean."""
    metric = HEADLINE[task_of(table)]
    learned = [row for row in table if row["protocol"] != names.CHANCE] or list(table)
    seeds = sorted({int(row["seeds"]) for row in learned})
    seed_range = f"{seeds[0]}" if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]}"
    count, groups = learned[0]["n_test"], learned[0]["groups"]
    parts = [
        f"{name}: {names.METRICS[metric]}, with {100 * level:g} % intervals over {groups} test groups and {seed_range} "
        f"training seeds; n = {count} test utterances.",
        f"Bold: the best of its block, where it is told from {reference_of(table)}, or that from all others of the "
        f"block (paired tests, Holm-corrected p < {ALPHA:g}), beats chance, and no raw features are better. Without "
        "bold, none is.",
    ]
    cautions = sorted({row["caution"] for row in learned if row["caution"]})
    parts += [f"Caution: {'; '.join(cautions)}."] if cautions else []
    parts += ["† networks that collapsed."] if any(flag(row) for row in table) else []
    kinds = sorted({row["data"] for row in table} - {"own"})
    parts += [names.DATA[kind] for kind in kinds]
    return escaped(" ".join(parts)).replace("†", r"$^\dagger$")


def main(argv: Sequence[str] | None = None) -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, required=True)
    parser.add_argument("--level", type=float, required=True, help="of the intervals")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args(argv)
    write_text(arguments.output, text(read_table(arguments.table), arguments.output.stem, arguments.level))


if __name__ == "__main__":
    main()
