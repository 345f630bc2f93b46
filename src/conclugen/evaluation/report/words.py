"""The answer in words: what a table shows about pretraining, with numbers, intervals and what limits them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from conclugen.evaluation import metrics
from conclugen.evaluation.pretext import distinct
from conclugen.evaluation.report import names
from conclugen.evaluation.report.compared import (
    POWER,
    Compared,
    Row,
    Said,
    as_float,
    called,
    headline_of,
    rank,
    row_of,
    told,
    valued,
    why_untested,
)
from conclugen.evaluation.report.gains import is_pretrained
from conclugen.evaluation.report.names import number, several
from conclugen.evaluation.report.reading import Measured
from conclugen.pretrain.unlearned import RAW, UNTRAINED
from conclugen.pretrain.verdict import COLLAPSED, LEARNED, WEAK


def answer(table: Measured) -> list[Said]:
    """Return the findings of a table in the order in which a reader asks for them."""
    rows = [row for row in table.rows if is_pretrained(row["method"], row["protocol"])]
    if not rows:
        return [Said("unknown", "No pretrained method was evaluated.", "The table has controls and chance alone.")]
    sentences = [against_raw(table, rows), against_untrained(table, rows), against_chance(table, rows)]
    sentences += [ahead(table, rows), shuffled(table), networks(table)]
    return [*[finding for finding in sentences if finding is not None], *limits(table, rows)]


def against_raw(table: Measured, rows: Sequence[Row]) -> Said:
    """Say which rows beat the raw features of all modalities."""
    raw = row_of(table, RAW, "raw")
    if raw is None or not table.gains:
        return Said(
            "unknown", "Nothing says what pretraining adds to the raw features.", "The table has no row raw-features."
        )
    compared = []
    for row in rows:
        gain = table.gains[row["method"], row["protocol"]]
        compared.append(Compared(row, raw, gain.value, gain.low, gain.high, gain.verdict, gain.detectable, gain.p))
    return told(table, compared, "the raw features")


def against_untrained(table: Measured, rows: Sequence[Row]) -> Said | None:
    """Say which rows beat the same networks untrained, as the table does; nothing where it has no such row."""
    compared = [
        Compared(
            row,
            row_of(table, UNTRAINED, row["protocol"]),
            *(as_float(row[f"minus_{UNTRAINED}{end}"]) for end in ("", "_lo", "_hi")),
            row["beats_untrained"],
            as_float(row["detectable_vs_untrained"]),
        )
        for row in rows
        if row["beats_untrained"]
    ]
    return told(table, compared, "the same network untrained") if compared else None


def against_chance(table: Measured, rows: Sequence[Row]) -> Said:
    """Say how many rows are told from the best chance row."""
    metric = headline_of(table)
    chance = [as_float(row[metric]) for row in table.rows if row["protocol"] == "chance"]
    floor = metrics.best(chance, metric)
    above = [row for row in rows if row["beats_chance"] == "yes"]
    best = max(above or rows, key=lambda row: rank(table, as_float(row[metric])))
    reached = f"{names.headline(metric)} {valued(best, metric, table)}"
    numbers = f"{called(best)}: {reached}; the best chance row has {number(floor)}."
    if all(row["beats_chance"] == "unknown" for row in rows):
        return Said(
            "unknown", "Whether anything beats chance cannot be tested here.", f"{numbers} {why_untested(best)}"
        )
    if not above:
        least = as_float(best["detectable_vs_chance"])
        more = [POWER.format(number(least))] if math.isfinite(least) else []
        return Said("no", "No pretrained method beats chance.", " ".join([numbers, *more]))
    count = (
        "Every pretrained row beats" if len(above) == len(rows) else f"{len(above)} of {len(rows)} pretrained rows beat"
    )
    return Said("yes", f"{count} chance.", f"Best: {numbers}")


def ahead(table: Measured, rows: Sequence[Row]) -> Said | None:
    """Name the baselines that score higher than every pretrained row; nothing where there is none."""
    metric = headline_of(table)
    best = metrics.best([as_float(row[metric]) for row in rows], metric)
    others = [
        row
        for row in table.rows
        if names.kind(row) in ("raw", "control") and metrics.is_better(as_float(row[metric]), best, metric)
    ]
    if not others:
        return None
    others.sort(key=lambda row: -rank(table, as_float(row[metric])))
    baselines = names.listed([f"{called(row)} {valued(row, metric, table)}" for row in others[:3]])
    sentence = f"{several(len(others), 'baseline scores', 'baselines score')} better than every pretrained row."
    return Said("below", sentence, f"{baselines}; the best pretrained row has {number(best)}. No test is made of this.")


def shuffled(table: Measured) -> Said | None:
    """Say what the heads make of shuffled labels, where there is such a row: above chance means a leak."""
    row = next((row for row in table.rows if row["protocol"] == "shuffled"), None)
    if row is None:
        return None
    score = f"{names.headline(headline_of(table))} {valued(row, headline_of(table), table)}."
    if row["beats_chance"] == "yes":
        return Said("below", "Labels that were shuffled are recognised above chance: something leaks.", score)
    if row["beats_chance"] == "unknown":
        return None
    return Said("", "Learned from shuffled labels, nothing is recognised, as it should be.", score)


def networks(table: Measured) -> Said | None:
    """Say how many networks behind the table learned their own task, and name those that collapsed or are weak."""
    counts_by_method: dict[str, dict[str, int]] = {}
    for row in table.scores.rows:
        if is_pretrained(row.method, row.protocol) and row.networks is not None:
            words = [pretext["pretext"] for pretext in distinct(row.networks)]
            if words:
                counts_by_method[row.method] = {word: words.count(word) for word in (COLLAPSED, WEAK, LEARNED)}
    if not counts_by_method:
        return None
    total = {word: sum(counts[word] for counts in counts_by_method.values()) for word in (COLLAPSED, WEAK, LEARNED)}
    every = several(sum(total.values()), "network")

    def which(word: str) -> str:
        parts = [
            (name, verdicts[word], sum(verdicts.values()))
            for name, verdicts in counts_by_method.items()
            if verdicts[word]
        ]
        return names.listed(
            [
                name if count == total_count else f"{name} ({count} of {total_count})"
                for name, count, total_count in parts
            ]
        )

    others = [f"{label}: {which(word)}." for label, word in (("Weak", WEAK), ("Learned", LEARNED)) if total[word]]
    if total[COLLAPSED]:
        sentence = f"{total[COLLAPSED]} of {every} collapsed: {which(COLLAPSED)}."
        useless = "Their rows say nothing about self-supervision, however well they score."
        return Said("below", sentence, " ".join([useless, *others]))
    if total[WEAK]:
        sentence = f"No network collapsed, but {total[WEAK]} of {every} learned little of their own task."
        return Said("no", sentence, " ".join(others))
    return Said("yes", f"All {every} learned their own task.")


def limits(table: Measured, rows: Sequence[Row]) -> list[Said]:
    """Say what keeps rows from being trusted: few groups or seeds, and backbones that saw the labels."""
    cautions = dict.fromkeys(row["caution"] for row in rows if row["caution"])
    sentences = [Said("unknown", f"Caution: {'; '.join(cautions)}.")] if cautions else []
    seen = [called(row) for row in table.rows if row["contaminated"] == "yes"]
    if seen:
        sentence = (
            f"{several(len(seen), 'row rests', 'rows rest')} on a backbone that was trained on these very labels."
        )
        sentences.append(Said("below", sentence, f"{names.some(seen)}."))
    return sentences
