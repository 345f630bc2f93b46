"""Quality control: what every stage lost, by split and class, and a limit on it.

Entry module. Fails when a stage lost more of a split, or of a class in a split, than allowed, and says why and what to
do. Utterances of a set that has no transcripts at all, official or recognised, count as nothing lost in the text stage.
Tiny counts: a share is judged only once at least `min_lost` utterances are lost, so that one bad clip among eight is
reported but stops nothing. A split or a class of which nothing is left fails whatever its size, unless all of it may be
lost (`max_lost: 1.0`).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from conclugen.data.folds import too_many
from conclugen.data.manifest import Manifest
from conclugen.evaluation.cells import write_csv
from conclugen.evaluation.settings import Qc
from conclugen.evaluation.truth import all_labels
from conclugen.store.ledger import LedgerRow, Status, read_ledger
from conclugen.store.seals import SealError
from conclugen.store.settings import parse

TRANSCRIPTS = "transcripts"
UNACCOUNTED = "unaccounted"  # in the manifest, but in no ledger of the stage
ALL, UNKNOWN = "(all)", "(unknown)"
REASONS_SHOWN = 3
RETRIED, RETRIED_STAGES = (Status.TIMEOUT, Status.CRASHED), ("faces", "audio")
COLUMNS = ("stage", "split", "class", "status", "lost", "count", "share")


def collect(manifest: Manifest, ledgers: Iterable[LedgerRow]) -> pd.DataFrame:
    """Return a row per stage and utterance: stage, utterance_id, split, status, reason, lost.

    Raises ValueError when a ledger names an utterance that the manifest lacks, or one twice in a stage.
    """
    rows = [(row.stage, row.utterance_id, row.status.value, row.reason) for row in ledgers]
    entries = pd.DataFrame(rows, columns=["stage", "utterance_id", "status", "reason"])
    known = manifest.table[["utterance_id", "split"]]
    if strangers := sorted(set(entries["utterance_id"]) - set(known["utterance_id"])):
        raise ValueError(
            f"{manifest.dataset}: ledgers name {len(strangers)} unknown utterances, such as {strangers[:3]}"
        )
    if (twice := entries.duplicated(["stage", "utterance_id"])).any():
        raise ValueError(
            f"{manifest.dataset}: twice in one stage: {entries.loc[twice, 'utterance_id'].head(3).tolist()}"
        )
    parts = []
    for stage, part in entries.groupby("stage", sort=True):
        merged = known.merge(part, on="utterance_id", how="left").assign(stage=stage)
        merged["reason"] = merged["reason"].fillna("")
        parts.append(merged.fillna({"status": UNACCOUNTED}))
    ledger = pd.concat(parts, ignore_index=True) if parts else entries.assign(split="")
    return ledger.assign(lost=(ledger["status"] != Status.OK) & ~_no_transcripts(manifest, ledger))


def _no_transcripts(manifest: Manifest, ledger: pd.DataFrame) -> pd.Series:
    """Absent text is no loss in a set that has no text anywhere and whose speech is not recognised."""
    textless = bool((manifest.table["text_source"] == "none").all()) and not (ledger["stage"] == TRANSCRIPTS).any()
    return (ledger["status"] == Status.NO_TEXT) & textless


def count(manifest: Manifest, ledger: pd.DataFrame) -> list[dict[str, object]]:
    """Return a row per stage, split, class and status, with its count, its share of that stage, split and class, and
    whether the status counts as lost. In multi-label sets an utterance counts under each of its classes."""
    classes, rows = memberships(manifest), []
    for (stage, split), part in ledger.groupby(["stage", "split"], sort=True):
        for name, members in classes.items():
            of_class = part[part["utterance_id"].isin(members)]
            for (status, lost), these in of_class.groupby(["status", "lost"], sort=True):
                judged = "yes" if lost else "no"
                values = (stage, split, name, status, judged, len(these), len(these) / len(of_class))
                rows.append(dict(zip(COLUMNS, values, strict=True)))
    return rows


def memberships(manifest: Manifest) -> dict[str, set[str]]:
    """Utterance ids by class: all of them, each class, and those whose label is unknown."""
    table = manifest.table
    ids, members = table["utterance_id"], {ALL: set(table["utterance_id"])}
    if manifest.task == "multi":
        members |= {name: set(ids[table[name] > 0]) for name in manifest.classes}
        members[UNKNOWN] = set(ids[table[list(manifest.classes)].isna().all(axis=1)])
    if manifest.task == "single":
        members |= {name: set(ids[table["label"] == name]) for name in manifest.classes}
        members[UNKNOWN] = set(ids[table["label"].isna()])
    return members


def judge(manifest: Manifest, ledger: pd.DataFrame, settings: Qc) -> tuple[list[str], list[str]]:
    """Return a line per stage and split that lost something, and the lines of those over a limit.

    A class is judged within each split that is not over the limit itself; utterances of unknown label are in no class.
    """
    noted, failed = [], []
    classes = {name: ids for name, ids in memberships(manifest).items() if name not in (ALL, UNKNOWN)}
    of_class = max(settings.max_lost, settings.max_lost_of_class)
    for (stage, split), part in ledger.groupby(["stage", "split"], sort=True):
        line, over = _judged(f"{stage}, {split}", part, settings.max_lost, settings.min_lost)
        noted += [line] if line else []
        if over:
            failed.append(line)
            continue
        for name, members in classes.items():
            rows = part[part["utterance_id"].isin(members)]
            line, over = _judged(f"{stage}, {split}, class {name}", rows, of_class, settings.min_lost_of_class)
            failed += [line] if over else []
    return noted, failed


def _judged(what: str, part: pd.DataFrame, limit: float, least: int) -> tuple[str, bool]:
    """Return a line on what was lost of a part, empty where nothing was, and whether that is too much."""
    lost = part[part["lost"]]
    if lost.empty:
        return "", False
    share = len(lost) / len(part)
    line = f"{what}: lost {len(lost)} of {len(part)} ({share:.1%}; limit {limit:.1%})"
    over = too_many(len(lost), len(part), limit, least)
    if share > limit and not over:
        line += f"; fewer than {least} lost, so let pass"
    return f"{line}: {_reasons(lost)}", over


def advice(dataset: str, ledger: pd.DataFrame) -> str:
    """Return what can be done about losses: another try for what may be the machine's fault, else mend or allow."""
    lines = []
    again = ledger[ledger["lost"] & ledger["status"].isin(RETRIED) & ledger["stage"].isin(RETRIED_STAGES)]
    if len(again):
        lines.append(
            f"{len(again)} of them timed out or crashed: `make retry DATASET={dataset}` tries these again (with "
            "TIMEOUT_S=… for longer) and keeps the rest."
        )
    lines.append(
        f"Every loss and its reason stands in the ledgers: results/manifests/{dataset}.ledger.csv, "
        f"results/faces/{dataset}/*.ledger.csv and results/features/{dataset}/*/*.ledger.csv. Mend the files or the "
        f"table, or, where the loss is known and meant, raise datasets.{dataset}.max_lost (a split and its classes) or "
        "qc.max_lost_of_class."
    )
    return "\n".join(lines)


