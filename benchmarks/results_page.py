"""Print the tables of docs/results.md from the CSV files beside it.

Each table stands between `<!-- NAME -->` and `<!-- /NAME -->`; what is between is written anew, the rest is left alone.
A test holds the page to the files.

    make docs
"""

from __future__ import annotations

import csv
import functools
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from conclugen.docs.markdown import filled, grid

DOCS = Path(__file__).parents[1] / "docs"
Row = dict[str, str]
WORDS = ("learned", "weak", "collapsed")


def read(name: str, folder: Path = DOCS / "results") -> list[Row]:
    """Return the rows of a file."""
    with open(folder / f"{name}.csv", encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def short(value: str, sign: bool = False) -> str:
    """A number with three decimals and without the leading zero; what is no number as it is."""
    try:
        number = float(value)
    except ValueError:
        return value
    text = f"{number:+.3f}" if sign else f"{number:.3f}"
    return re.sub(r"^([+-]?)0\.", r"\1.", text)


def interval(row: Row, name: str, low: str, high: str, sign: bool = False) -> str:
    """A value and, where there is one, its interval."""
    value = short(row[name], sign)
    return f"{value} [{short(row[low], sign)}, {short(row[high], sign)}]" if row[low] else value


def headline(rows: list[Row]) -> str:
    """The headline metric of a table of classes, or of several at once."""
    return next(one for one in ("recall_macro", "balanced_accuracy_mean") if rows[0].get(one))


def told(row: Row) -> str:
    """The verdict on the networks of a row, and how many of them collapsed where some have."""
    count = row["networks_collapsed"]
    return f"{row['pretext']} ({count} of {row['networks']})" if count not in ("", "0") else row["pretext"]


def control(name: str) -> str:
    """The controls: how far each row comes from the raw features to the oracle."""
    head = (
        "world",
        "row",
        "balanced accuracy",
        "worst seed",
        "closed",
        "of the worst",
        "minus the best plain",
        "pretext",
    )
    rows = []
    for row in read(name):
        difference = (
            ""
            if row["protocol"] == "chance"
            else interval(row, "minus_best", "minus_best_lo", "minus_best_hi", sign=True)
        )
        cells = [row["world"], f"{row['method']} ({row['protocol']})", interval(row, "value", "lo", "hi")]
        cells += [short(row["worst"]), short(row["closed"]), short(row["closed_worst"]), difference, told(row)]
        rows.append(cells)
    return grid(head, rows)


def presets(name: str) -> str:
    """Every method with every preset: linear evaluation in each world, and the pretext where it is not `learned`."""
    rows_of_file = [row for row in read(name) if row["protocol"] in ("raw", "linear")]
    worlds = list(dict.fromkeys(row["world"] for row in rows_of_file))
    cells: dict[tuple[str, str], dict[str, str]] = {}
    for row in rows_of_file:
        preset = row["preset"] if row["pretext"] or row["method"] == "untrained" else ""
        doubt = f", {told(row)}" if row["pretext"] not in ("", "learned") else ""
        cells.setdefault((row["method"], preset), {})[row["world"]] = short(row["value"]) + doubt
    return grid(["row", "preset", *worlds], [[*key, *(cells[key].get(w, "") for w in worlds)] for key in cells])


def shares(name: str) -> str:
    """The headline metric by share of the labels."""
    found = [row for row in read(name) if row["label_fraction"]]
    metric = headline(found)
    fractions = sorted({float(row["label_fraction"]) for row in found})
    rows = []
    for method, protocol in dict.fromkeys((row["method"], row["protocol"]) for row in found):
        mine = {float(r["label_fraction"]): r for r in found if (r["method"], r["protocol"]) == (method, protocol)}
        rows.append([f"{method} ({protocol})", *(short(mine[f][metric]) if f in mine else "" for f in fractions)])
    return grid(["row", *(f"{100 * fraction:g} %" for fraction in fractions)], rows)


def collapse(name: str) -> str:
    """Networks that learned, are weak, or collapsed, by rate."""
    found = read(name)
    rates = sorted({float(row["learning_rate"]) for row in found})
    rows = []
    for key in dict.fromkeys((row["corpus"], row["preset"], row["method"], row["batch_size"]) for row in found):
        mine = {
            float(row["learning_rate"]): "/".join(row[word] for word in WORDS)
            for row in found
            if (row["corpus"], row["preset"], row["method"], row["batch_size"]) == key
        }
        rows.append([*key, *(mine.get(rate, "") for rate in rates)])
    return grid(["corpus", "preset", "method", "batch", *(f"rate {rate:g}" for rate in rates)], rows)


def heads(name: str) -> str:
    """Linear heads beside logistic regression."""
    head = ("data", "modalities", "training rows", "our heads", "logistic regression", "difference ± its error")
    rows = [
        [
            *(row["dataset"], row["modalities"], row["rows"], short(row["heads"]), short(row["optimum"])),
            f"{short(row['difference'], sign=True)} ± {short(row['error'])}",
        ]
        for row in read(name)
    ]
    return grid(head, rows)


def table(name: str) -> str:
    """A table of a data set: its headline metric, what it beats, and the pretext."""
    found = read(name)
    metric = headline(found)
    reference = next(column for column in found[0] if column.startswith("p_vs_"))
    head = ("row", metric, "beats chance", "beats untrained", "minus untrained", "p (Holm)", "detectable", "pretext")
    rows = []
    for row in found:
        gained = ("minus_untrained", "minus_untrained_lo", "minus_untrained_hi")
        cells = [f"{row['method']} ({row['protocol']})", interval(row, metric, f"{metric}_lo", f"{metric}_hi")]
        cells += [
            row["beats_chance"],
            row["beats_untrained"],
            interval(row, *gained, sign=True) if row[gained[0]] else "",
        ]
        cells += [short(row["p_holm"]), short(row[reference.replace("p_vs_", "detectable_vs_")]), told(row)]
        rows.append(cells)
    return grid(head, rows)


def rivals(name: str) -> str:
    """Losses and fusions of other work: the headline metric, the test against the reference method, the pretext."""
    head = ("row", "value", "tested against", "minus", "p (Holm)", "detectable", "minus untrained", "pretext")
    gained = ("minus_untrained", "minus_untrained_lo", "minus_untrained_hi")
    rows = [
        [
            *(f"{row['method']} ({row['protocol']})", interval(row, "value", "value_lo", "value_hi"), row["against"]),
            *(short(row["minus"], sign=True), short(row["p_holm"]), short(row["detectable"])),
            *(interval(row, *gained, sign=True) if row[gained[0]] else "", told(row)),
        ]
        for row in read(name)
    ]
    return grid(head, rows)


def backbones(name: str) -> str:
    """Rows of several backbones, a column each: the headline metric with its interval."""
    found = read(name)
    metric = headline(found)
    columns = list(dict.fromkeys(row["backbone"] for row in found))
    cells: dict[str, dict[str, str]] = {}
    for row in found:
        key = f"{row['method']} ({row['protocol']})"
        cells.setdefault(key, {})[row["backbone"]] = interval(row, metric, f"{metric}_lo", f"{metric}_hi")
    return grid(["row", *columns], [[key, *(mine.get(name, "") for name in columns)] for key, mine in cells.items()])


def stills(name: str) -> str:
    """A table of an image data set: accuracy, what learning gained over drawing a network and over PCA, the pretext."""
    head = ("row", "labels", "accuracy", "macro F1", "minus untrained", "minus PCA", "pretext")
    rows = []
    for row in read(name):
        gains = [
            interval(row, key, f"{key}_lo", f"{key}_hi", sign=True) if row[key] else ""
            for key in ("minus_untrained", "minus_pca")
        ]
        share = f"{100 * float(row['labels']):g} %" if row["labels"] else ""
        scored = [interval(row, "accuracy", "accuracy_lo", "accuracy_hi"), short(row["f1_macro"])]
        rows.append([f"{row['method']} ({row['protocol']})", share, *scored, *gains, row["pretext"]])
    return grid(head, rows)


def compared(name: str) -> str:
    """Runs side by side: the headline metric, and how each differs from the first."""
    head = (
        "row",
        "run",
        "balanced accuracy",
        "beats chance",
        "minus the first run",
        "p (Holm)",
        "detectable",
        "pretext",
    )
    rows = []
    for row in read(name):
        gap = interval(row, "minus_first", "minus_first_lo", "minus_first_hi", sign=True)
        cells = [f"{row['method']} ({row['protocol']})", row["run"], interval(row, "value", "value_lo", "value_hi")]
        rows.append(
            [*cells, row["beats_chance"], gap, short(row["p_holm"]), short(row["detectable_vs_first"]), told(row)]
        )
    return grid(head, rows)


TABLES: dict[str, Callable[[str], str]] = {
    "control": control,
    "control-grid": presets,
    "control-labels": shares,
    "collapse": collapse,
    "heads": heads,
    "mosei922": table,
    "rivals922": rivals,
    "control-rivals": control,
    "ravdess": table,
    "ravdess-backbones": backbones,
    "emodb": table,
    "fer2013": stills,
    "face-network": compared,
}


def page(text: str) -> str:
    """Return the page with every table written anew. Raises KeyError for a name without a table."""
    return filled(text, {name: functools.partial(table, name) for name, table in TABLES.items()})


def names(text: str) -> Iterator[str]:
    """Yield the names of the tables on a page."""
    yield from re.findall(r"<!-- ([\w-]+) -->", text)


def main() -> None:
    """Write the page."""
    path = DOCS / "results.md"
    path.write_text(page(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
