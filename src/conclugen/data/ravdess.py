"""RAVDESS: `Actor_NN/MM-CC-EE-II-SS-RR-AA.mp4` or `.wav`; the file name is the label. Speech, no songs.

Entry module. The archives with picture and sound (01-…) and those of sound alone (03-…) may be there, or both. Folds
are by actor, so that nobody is in two of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from conclugen.data.actors import Recording, Settings, by_actor
from conclugen.data.common import run, scan, stem
from conclugen.data.errors import LayoutError
from conclugen.data.manifest import Manifest
from conclugen.data.notes import Notes
from conclugen.data.sources import RAVDESS_NAME, ravdess_kinds
from conclugen.media.suffixes import MEDIA

CLASSES = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")
STATEMENTS = {"01": "Kids are talking by the door", "02": "Dogs are sitting by the door"}
WHOLE, PICTURE, SOUND = "01", "02", "03"


def build(dataset: str, root: Path, settings: Settings) -> Manifest:
    """Read the tree. Raises LayoutError where no recording of speech is below the root."""
    takes: dict[str, dict[str, str]] = {}  # by what is said how by whom, the file of each kind
    again: dict[str, str] = {}
    for path in scan(root, MEDIA):
        if ravdess_kinds(path):
            kind, take = stem(path, 1).split("-", 1)
            if takes.setdefault(take, {}).setdefault(kind, path) != path:
                again[take] = path
    if not takes:
        raise LayoutError(
            f"{root}: no file such as Actor_01/01-01-01-01-01-01-01.mp4 (speech, sound and picture) or "
            "Actor_01/03-01-01-01-01-01-01.wav (speech, sound alone)"
        )
    notes, recordings = Notes(dataset), {take: _recording(files) for take, files in takes.items()}
    notes.remark({recordings[take].name: path for take, path in again.items()}, "a file of the same name is left out")
    return by_actor(notes, "ravdess", CLASSES, list(recordings.values()), settings)


def _recording(files: dict[str, str]) -> Recording:
    """One take: the file that has both, or else picture and sound from a file each, as far as they are there."""
    video, sound = files.get(WHOLE), None
    if video is None:
        video, sound = files.get(PICTURE), files.get(SOUND)
    name = stem(video or sound, 1)
    match = RAVDESS_NAME.fullmatch((video or sound).rsplit("/", 1)[-1])
    emotion = int(match[3]) - 1
    label = CLASSES[emotion] if 0 <= emotion < len(CLASSES) else None
    return Recording(name, int(match[7]), label, STATEMENTS.get(match[5], ""), video, sound)


def main(argv: Sequence[str] | None = None) -> None:
    """Write the manifest."""
    run(Settings, build, argv)


if __name__ == "__main__":
    main()