def _reasons(lost: pd.DataFrame) -> str:
    """The most common statuses, each with its most common reason and an example."""
    parts = []
    for status, number in lost["status"].value_counts(sort=True).head(REASONS_SHOWN).items():
        these = lost[lost["status"] == status]
        reason, example = these["reason"].mode().iloc[0], these["utterance_id"].iloc[0]
        parts.append(f"{number} {status}" + (f" ({reason})" if reason else "") + f", such as {example}")
    return "; ".join(parts)


def main(argv: Sequence[str] | None = None) -> None:
    """Write the counts; exit with status 1 and a summary where a limit is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--ledgers", nargs="*", action="extend", type=Path, default=[])
    parser.add_argument("--settings", required=True, help="JSON")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args(argv)
    settings = parse(Qc, arguments.settings)
    manifest = all_labels(arguments.manifest)
    try:
        ledger = collect(manifest, (row for path in arguments.ledgers for row in read_ledger(path)))
    except SealError as error:
        sys.exit(str(error))
    noted, failed = judge(manifest, ledger, settings)
    print(f"{manifest.dataset}: {len(manifest.table)} utterances, {ledger['stage'].nunique()} stages")
    print("\n".join(f"  {line}" for line in noted) or "  nothing lost")
    write_csv(arguments.output, count(manifest, ledger), COLUMNS)
    if failed:
        message = "\n".join(f"  {line}" for line in failed)
        sys.exit(f"{manifest.dataset}: more lost than allowed\n{message}\n{advice(manifest.dataset, ledger)}")


if __name__ == "__main__":
    main()
