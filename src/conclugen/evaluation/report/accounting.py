"""What was lost, by data set, split and stage, as quality control counted it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from conclugen.data.cross_validation import names_in, number_of
from conclugen.data.manifest import SPLITS
from conclugen.evaluation.qc import ALL, UNKNOWN
from conclugen.evaluation.report import names
from conclugen.evaluation.report.compared import Said

Account = Sequence[Mapping[str, str]]


@dataclasses.dataclass(frozen=True)
class Loss:
    """What one stage lost of a split, or of a class in it: how many of how many, and by reason."""

    dataset: str
    split: str
    stage: str
    group: str
    count: int
    of: int
    reasons: Mapping[str, int]

    def share(self) -> float:
        """Return the share that was lost."""
        return self.count / self.of if self.of else 0.0

    def why(self) -> str:
        """Return the reasons in words, with their counts."""
        reasons = ((count, names.STATUSES.get(status, status)) for status, count in self.reasons.items())
        return ", ".join(word if count == self.count == 1 else f"{count} × {word}" for count, word in reasons)


def losses(accounts: Mapping[str, Account], of_classes: bool = False) -> list[Loss]:
    """Return what each stage of each data set lost of each split; or, of classes, those that lost anything."""
    lines = []
    for dataset, rows in accounts.items():
        places: dict[tuple[str, str, str], list[Mapping[str, str]]] = {}
        for row in rows:
            if of_classes == (row["class"] != ALL) and row["class"] != UNKNOWN:
                places.setdefault((row["split"], row["stage"], row["class"]), []).append(row)
        for (split, stage, group), place_rows in places.items():
            reasons = {row["status"]: int(row["count"]) for row in place_rows if row["lost"] == "yes"}
            total = sum(int(row["count"]) for row in place_rows)
            if reasons or not of_classes:
                lines.append(Loss(dataset, split, stage, group, sum(reasons.values()), total, reasons))
    return sorted(lines, key=_order)


def _order(loss: Loss) -> tuple:
    stages, splits = list(names.STAGES), list(SPLITS)
    fold = number_of(loss.split)  # folds stand before all splits, by number
    place = splits.index(loss.split) if fold is None else fold - 1000
    return loss.dataset, place, stages.index(loss.stage) if loss.stage in stages else 99, loss.group


def splits(accounts: Mapping[str, Account]) -> list[str]:
    """Return the folds and splits that accounts tell of, folds first."""
    present = {row["split"] for rows in accounts.values() for row in rows}
    return [*names_in(present), *(split for split in SPLITS if split in present)]


def is_tested(split: str) -> bool:
    """Return whether a split is tested: `test`, and each fold in its turn."""
    return split == "test" or number_of(split) is not None


def in_test(dataset: str, accounts: Mapping[str, Account]) -> Said:
    """Say what the test split of a data set lost; stages that lost the same are named together."""
    stages_by_loss: dict[tuple[int, int, str], list[str]] = {}
    for loss in losses(accounts):
        if loss.dataset == dataset and is_tested(loss.split) and loss.count:
            stages_by_loss.setdefault((loss.count, loss.of, loss.why()), []).append(
                names.STAGES.get(loss.stage, loss.stage)
            )
    if not stages_by_loss:
        return Said("", "Nothing of the test split was lost.")
    most = max(count / total for count, total, _ in stages_by_loss)
    parts = [
        f"{names.listed(stages)}: {names.share(count, total)}, {why}"
        for (count, total, why), stages in stages_by_loss.items()
    ]
    sentence = f"At most {most:.1%} of the test split was lost to a stage; what is lost stays in the test set."
    return Said("", sentence, "; ".join(parts) + ".")


def leaks(rows: Account) -> Said | None:
    """Say which leaks were found for the test split, and what cannot be known; nothing without a table of leaks."""
    if not rows:
        return None
    lines, unknown = [], {}
    for row in rows:
        name = names.CHECKS.get(row["check"], row["check"])
        if row["found"] == "yes" and row["split"] == "test":
            against = names.SPLITS.get(row["against"], row["against"])
            lines.append(f"{name} in {against}: {names.share(float(row['count']), float(row['of']))}")
        elif row["found"] == "yes" and not row["split"]:
            lines.append(f"{name}: {row['item']}")
        elif row["found"] == "unknown":
            unknown[name] = None
    tail = f" Not known: {', '.join(unknown)}." if unknown else ""
    if lines:
        return Said(
            "below", "The test split shares something with what was learned from.", "; ".join(lines) + "." + tail
        )
    return Said("", "No leak was found that can be known.", tail.strip())
