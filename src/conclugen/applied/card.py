"""The card of an exported model: what it is, what was measured, what it is for and what it is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conclugen.applied.exported import Exported
from conclugen.evaluation.cells import read_table
from conclugen.evaluation.metrics import HEADLINE, NAMES
from conclugen.pretrain import verdict
from conclugen.store.tables import read_about

if TYPE_CHECKING:
    from conclugen.applied.export import Learned

LIMITS = """\
- **A perceived expression is not a felt emotion.** Labels are what annotators saw and heard. Nobody's state of mind,
  honesty, health or character follows from a score.
- **Faces and voices are personal data**, and in some places so are inferences from them, which the law may forbid, as
  at work and at school. Use it with the consent of those who are shown, or not at all.
- **No video but those of the test split was measured**: on other people, cameras or languages it may be far worse.
- Heads are trained with class weights, so scores of rare classes lie far above their rate: compare scores of one class
  between clips rather than classes with one another.
- It is meant for research on representations and annotations, not for decisions about people.
"""
NO_HEAD = "It embeds and predicts nothing: it holds no head."


def kind_of_data(results: Path, table: tuple[str, str, str] | None) -> str:
    """Return the kind of data that a table says it was measured on; `unknown` where there is no such table."""
    row = measured(results, table)
    return row.get("data") or "unknown"


def measured(results: Path, table: tuple[str, str, str] | None) -> dict[str, str]:
    """Return the row of a table by (table, method, protocol); empty where there is none."""
    if table is None:
        return {}
    name, method, protocol = table
    path = results / "tables" / f"{name}.full.csv"
    if not path.is_file():
        return {}
    rows = [row for row in read_table(path) if (row["method"], row["protocol"]) == (method, protocol)]
    return rows[0] if rows else {}


def text(learned: Learned, exported: Exported) -> str:
    """Return the card as Markdown."""
    row = measured(learned.results, learned.table)
    parts = [f"# {exported.name}", _use(exported), _data(learned, exported, row), _inputs(exported)]
    parts += [
        _metrics(learned, exported, row),
        _calibration(learned),
        _pretext(learned),
        "## Intended use and limits\n\n" + LIMITS,
    ]
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"


def _use(exported: Exported) -> str:
    head = exported.head
    what = NO_HEAD if head is None else f"It scores {', '.join(head.classes)} ({_task(head.task)})."
    call = "embed" if head is None else "predict"
    command = f"    conclugen {call} clip.mp4 --model FOLDER"
    return f"A conclugen model. {what}\n\n{command}\n\nWritten by {exported.software}."


def _task(task: str) -> str:
    return {"multi": "any of them at once", "single": "one of them", "regression": "from -3 to 3"}[task]


def _data(learned: Learned, exported: Exported, row: dict[str, str]) -> str:
    lines = ["## Data\n"]
    manifest = learned.results / "manifests" / f"{learned.dataset}.parquet"
    about = read_about(manifest) if manifest.is_file() else {}
    if exported.head is not None:
        target = exported.head.classes[0] if exported.head.task == "regression" else "expression"
        folds = about.get("folds", {}).get(target, {})
        counts = ", ".join(f"{fold} {numbers['labelled']}" for fold, numbers in folds.items())
        lines.append(f"- Labels: {learned.dataset} ({exported.data} data), labelled utterances: {counts or 'unknown'}.")
    if learned.network is not None:
        network_about = json.loads((learned.network / "settings.json").read_text(encoding="utf-8"))["about"]
        lines.append(_origin(network_about))
    if exported.data == "demo" or row.get("data") == "demo":
        lines.append("- **The demo corpus is made by a program: what was learned from it says nothing of real faces.**")
    if row.get("contaminated") == "yes":
        lines.append(f"- Backbones that have seen labels of this data set: {row['contaminated_streams']}.")
    return "\n".join(lines)


def _origin(about: dict[str, Any]) -> str:
    """What a network was trained on, from what it says of itself."""
    if "protocol" in about:
        before = f"pretrained without labels ({about['network']['name']})" if about["network"] else "fresh"
        return f"- The network was {before} and then trained with the head, on the labels above."
    splits = ", ".join(f"{name} {count}" for name, count in about.get("utterances", {}).items())
    return f"- Pretraining, without labels: {about.get('corpus', 'unknown')} ({splits or 'size unknown'})."


def _inputs(exported: Exported) -> str:
    lines = ["## Inputs\n\n| modality | stream | backbone | sha256 of its weights | licence |", "|---|---|---|---|---|"]
    for modality, streams in exported.joined().items():
        for name in streams:
            stream = exported.streams[name]
            lines.append(
                f"| {modality} | {name} | {stream.backbone} | {stream.weights_sha256[:16]} | {stream.licence} |"
            )
    return "\n".join([*lines, "\nThe settings that make them are in `exported.json`. Other backbones are refused."])


def _of_fold(learned: Learned) -> list[str]:
    """What a number that pools folds says of the head of one."""
    if learned.fold is None:
        return []
    fold, count = learned.fold.tested, learned.fold.count
    return [
        f"\nThe numbers pool {count} folds, each tested with a head of its own. This is the head of fold {fold}: it "
        "has learned from none of that fold, and was not measured on the others."
    ]


def _metrics(learned: Learned, exported: Exported, row: dict[str, str]) -> str:
    if exported.head is None:
        return ""
    if not row:
        return "## Measured\n\nNothing: the run had written no table when this was exported."
    names = [name for name in NAMES[exported.head.task] if row.get(name)]
    lines = [
        "## Measured\n",
        f"On {row['n_test']} test utterances of {learned.dataset} in {row['groups']} groups; 95 % intervals over these",
        f"and over {row['seeds']} seeds, of which this is number {exported.seed}. {_verdicts(row)}",
        *_of_fold(learned),
        *([f"\nCaution: {row['caution']}."] if row.get("caution") else []),
        "\n| metric | value | from | to |\n|---|---|---|---|",
    ]
    headline = HEADLINE[exported.head.task]
    for name in names:
        label = f"**{name}**" if name == headline else name
        lines.append(f"| {label} | {row[name]} | {row.get(f'{name}_lo', '')} | {row.get(f'{name}_hi', '')} |")
    return "\n".join(lines)


def _calibration(learned: Learned) -> str:
    fit = learned.calibration
    if fit is None:
        return ""
    if fit.temperature == 1:
        return (
            f"## Calibration\n\nNone: {fit.rows} validation utterances are too few to fit a temperature. On "
            f"{fit.test_rows} test utterances the expected calibration error is {fit.before:.3f}."
        )
    return (
        f"## Calibration\n\nShown probabilities are those of the logits divided by {fit.temperature:.3f}, fitted on "
        f"{fit.rows} validation utterances. On {fit.test_rows} test utterances the expected calibration error was "
        f"{fit.before:.3f} before and is {fit.after:.3f} after; on other data it was not measured."
    )


def _verdicts(row: dict[str, str]) -> str:
    chance, untrained = (row.get(name) or "not tested" for name in ("beats_chance", "beats_untrained"))
    return f"Beats chance: {chance}; beats untrained networks: {untrained}."


def _pretext(learned: Learned) -> str:
    if learned.network is None or not (learned.network / verdict.FILE).is_file():
        return ""
    from conclugen.models import io

    record: dict[str, Any] = verdict.read(learned.network, io.weights_sha256(learned.network))
    cause = f": {record['cause']}" if record["cause"] else ""
    return (
        "## Pretraining's own task\n\n"
        f"On its {record['measured_on']} rows the network does its own task: **{record['pretext']}**{cause}."
    )
