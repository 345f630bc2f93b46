"""What is wrong with a data set, said so that it can be mended."""

from __future__ import annotations

from collections.abc import Iterable


class ManifestError(ValueError):
    """A manifest that breaks its contract."""


class LayoutError(ManifestError):
    """A data set that is not where, or not as, its settings say."""


def require_choice(name: str, value: str, allowed: Iterable[str]) -> None:
    """Raise LayoutError where the option `name` is none of `allowed`."""
    if value not in (choices := tuple(allowed)):
        raise LayoutError(f"{name} is {value!r}; allowed are {choices}")
