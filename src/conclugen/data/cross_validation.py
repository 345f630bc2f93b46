"""Splits of data sets whose owners published folds: one fold is tested, and something of the others validates.

Each such adapter has a function `folds`, which says of every utterance which fold tests it; 0 is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from conclugen.data.common import Fractions, hashed_split
from conclugen.data.errors import LayoutError

SEED = 0  # of the draw of the validation share


def with_share(folds: Mapping[str, int], fold: int, count: int, groups: Sequence[str], share: float) -> list[str]:
    """Return the splits (N,) of the utterances of `folds`, in their order: the fold is test, a share of the groups of
    the others is valid, drawn by hash. For layouts that name no validation fold."""
    _require(folds, fold, count)
    shares = Fractions(train=1 - share, valid=share, test=0.0)
    return [
        "test" if place == fold else hashed_split(group, shares, SEED)
        for place, group in zip(folds.values(), groups, strict=True)
    ]


def with_next(folds: Mapping[str, int], fold: int, count: int) -> list[str]:
    """Return the splits (N,): the fold is test, the next one valid, so that nobody who speaks is in two splits."""
    _require(folds, fold, count)
    after = fold % count + 1
    return ["test" if place == fold else "valid" if place == after else "train" for place in folds.values()]


def _require(folds: Mapping[str, int], fold: int, count: int) -> None:
    if not 1 <= fold <= count:
        raise LayoutError(f"fold is {fold}; there are {count}, counted from 1")
    if fold not in folds.values():
        there = sorted({place for place in folds.values() if place})
        raise LayoutError(f"fold {fold} has no utterance; there are {there}")
