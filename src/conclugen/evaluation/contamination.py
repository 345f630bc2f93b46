"""Whether a backbone was trained on the emotion labels that a score is measured with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

YES, NO, UNKNOWN = "yes", "no", "unknown"
SHORTEST_NAME = 4  # a shorter name is found inside too many others
OF_ANY_DATA = ("folder", "features")  # adapters that say nothing of what the data are
Seen = Mapping[str, Sequence[str] | None]


def names_of(dataset: str, adapter: str) -> list[str]:
    """Return what a list of training data may call a data set, in letters and digits alone."""
    names = {dataset} | {adapter} - set(OF_ANY_DATA)
    return [name for name in map(_letters, sorted(names)) if len(name) >= SHORTEST_NAME]


def verdict(names: Iterable[str], seen: Sequence[str] | None) -> tuple[str, str]:
    """Return yes, no or unknown, and why.

    Args:
        names: of the data set, from `names_of`.
        seen: data sets whose emotion labels went into a backbone; None: not known.
    """
    if seen is None:
        return UNKNOWN, "what its backbone was trained on is not recorded"
    named = ", ".join(sorted(seen))
    if any(name in _letters(dataset) for name in names for dataset in seen):
        return YES, f"trained on labels of this data set: {named}"
    return NO, f"trained on emotion labels of other data: {named}" if named else "trained without emotion labels"


def of_streams(names: Iterable[str], streams: Iterable[str], seen: Seen) -> tuple[str, str]:
    """Return the verdict on all the streams that a score rests on, and the streams it comes from, joined by `+`.

    One contaminated stream makes yes; none, but one that is not known, makes unknown. A stream that `seen` lacks is not
    known.
    """
    names = list(names)
    verdicts = {stream: verdict(names, seen.get(stream))[0] for stream in streams}
    whole = YES if YES in verdicts.values() else UNKNOWN if UNKNOWN in verdicts.values() else NO
    return whole, "+".join(stream for stream, stream_verdict in verdicts.items() if stream_verdict == whole != NO)


def _letters(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())
