"""Corpora of acted sentences: one label and one known text per recording, folds by actor."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from conclugen.data.common import table
from conclugen.data.cross_validation import consecutive, name_of
from conclugen.data.errors import LayoutError
from conclugen.data.manifest import Manifest
from conclugen.data.notes import Notes, warn
from conclugen.data.published import ByActor as Settings
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


def by_actor(
    notes: Notes, adapter: str, classes: tuple[str, ...], recordings: Sequence[Recording], settings: Settings
) -> Manifest:
    """Return a manifest whose actors are speakers and groups, in folds of consecutive actors or in the splits asked
    for.

    Raises LayoutError for an actor in both lists, and for fewer actors than folds. Of recordings of one name (archives
    overlap) the first counts, which is noted.
    """
    split_of = _splits(notes.dataset, [recording.actor for recording in recordings], settings)
    by_name: dict[str, Recording] = {}
    again = {r.name: str(r.video or r.sound) for r in recordings if by_name.setdefault(r.name, r) is not r}
    notes.remark(again, "stands for a file of the same name, too")
    notes.lose(
        Status.NO_LABEL, [r.name for r in by_name.values() if r.label is None], "its name has an unknown emotion"
    )
    actors = [str(recording.actor) for recording in by_name.values()]
    columns = {
        "utterance_id": list(by_name),
        "split": [split_of.get(recording.actor, "train") for recording in by_name.values()],
        "media": [recording.video for recording in by_name.values()],
        "audio": [recording.sound for recording in by_name.values()],
        "text": [recording.text for recording in by_name.values()],
        "speaker": actors,
        "group": actors,
    }
    labels = {"label": [recording.label for recording in by_name.values()]}
    return Manifest(table(columns, labels), notes.dataset, adapter, "single", classes, notes)


def _splits(dataset: str, actors: Sequence[int], settings: Settings) -> dict[int, str]:
    """The fold of each actor or, where actors are named for valid and test, the split of these."""
    if settings.test_actors is None:
        if len(present := set(actors)) < settings.folds:
            raise LayoutError(
                f"{settings.folds} folds need as many actors, and there are {sorted(present)}; set datasets.{dataset}: "
                "valid_actors and test_actors, or fewer folds"
            )
        return {actor: name_of(fold) for actor, fold in consecutive(actors, settings.folds).items()}
    valid_actors, test_actors = settings.valid_actors or (), settings.test_actors
    if both := sorted(set(valid_actors) & set(test_actors)):
        raise LayoutError(f"valid_actors and test_actors share {both}")
    absent = sorted({*valid_actors, *test_actors} - set(actors))
    warn(dataset, "actors of the folds without a recording", [str(actor) for actor in absent])
    return dict.fromkeys(valid_actors, "valid") | dict.fromkeys(test_actors, "test")
