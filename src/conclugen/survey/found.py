"""What was understood of a folder."""

from __future__ import annotations

import dataclasses
from typing import Any


class SurveyError(ValueError):
    """A folder that cannot be understood, in one line that says what to add."""


@dataclasses.dataclass(frozen=True)
class Found:
    """A data set as the configuration has it.

    Attributes:
        adapter: the module that reads it.
        options: of that adapter, beside `root`.
        modalities: streams by modality, where they are not the usual ones.
        notes: what was taken for what, a sentence each.
    """

    adapter: str
    options: dict[str, Any] = dataclasses.field(default_factory=dict)
    modalities: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    notes: tuple[str, ...] = ()
