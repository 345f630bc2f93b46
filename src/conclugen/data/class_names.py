"""Names of classes as people write them: one class in several spellings, words for a missing value, misspelt names."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

from conclugen.data.errors import LayoutError
from conclugen.data.notes import Notes
from conclugen.store.ledger import Status

# Words for a missing value, as `folded`; each may be a class, too.
MISSING = (
    *("na", "n/a", "n.a.", "nan", "-nan", "nat", "null", "nil", "none", "<na>", "#n/a", "-", "--", "?", "."),
    *("missing", "unknown", "undefined", "unlabelled", "unlabeled", "not available", "not applicable"),
)
_FAULT = re.compile(r"-1|#[a-z0-9/]+[!?]")  # an index that many tools write for none; a formula that failed
_WHOLE = re.compile(r"([+-]?)0*(\d+)(?:[.,]0*)?")
_JOINT = re.compile(r"(?<=[^\W\d_])[ _\-\u2010-\u2015]+(?=[^\W\d_])")
_SEVERAL = re.compile(r"[|;,/+&]")
SHOWN = 8


def folded(name: str) -> str:
    """What the spellings of one name share: neither case, composition, width, white space nor invisible characters."""
    if name.isascii():
        return " ".join(name.lower().split())
    seen = "".join(char for char in unicodedata.normalize("NFKC", name) if unicodedata.category(char) != "Cf")
    return " ".join(unicodedata.normalize("NFKC", seen.casefold()).split())


def spelling(name: str) -> str:
    """What the spellings of a class, a speaker or a split share: as `folded`; `1`, `01` and `1.0` are one, and so are
    `very happy`, `very_happy` and `very-happy`."""
    name = _JOINT.sub(" ", folded(name))
    whole = _WHOLE.fullmatch(name)
    return name if whole is None else f"{'-' if whole[1] == '-' and whole[2] != '0' else ''}{int(whole[2])}"


def alike(notes: Notes, values: Sequence[str], ids: Sequence[str], what: str) -> list[str]:
    """Names of speakers or groups, empty where missing, each in its most common spelling, which is noted: otherwise a
    speaker could stand in the training fold as `S1` and in the test fold as `s1`."""
    spelled = [stated(value) for value in values]
    chosen = {name: _most_common(counts) for name, counts in _spellings(spelled).items()}
    names = [chosen[spelling(value)] if value else "" for value in spelled]
    other = {n: v for n, v, name in zip(ids, spelled, names, strict=True) if v != name}
    notes.remark(other, f"{what} is another spelling of one")
    return names


def stated(value: str) -> str:
    """A value that names something, empty where it is a word for a missing one: of speakers, groups and splits."""
    return "" if value.strip().lower() in MISSING else value


def without(notes: Notes, values: Sequence[str], ids: Sequence[str], ignored: Sequence[str]) -> list[str]:
    """The values, empty for those that one of `ignored` names in some spelling, which is noted and no loss."""
    names = {spelling(name) for name in ignored}
    out = {name: value for name, value in zip(ids, values, strict=True) if value and spelling(value) in names}
    notes.remark(out, "label is ignored")
    return ["" if name in out else value for name, value in zip(ids, values, strict=True)]


def class_labels(
    notes: Notes, values: Sequence[str], ids: Sequence[str], classes: Sequence[str], source: str, listed: bool = True
) -> tuple[tuple[str, ...], list[str | None]]:
    """Return the classes, and for each value its class, None where it has none.

    Args:
        notes: takes in what was read otherwise than written, and values that are none of `classes`.
        values: names, empty where there is no label.
        ids: the utterances.
        classes: names and their order; empty: those found, several spellings of a name as one.
        source: where the values come from, for messages.
        listed: the user lists the classes, so one that is in no row may be misspelt; else they are those of a layout.

    Raises LayoutError where a value may be a class as well as a missing label, or a class is in no row while other
    names are.
    """
    if classes:
        return tuple(classes), _known(notes, values, ids, classes, source, listed)
    spellings = _spellings(values)
    words = [name for name in spellings if not _WHOLE.fullmatch(name)]  # among which a number, as 99, is often no class
    if unclear := [n for n in spellings if n in MISSING or _FAULT.fullmatch(n) or (words and n not in words)]:
        cells = Counter(value for value in values if spelling(value) == unclear[0])
        raise LayoutError(
            f"{source}: the label {_counted(cells)} may be a class or stand for no label. List the `classes` if it is "
            "one; else leave these cells empty, or list the `classes` without it"
        )
    if several := [name for name in spellings if _names_several(name, spellings)]:
        cells = Counter(value for value in values if spelling(value) == several[0])
        raise LayoutError(
            f"{source}: the label {_counted(cells)} names several classes. Give each class a column of 0 and 1 and "
            "list these as `labels`; or list the `classes`, with this one if it is one of its own"
        )
    chosen = {name: _most_common(counts) for name, counts in spellings.items()}
    labels = [chosen[spelling(value)] if value else None for value in values]
    _remark_spellings(notes, ids, values, labels)
    return tuple(sorted(chosen.values(), key=_order)), labels


def _known(
    notes: Notes, values: Sequence[str], ids: Sequence[str], classes: Sequence[str], source: str, listed: bool
) -> list[str | None]:
    known = defaultdict(list)
    for name in classes:
        known[spelling(name)].append(name)
    by_fold = {fold: names[0] for fold, names in known.items() if len(names) == 1}
    exact = set(classes)
    labels = [value if value in exact else by_fold.get(spelling(value)) if value else None for value in values]
    lost = {
        name: value
        for name, value, label in zip(ids, values, labels, strict=True)
        if value and label is None and folded(value) not in MISSING
    }
    used = set(labels)
    if listed and lost and (unused := [name for name in classes if name not in used]):
        raise LayoutError(
            f"{source}: no row has the class {_listed(unused)}, and {_counted(Counter(lost.values()))} "
            "is none of the `classes`; correct the one or the other, or list as `ignored` what is left out on purpose"
        )
    notes.lose(Status.NO_LABEL, lost, f"label is neither one of {', '.join(classes)} nor ignored")
    notes.remark([name for name, value in zip(ids, values, strict=True) if not value], "no label")
    notes.remark(
        {n: v for n, v, label in zip(ids, values, labels, strict=True) if v and label is None and n not in lost},
        "no label",
    )
    if listed:  # a layout has its own spelling in every row
        _remark_spellings(notes, ids, values, labels)
    return labels


def _spellings(values: Sequence[str]) -> dict[str, Counter[str]]:
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    for value, count in Counter(value for value in values if value).items():
        spellings[spelling(value)][unicodedata.normalize("NFC", value)] += count
    return spellings


def _names_several(name: str, spellings: Collection[str]) -> bool:
    parts = [spelling(part) for part in _SEVERAL.split(name)]
    return len(parts) > 1 and name not in parts and all(part in spellings for part in parts)


def _most_common(counts: Counter[str]) -> str:
    return min(counts, key=lambda name: (-counts[name], name))


def _remark_spellings(notes: Notes, ids: Sequence[str], values: Sequence[str], labels: Sequence[str | None]) -> None:
    other = {n: v for n, v, label in zip(ids, values, labels, strict=True) if label is not None and v != label}
    notes.remark(other, "label is another spelling of a class")


def _order(name: str) -> tuple[int, float, str]:
    """Numbers by their value, then words."""
    try:
        return 0, float(name), name
    except ValueError:
        return 1, 0.0, name


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(map(repr, names[:SHOWN])) + more


def _counted(counts: Counter[str]) -> str:
    examples = ", ".join(f"{name!r} ({count} rows)" for name, count in counts.most_common(SHOWN))
    return examples + (f" and {len(counts) - SHOWN} more" if len(counts) > SHOWN else "")
