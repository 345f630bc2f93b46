"""How many labelled utterances and classes each split or fold has, and what keeps a data set from being evaluated on.

The manifest carries the counts, so that a fold without labels or without a class is told while jobs are planned, before
anything is extracted or trained. Of the test fold nothing but these counts is known here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from conclugen.data.cross_validation import LEAST, names_in

FOLDS = {
    "train": "classifiers learn on it",
    "valid": "classifiers are chosen on it",
    "test": "it is what is measured",
}
Counts = dict[str, Any]


def count(table: pd.DataFrame, task: str, classes: Sequence[str]) -> Counts:
    """Return, for each split or fold, `labelled`: how many have a known label, and `classes`: how many have each class.

    Args:
        table: rows (N) with `split`, and `label` (task single) or a column per class (multi: above 0 means present;
            regression: any known value is counted).
        task: single, multi, regression, or none, which gives no counts.
        classes: their names.
    """
    if task == "none":
        return {}
    if task == "single":
        known = pd.DataFrame({name: table["label"] == name for name in classes}, index=table.index)
        labelled = table["label"].notna()
    else:
        values = table[list(classes)].astype(float)
        known, labelled = (values > 0 if task == "multi" else values.notna()), values.notna().any(axis=1)
    turns = names_in(table["split"])
    parts = [*turns, "train"] if turns else FOLDS
    return {part: _count(known[table["split"] == part], labelled[table["split"] == part]) for part in parts}


def _count(known: pd.DataFrame, labelled: pd.Series) -> Counts:
    return {"labelled": int(labelled.sum()), "classes": {str(name): int(known[name].sum()) for name in known}}


def too_many(lost: int, count: int, limit: float, least: int) -> bool:
    """Whether more is lost than a share of `limit`; of fewer than `least` that counts only where nothing is left."""
    return lost / count > limit and (lost >= least or lost == count)


def losses(dataset: str, lost: Mapping[str, Counts], limit: float, least: int) -> Iterator[str]:
    """Yield a line for each split of which reading the data set lost more than quality control will let pass.

    Args:
        dataset: its name in the configuration.
        lost: by split, `lost` of `count` utterances, and the commonest `reason`.
        limit, least: of `too_many`.
    """
    for split, loss in sorted(lost.items()):
        if too_many(loss["lost"], loss["count"], limit, least):
            yield (
                f"{dataset}, {split}: {loss['lost']} of {loss['count']} utterances are lost when labels are read, "
                f"such as: {loss['reason']}. All stand in results/manifests/{dataset}.ledger.csv; mend them, or raise "
                f"datasets.{dataset}.max_lost where the loss is meant"
            )


def mistakes(
    dataset: str, counts: Mapping[str, Any], every_class: bool, share_validates: bool = False
) -> Iterator[str]:
    """Yield a line for each thing that keeps a data set from being evaluated on: what is missing, how to mend it.

    Args:
        dataset: its name in the configuration.
        counts: of `count`; empty where the data set has no labels.
        every_class: whether a class may be missing from no fold.
        share_validates: of folds, a share of those that are learned from validates, not the next fold.
    """
    if not counts:
        yield (
            f"{dataset} has no labels: it can be pretrained on, but not evaluated on; name its labels, or leave it out "
            "of downstream.datasets"
        )
        return
    if turns := names_in(counts):
        yield from _mistakes_of_folds(dataset, counts, turns, every_class, share_validates)
        return
    empty = [fold for fold in FOLDS if not counts[fold]["labelled"]]
    for fold in empty:
        yield (
            f"{dataset} has no labelled utterance in the fold {fold}, and {FOLDS[fold]}; folds are given by the column "
            f"or array `split`, or drawn by datasets.{dataset}.fractions"
        )
    if empty or not every_class:
        return
    for name in counts["train"]["classes"]:
        lacking = [fold for fold in FOLDS if not counts[fold]["classes"][name]]
        if lacking:
            there = ", ".join(f"{fold} {counts[fold]['classes'][name]}" for fold in FOLDS)
            yield (
                f"{dataset} has no utterance of the class {name!r} in {' and '.join(lacking)} ({there}); split it "
                "otherwise, leave the class out, or set downstream.every_class to false to go on without"
            )


def _mistakes_of_folds(
    dataset: str, counts: Mapping[str, Any], turns: Sequence[str], every_class: bool, share_validates: bool
) -> Iterator[str]:
    """The same of folds. Tests are pooled over them, so a class may be missing from one, but not from what the others
    learn from: all but the fold that is tested and, where it is a fold, the one that validates."""
    if len(turns) < LEAST:
        yield f"{dataset} has {len(turns)} folds, {', '.join(turns)}; datasets.{dataset} must have at least {LEAST}"
        return
    if empty := [fold for fold in turns if not counts[fold]["labelled"]]:
        yield f"{dataset} has no labelled utterance in {' and '.join(empty)}; every fold is tested once"
        return
    held = "one fold is tested" if share_validates else "two neighbouring folds are tested and validate"
    for name in counts[turns[0]]["classes"] if every_class else ():
        of_class = [counts[fold]["classes"][name] for fold in turns]
        after = [0] * len(turns) if share_validates else [*of_class[1:], of_class[0]]
        left_out = max(map(sum, zip(of_class, after, strict=True)))
        least = sum(of_class) + counts["train"]["classes"][name] - left_out
        if not least:
            there = ", ".join(f"{fold} {count}" for fold, count in zip(turns, of_class, strict=True))
            yield (
                f"{dataset}: where {held}, no utterance of the class {name!r} is left to learn from "
                f"({there}); leave the class out, or set downstream.every_class to false to go on"
            )
