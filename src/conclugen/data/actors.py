"""Corpora of acted sentences: one label and one known text per recording, folds by actor."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from conclugen.data.common import LayoutError, stem, table, warn
from conclugen.data.manifest import Manifest


@dataclasses.dataclass(frozen=True)
class Recording:
    """A file relative to the root, its actor's number, its label (None: unknown) and what is said (empty: unknown)."""

    file: str
    actor: int
    label: str | None
    text: str


@dataclasses.dataclass(frozen=True)
class Settings:
    """The folds.

    Attributes:
        valid_actors: numbers of the actors in `valid`.
        test_actors: those in `test`; the others are in `train`.
    """

    valid_actors: tuple[int, ...]
    test_actors: tuple[int, ...]


def by_actor(
    dataset: str, adapter: str, classes: tuple[str, ...], recordings: Sequence[Recording], settings: Settings
) -> Manifest:
    """Return a manifest whose actors are speakers, groups and folds; ids are the bare file names.

    Raises LayoutError for an actor in both lists. A second file of the same name (archives overlap) is left out.
    """
    valid_actors, test_actors = settings.valid_actors, settings.test_actors
    if both := sorted(set(valid_actors) & set(test_actors)):
        raise LayoutError(f"valid_actors and test_actors share {both}")
    absent = sorted({*valid_actors, *test_actors} - {recording.actor for recording in recordings})
    warn(dataset, "actors of the folds without a recording", [str(actor) for actor in absent])
    kept: dict[str, Recording] = {}
    again = [r.file for r in recordings if kept.setdefault(stem(r.file, 1), r) is not r]
    warn(dataset, "files of the same name are left out", again)
    warn(dataset, "unknown emotion", [r.file for r in kept.values() if r.label is None])
    fold = dict.fromkeys(valid_actors, "valid") | dict.fromkeys(test_actors, "test")
    actors = [str(recording.actor) for recording in kept.values()]
    columns = {
        "utterance_id": list(kept),
        "split": [fold.get(recording.actor, "train") for recording in kept.values()],
        "media": [recording.file for recording in kept.values()],
        "text": [recording.text for recording in kept.values()],
        "speaker": actors,
        "group": actors,
    }
    return Manifest(table(columns, {"label": [r.label for r in kept.values()]}), dataset, adapter, "single", classes)
