"""Clips that lists of train and test name, fold by fold: what DFEW and MAFW share."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from conclugen.data.common import transcripts
from conclugen.data.cross_validation import splits_of
from conclugen.data.errors import LayoutError
from conclugen.data.media_index import by_name, columns_of, others
from conclugen.data.notes import Notes
from conclugen.data.official import TRANSCRIPTS

FOLDS = 5


@dataclasses.dataclass(frozen=True)
class Lists:
    """What the lists say.

    Attributes:
        labels: by clip, its label as it is written.
        folds: by clip, the fold that tests it; 0 where no list of a test does.
        train: by fold, the clips that its list of training names.
    """

    labels: dict[str, str]
    folds: dict[str, int]
    train: dict[int, set[str]]


def gather(root: Path, rows: Sequence[tuple[str, int, str, str]]) -> Lists:
    """Gather rows (part `train` or `test`, fold, clip, label).

    Raises LayoutError for a clip with two labels, one that two folds test, or one that a fold trains on and tests.
    """
    lists = Lists({}, {}, {})
    for part, fold, clip, label in rows:
        if lists.labels.setdefault(clip, label) != label:
            raise LayoutError(f"{root}: the lists give {clip} two labels, {lists.labels[clip]!r} and {label!r}")
        place = lists.folds.setdefault(clip, 0)
        if part == "train":
            lists.train.setdefault(fold, set()).add(clip)
        elif place not in (0, fold):
            raise LayoutError(
                f"{root}: the folds {place} and {fold} both test {clip}; the lists are not of one release"
            )
        else:
            lists.folds[clip] = fold
    if both := sorted(clip for clip, fold in lists.folds.items() if clip in lists.train.get(fold, ())):
        raise LayoutError(f"{root}: {len(both)} clips are in train and test of one fold, such as {both[0]}")
    return lists


def turns(fold: int | None) -> list[int]:
    """Return the folds that are tested: one alone or, where none is named, all."""
    return list(range(1, FOLDS + 1)) if fold is None else [fold]


def require_lists(root: Path, lists: Lists, fold: int | None, unpack: str) -> None:
    """Raise LayoutError where the lists of a fold that is tested are missing; `unpack`: what holds them, with `{fold}`
    for its number."""
    for number in turns(fold):
        if number not in lists.folds.values() or number not in lists.train:
            archive = unpack.format(fold=number)
            raise LayoutError(f"{root}: no list of train and test of fold {number}; unpack {archive}")


def columns(
    notes: Notes, root: Path, lists: Lists, fold: int | None, share: float
) -> tuple[list[str], list[str], dict[str, Any]]:
    """Return the ids of the clips, their labels as written, empty where there is none, and the columns of a manifest.

    A clip that lies there and is in no list has no label and is in no split.
    """
    media, named = by_name(root), list(lists.folds)
    ids = named + others(media, named)
    texts = transcripts(root / TRANSCRIPTS if (root / TRANSCRIPTS).is_file() else None, lambda file: Path(file).stem)
    splits = splits_of(lists.folds, fold, FOLDS, named, share) + ["none"] * (len(ids) - len(named))
    learned = set().union(*(lists.train.get(number, set()) for number in turns(fold)))
    outside = [clip for clip in named if not lists.folds[clip] and clip not in learned]
    notes.remark(outside, "is in no list of any fold" if fold is None else f"is in no list of fold {fold}")
    drawn = dict(zip(ids, splits, strict=True)) | dict.fromkeys(outside, "none")
    table_columns = {
        "utterance_id": ids,
        "split": [drawn[clip] for clip in ids],
        "text": [texts.get(clip, "") for clip in ids],
        **columns_of(notes, media, ids, ids),
    }
    return ids, [lists.labels.get(clip, "") for clip in ids], table_columns
