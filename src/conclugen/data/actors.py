"""Corpora of acted sentences: one label and one known text per recording, folds by actor."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from conclugen.data.common import table
from conclugen.data.errors import LayoutError
from conclugen.data.manifest import Manifest
from conclugen.data.notes import Notes, warn
from conclugen.store.ledger import Status


@dataclasses.dataclass(frozen=True)
class Recording:
    """What is known of one recording.

    Attributes:
        name: its id.
        actor: number of the actor.
        label: None where it is unknown.
        text: what is said, empty where it is unknown.
        video: the file of the picture, relative to the root; None: it is sound alone.
        sound: a separate file of the sound; None: the sound, if there is any, is in `video`.
    """

    name: str
    actor: int
    label: str | None
    text: str
    video: str | None
    sound: str | None


@dataclasses.dataclass(frozen=True)
class Settings:
    """The folds: the keys of `conclugen.config.datasets.Ravdess`, for whichever actors."""

    valid_actors: tuple[int, ...]
    test_actors: tuple[int, ...]


def by_actor(
    notes: Notes, adapter: str, classes: tuple[str, ...], recordings: Sequence[Recording], settings: Settings
) -> Manifest:
    """Return a manifest whose actors are speakers, groups and folds.

    Raises LayoutError for an actor in both lists. Of recordings of one name (archives overlap) the first
    counts, which is noted.
    """
    valid_actors, test_actors = settings.valid_actors, settings.test_actors
    if both := sorted(set(valid_actors) & set(test_actors)):
        raise LayoutError(f"valid_actors and test_actors share {both}")
    absent = sorted({*valid_actors, *test_actors} - {recording.actor for recording in recordings})
    warn(notes.dataset, "actors of the folds without a recording", [str(actor) for actor in absent])
    kept: dict[str, Recording] = {}
    again = {r.name: str(r.video or r.sound) for r in recordings if kept.setdefault(r.name, r) is not r}
    notes.remark(again, "stands for a file of the same name, too")
    notes.lose(Status.NO_LABEL, [r.name for r in kept.values() if r.label is None], "its name has an unknown emotion")
    fold = dict.fromkeys(valid_actors, "valid") | dict.fromkeys(test_actors, "test")
    actors = [str(recording.actor) for recording in kept.values()]
    columns = {
        "utterance_id": list(kept),
        "split": [fold.get(recording.actor, "train") for recording in kept.values()],
        "media": [recording.video for recording in kept.values()],
        "audio": [recording.sound for recording in kept.values()],
        "text": [recording.text for recording in kept.values()],
        "speaker": actors,
        "group": actors,
    }
    labels = {"label": [recording.label for recording in kept.values()]}
    return Manifest(table(columns, labels), notes.dataset, adapter, "single", classes, notes)
