"""What is wrong with a data set, said so that it can be mended."""

from __future__ import annotations


class ManifestError(ValueError):
    """A manifest that breaks its contract."""


class LayoutError(ManifestError):
    """A data set that is not where, or not as, its settings say."""
