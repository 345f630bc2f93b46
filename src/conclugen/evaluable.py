"""What keeps a data set from being evaluated on, by what its manifest counted; told while jobs are planned.

No stage imports this, so another word here makes nothing again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conclugen.data.cross_validation import LEAST, names_in
from conclugen.data.folds import FOLDS, Counts, too_many

FOR = {
    "train": "classifiers learn on it",
    "valid": "classifiers are chosen on it",
    "test": "it is what is measured",
}


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
            f"{dataset} has no labelled utterance in the fold {fold}, and {FOR[fold]}; folds are given by the column "
            f"or array `split`, or drawn by datasets.{dataset}.fractions"
        )
    if empty or not every_class:
        return
    for name in counts["train"]["classes"]:
        lacking = [fold for fold in FOLDS if not counts[fold]["classes"][name]]
        if lacking:
            per_fold = ", ".join(f"{fold} {counts[fold]['classes'][name]}" for fold in FOLDS)
            yield (
                f"{dataset} has no utterance of the class {name!r} in {' and '.join(lacking)} ({per_fold}); split it "
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
            per_fold = ", ".join(f"{fold} {count}" for fold, count in zip(turns, of_class, strict=True))
            yield (
                f"{dataset}: where {held}, no utterance of the class {name!r} is left to learn from "
                f"({per_fold}); leave the class out, or set downstream.every_class to false to go on"
            )
