"""Folds: a data set whose every utterance is tested once, by classifiers that learned from the other folds.

The manifest names the fold that tests an utterance in place of its split (`fold1`, `fold2`, …). For each fold in turn
`recast` makes splits of these names: the fold is test, something of the others is valid. What is in `train` is learned
from in every fold and tested in none.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence

from conclugen.data.errors import LayoutError

PREFIX = "fold"
LEAST = 3  # one is tested, one validates, one is learned from
_NAME = re.compile(rf"{PREFIX}([1-9]\d*)")
_WRITTEN = re.compile(r"(?:(?:fold|set|session|part|split)[ _-]*)?(\d+)(?:\.0+)?", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class Fold:
    """One fold in its turn.

    Attributes:
        tested: its number, from 1.
        count: how many there are.
        valid_fraction: share of the groups of the others that validates, drawn by hash; None: the next fold validates,
            so that nobody who speaks is in two splits.
    """

    tested: int
    count: int
    valid_fraction: float | None = None


def name_of(number: int) -> str:
    """Return what a manifest calls a fold."""
    return f"{PREFIX}{number}"


def number_of(split: str) -> int | None:
    """Return the number of a fold by its name; None for a split."""
    match = _NAME.fullmatch(split)
    return int(match[1]) if match else None


def names_in(splits: Iterable[str]) -> list[str]:
    """Return the names of folds among splits, each once, by number; none in a data set without folds."""
    numbers = {number for split in set(splits) if (number := number_of(split)) is not None}
    return [name_of(number) for number in sorted(numbers)]


def together(splits: Sequence[str]) -> list[str]:
    """Return the splits (N,) of a data set whose folds are all learned from, each in its turn: folds are `train`."""
    learned = dict.fromkeys(names_in(splits), "train")
    return [learned.get(split, split) for split in splits]


def recast(splits: Sequence[str], groups: Sequence[str], fold: Fold) -> list[str]:
    """Return the splits (N,) in the turn of a fold. Raises LayoutError where no utterance is in it.

    Args:
        splits: names of folds, `train` or `none`, (N,).
        groups: (N,) what must not be in two splits, of which the share of validation is drawn.
    """
    tested, after = name_of(fold.tested), name_of(fold.tested % fold.count + 1)
    if tested not in splits:
        folds = names_in(splits)
        raise LayoutError(f"{tested} has no utterance; there are {', '.join(folds) or 'no folds'}")
    if fold.valid_fraction is None:
        turn = {tested: "test", after: "valid", "none": "none"}
        return [turn.get(split, "train") for split in splits]
    return [_drawn(split, group, tested, fold.valid_fraction) for split, group in zip(splits, groups, strict=True)]


def _drawn(split: str, group: str, tested: str, share: float) -> str:
    if split in (tested, "none"):
        return "test" if split == tested else "none"
    return "train" if hashed(group, 0) < 1 - share else "valid"


def hashed(group: str, seed: int) -> float:
    """Return a number in [0, 1) that depends on the name and the seed alone."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{group}".encode()).digest()[:8], "big") / 2**64


def splits_of(
    folds: Mapping[str, int],
    fold: int | None,
    count: int,
    groups: Sequence[str] | None = None,
    valid_fraction: float | None = None,
) -> list[str]:
    """Return what a manifest says of the utterances of `folds` (N,): their folds or, of one fold that is tested alone,
    their splits.

    Args:
        folds: by utterance, the fold that tests it; 0: none does, and all learn from it.
        fold: the one that is tested alone; None: each in turn.
        count: how many there are.
        groups: as in `recast`; None: each utterance is its own.

    Raises LayoutError where a fold has no utterance.
    """
    names = [name_of(number) if number else "train" for number in folds.values()]
    if absent := [name_of(n) for n in range(1, count + 1) if n not in folds.values() and fold in (None, n)]:
        present = names_in(names)
        raise LayoutError(f"{' and '.join(absent)} of {count} has no utterance; there are {', '.join(present)}")
    if fold is None:
        return names
    if not 1 <= fold <= count:
        raise LayoutError(f"fold is {fold}; there are {count}, counted from 1")
    return recast(names, list(folds) if groups is None else groups, Fold(fold, count, valid_fraction))


def consecutive(names: Sequence[int], count: int) -> dict[int, int]:
    """Return the fold of each person: `count` runs of consecutive numbers, of which the last may have one more.

    >>> consecutive([1, 2, 3, 4, 5, 6, 7], 3)
    {1: 1, 2: 1, 3: 2, 4: 2, 5: 3, 6: 3, 7: 3}
    """
    ordered = sorted(set(names))
    last = len(ordered) - 1
    return {name: count - (last - place) * count // len(ordered) for place, name in enumerate(ordered)}


def drawn(groups: Sequence[str], count: int, seed: int) -> list[str]:
    """Return the fold of each utterance (N,): its group's, of which every fold has as many as another, or one more.

    Groups are dealt out in the order of their hashes: an order of names may be one of classes or of time. Raises
    LayoutError for fewer groups than folds.
    """
    ordered = sorted(set(groups), key=lambda group: hashed(group, seed))
    if len(ordered) < count:
        raise LayoutError(f"{count} folds need as many groups, and there are {len(ordered)}")
    place = {group: name_of(number % count + 1) for number, group in enumerate(ordered)}
    return [place[group] for group in groups]


def given(values: Sequence[str], count: int, source: str) -> list[str]:
    """Return the folds that values name (N,), such as `fold2`, `Session 2` or 2; an empty one is in none.

    Numbers from 0 to `count` - 1 are counted from 0. Raises LayoutError for a value that names no fold, and for another
    number of folds.
    """
    matches = {value: _WRITTEN.fullmatch(value.strip()) for value in set(values) if value.strip()}
    if odd := sorted(value for value, match in matches.items() if match is None):
        raise LayoutError(
            f"{source}: {odd[0]!r} names no fold, and datasets.….folds is {count}; leave `folds` out for splits "
            "such as train, valid and test"
        )
    numbers = {value: int(match[1]) for value, match in matches.items() if match is not None}
    first = min(numbers.values(), default=1)
    if sorted(set(numbers.values())) != list(range(first, first + count)) or first not in (0, 1):
        raise LayoutError(
            f"{source}: its folds are {sorted(set(numbers.values()))}, and datasets.….folds is {count}; set it to how "
            "many there are, counted from 1 or from 0"
        )
    return [name_of(numbers[value] - first + 1) if value in numbers else "none" for value in values]
