"""Table 1 as it has to be read: its published numbers, each with the kind of metric it is.

Entry module. The paper sets plain accuracy, balanced accuracy, support-weighted accuracy and seven-class sentiment
accuracy side by side, one of them on another data set. Here every number stands as printed, under its kind, and this
run's rows on CMU-MOSEI are printed under each kind they have, so that like stands beside like: emotions from the table
of the data set, sentiment from that of its sentiment. Where the kind of a number is not established, the table says so
and sets nothing beside it. Rows of the demo corpus say that they are no match for the others: they show the form.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from conclugen.evaluation.cells import read_table, write_csv

PLAIN, BALANCED = "plain accuracy", "balanced accuracy"
WEIGHTED, SENTIMENT = "support-weighted accuracy", "seven-class sentiment accuracy"
OTHER_SENTIMENT = "seven-class sentiment accuracy on CMU-MOSI"
UNKNOWN = "not established"
SOURCES = {
    "own": "this run",
    "demo": "this run, demo corpus (not comparable)",
    "world": "this run, a world (not comparable)",
}
EMOTION_KINDS = {PLAIN: "acc_plain_macro", BALANCED: "balanced_accuracy_mean", WEIGHTED: "acc_support_weighted"}
SENTIMENT_KINDS = {SENTIMENT: "acc7"}

# Method, year, modalities (video, audio, text, facial keypoints), training, accuracy in percent, its kind.
PUBLISHED = (
    ("SSE-FT", 2020, "VAT", "self-supervised", 55.7, SENTIMENT),
    ("CAE-LR", 2021, "VAT", "self-supervised", 61.03, UNKNOWN),
    ("Franceschini et al.", 2022, "VATK", "self-supervised", 66.70, BALANCED),
    ("ConCluGen (paper, fine-tuned)", 2024, "VAT", "self-supervised", 66.48, WEIGHTED),
    ("CMIB", 2022, "VAT", "supervised", 48.2, OTHER_SENTIMENT),
    ("Huynh et al.", 2021, "VAT", "supervised", 57.70, UNKNOWN),
    ("Graph-MFN", 2018, "VAT", "supervised", 62.35, BALANCED),
    ("CIA", 2019, "VAT", "supervised", 62.88, BALANCED),
    ("MESM", 2021, "VAT", "supervised", 66.80, BALANCED),
    ("Khare et al.", 2021, "VAT", "supervised", 66.90, UNKNOWN),
    ("Wen et al.", 2021, "VAT", "supervised", 82.08, UNKNOWN),
    ("Shenoy and Sardana", 2020, "VAT", "supervised", 82.77, PLAIN),
)
NOTES = {
    "CMIB": "on CMU-MOSEI it has 53.0 seven-class sentiment accuracy, and 65.9 mean weighted accuracy of emotions",
    "CIA": "mean of six balanced accuracies, of the model that learns emotions and sentiment at once",
}
ORDER = (BALANCED, WEIGHTED, PLAIN, SENTIMENT, OTHER_SENTIMENT, UNKNOWN)


def build(table: Sequence[dict[str, str]], sentiment: Sequence[dict[str, str]]) -> list[dict[str, object]]:
    """Return rows by kind: the published ones, then this run's (rows of the MOSEI tables as text)."""
    rows = []
    measured = {kind: (name, table) for kind, name in EMOTION_KINDS.items()}
    measured |= {kind: (name, sentiment) for kind, name in SENTIMENT_KINDS.items()}
    for kind in ORDER:
        for method, year, modalities, training, accuracy, its_kind in PUBLISHED:
            if its_kind == kind:
                rows.append(_row(kind, method, accuracy / 100, year=year, modalities=modalities, training=training))
        metric, own_rows = measured.get(kind, ("", ()))
        for row in own_rows:
            name = row["method"] if row["protocol"] == "chance" else f"{row['method']} ({row['protocol']})"
            bounds = [_number(row[f"{metric}{end}"]) for end in ("_lo", "_hi")]
            source = SOURCES[row["data"]]
            rows.append(_row(kind, name, _number(row[metric]), bounds, training=row["protocol"], source=source))
    return rows


def _row(
    kind: str,
    method: str,
    value: float | None,
    bounds: Sequence[float | None] = (None, None),
    year: int | None = None,
    modalities: str = "",
    training: str = "",
    source: str = "published",
) -> dict[str, object]:
    return {
        "kind": kind,
        "method": method,
        "source": source,
        "year": year,
        "modalities": modalities,
        "training": training,
        "value": value,
        "value_lo": bounds[0],
        "value_hi": bounds[1],
        "note": NOTES.get(method, "") if source == "published" else "",
    }


def _number(text: str) -> float | None:
    return float(text) if text else None


def _read(path: Path | None, needed: str, what: str) -> list[dict[str, str]]:
    """The rows of a table, none without one. Raises ValueError where it lacks the metric `needed`."""
    table = read_table(path) if path else []
    if table and needed not in table[0]:
        raise ValueError(f"{path}: not the table of {what}; Table 1 is about CMU-MOSEI")
    return table


def main(argv: Sequence[str] | None = None) -> None:
    """Write the benchmark; without a table, the published rows alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, help="the full table of a CMU-MOSEI")
    parser.add_argument("--sentiment", type=Path, help="the full table of its sentiment")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args(argv)
    table = _read(arguments.table, EMOTION_KINDS[WEIGHTED], "a multi-label set")
    sentiment = _read(arguments.sentiment, SENTIMENT_KINDS[SENTIMENT], "sentiment")
    write_csv(arguments.output, build(table, sentiment))


if __name__ == "__main__":
    main()
