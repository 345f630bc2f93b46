"""Arrays of labels as people store them: names, numbers counted from 0 or from 1, one-hot rows, truth values.

Every reading must be the only one: where numbers can be taken for names and for places, or be counted from 0 as well
as from 1, the array is refused with what would make it clear.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from conclugen.data.class_names import folded, spelling, stated
from conclugen.data.errors import LayoutError
from conclugen.data.labels import SLACK, numbers
from conclugen.data.notes import Notes

UNLABELLED = -1  # what many tools write for a missing index


def column(values: np.ndarray) -> np.ndarray:
    """A column vector (N, 1) as (N,); anything else as it is."""
    return values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values


def label_names(notes: Notes, values: np.ndarray, ids: Sequence[str], classes: Sequence[str], source: str) -> list[str]:
    """Return the name that each row of `values` stands for, empty where it has none.

    Args:
        notes: takes in which labels were counted from 1.
        values: (N,) or (N, 1) names, numbers or truth values; (N, C) one-hot.
        ids: the utterances.
        classes: their names in order; may be empty where the values are names.
        source: the file and the array, for messages.

    A number that is neither a name nor a place stays as it is written, so that it is no class.
    """
    values = column(values)
    if values.dtype.kind not in "OSUbiuf":
        raise LayoutError(f"{source}: labels of type {values.dtype}; expected text or numbers")
    if values.ndim == 2:
        return _one_hot(values, classes, source)
    if values.ndim != 1:
        raise LayoutError(f"{source}: labels of shape {values.shape}; expected one per row, or (N, classes) one-hot")
    if values.dtype.kind == "b":
        return _truths(values, classes, source)
    if values.dtype.kind in "iuf":
        return _numbered(notes, [_written(value) for value in values.tolist()], ids, classes, source)
    return _of_text(notes, values.tolist(), ids, classes, source)


def _of_text(notes: Notes, values: list[str], ids: Sequence[str], classes: Sequence[str], source: str) -> list[str]:
    """Names of text, which may be numbers where `classes` has none of the values."""
    distinct = sorted(set(filter(stated, values)))
    if not distinct or {folded(name) for name in classes} & {folded(value) for value in distinct}:
        return values
    known = numbers(distinct)
    if not np.isfinite(known).all():
        return values
    if not classes:
        if broken := [value for value, read in zip(distinct, known.tolist(), strict=True) if not read.is_integer()]:
            raise LayoutError(_measured(broken[0], source))
        return values
    number = dict(zip(distinct, map(_written, known.tolist()), strict=True))
    return _numbered(notes, [number.get(value, "") for value in values], ids, classes, source, text=True)


def _measured(value: str, source: str) -> str:
    return f"{source}: labels are numbers such as {value}; a class has a name or a whole number"


def _written(value: float) -> str:
    """A number without the point of a whole one; empty for NaN."""
    if value != value:
        return ""
    return str(int(value)) if np.isfinite(value) and value == int(value) else str(value)


def _truths(values: np.ndarray, classes: Sequence[str], source: str) -> list[str]:
    """Names of truth values: `true` and `false` where classes are called so, else the second and the first class."""
    known = {spelling(name): name for name in classes}
    if not classes or known.keys() >= {"true", "false"}:
        return [known.get(word, word) for word in np.where(values, "true", "false").tolist()]
    if len(classes) != 2:
        raise LayoutError(f"{source}: truth values for {len(classes)} classes; two can be told apart")
    return [classes[int(value)] for value in values]


def _numbered(
    notes: Notes, written: list[str], ids: Sequence[str], classes: Sequence[str], source: str, text: bool = False
) -> list[str]:
    """Names of numbers, which are names themselves, or places in `classes` counted from 0 or from 1."""
    places = {value: int(value) for value in set(written) if value.lstrip("-").isdecimal()}
    distinct = set(filter(None, written))
    spelled = {spelling(name) for name in classes}.issuperset
    if not classes or not distinct:
        if broken := sorted(distinct - places.keys()):
            raise LayoutError(_measured(broken[0], source))
        return written
    if spelled(distinct) or 2 * sum(name.lstrip("-").isdecimal() for name in classes) > len(classes):
        if not text and spelled(distinct):
            _require_names(places, classes, source)
        return written
    indices = {place for place in places.values() if place != UNLABELLED}
    first = _first_place(indices, len(classes), source) if indices else 0
    if first:
        counted = {name: value for name, value in zip(ids, written, strict=True) if value in places}
        notes.remark(counted, "label is a place in the classes, counted from 1")
    names = {value: classes[i - first] for value, i in places.items() if 0 <= i - first < len(classes)}
    return ["" if places.get(value) == UNLABELLED else names.get(value, value) for value in written]


def _require_names(places: dict[str, int], classes: Sequence[str], source: str) -> None:
    """Raise LayoutError where numbers that are names of classes could be places counted from 0, and mean others."""
    possible = all(0 <= place < len(classes) for place in places.values())
    if other := [value for value, place in sorted(places.items()) if possible and spelling(classes[place]) != value]:
        raise LayoutError(
            f"{source}: {other[0]} is the name of a class, and the place of {classes[places[other[0]]]!r} counted from "
            "0. Store the labels as text"
        )


def _first_place(indices: set[int], classes: int, source: str) -> int:
    """Whether places are counted from 0 or from 1. Raises LayoutError where both are possible, or neither."""
    from_0, from_1 = max(indices) < classes, max(indices) <= classes and 0 not in indices
    span = f"labels from {min(indices)} to {max(indices)} for {classes} classes"
    if from_0 and from_1:
        raise LayoutError(f"{source}: {span} may be counted from 0 or from 1. Store the names of the classes")
    if not from_0 and not from_1 and 0 not in indices:
        raise LayoutError(f"{source}: {span} are no places; list all `classes`, or store their names")
    return 1 if from_1 else 0


def _one_hot(values: np.ndarray, classes: Sequence[str], source: str) -> list[str]:
    """Names of rows (N, C) that mark one class with 1; a row of zeros, or of NaN, marks none."""
    if values.dtype.kind not in "iufb" or values.shape[1] != len(classes):
        raise LayoutError(
            f"{source}: labels of shape {values.shape} for {len(classes)} classes; one-hot labels are numbers with a "
            "column per class, which `classes` lists"
        )
    scores = np.nan_to_num(values.astype(float), nan=0.0)
    marked = np.abs(scores - 1) < SLACK
    if not (marked | (np.abs(scores) < SLACK)).all():
        raise LayoutError(
            f"{source}: labels of shape {values.shape} are not 0 and 1; of scores, store the class, or set kind: multi "
            "where a number above 0 means that the class is present"
        )
    if (several := marked.sum(1) > 1).any():
        raise LayoutError(f"{source}: {several.sum()} rows mark more than one class; set kind: multi")
    return [classes[row.argmax()] if row.any() else "" for row in marked]
