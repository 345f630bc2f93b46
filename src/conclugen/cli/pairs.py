"""Words of the form KEY=VALUE, as several flags take them."""

from __future__ import annotations

from collections.abc import Iterable


class PairError(ValueError):
    """A word that is not of the form that its flag asks for."""


def pairs(words: Iterable[str], flag: str, form: str) -> dict[str, str]:
    """Return values by key. Raises PairError, which names `flag` and the `form` of its words, such as ROLE=COLUMN.

    >>> pairs(["label=emotion"], "--column", "ROLE=COLUMN")
    {'label': 'emotion'}
    """
    values = {}
    for word in words:
        key, _, value = word.partition("=")
        if not (key and value):
            raise PairError(f"{flag} {word!r}: expected {form}")
        values[key] = value
    return values
