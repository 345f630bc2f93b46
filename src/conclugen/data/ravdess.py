"""RAVDESS: `Actor_NN/MM-CC-EE-II-SS-RR-AA.mp4`; the file name is the label. Spoken clips with sound and picture only.

Entry module. Folds are by actor, so that nobody is in two of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from conclugen.data.actors import Recording, Settings, by_actor
from conclugen.data.common import LayoutError, run, scan
from conclugen.data.manifest import Manifest

CLASSES = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")
STATEMENTS = {"01": "Kids are talking by the door", "02": "Dogs are sitting by the door"}
AUDIO_VIDEO, SPEECH = "01", "01"
_NAME = re.compile(r"(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)\.mp4", re.IGNORECASE)


def build(dataset: str, root: Path, settings: Settings) -> Manifest:
    """Read the tree. Raises LayoutError where no spoken clip with sound and picture is below the root."""
    recordings = [found for path in scan(root, (".mp4",)) if (found := _recording(path)) is not None]
    if not recordings:
        raise LayoutError(f"{root}: no file such as Actor_01/01-01-01-01-01-01-01.mp4 (speech, sound and picture)")
    return by_actor(dataset, "ravdess", CLASSES, recordings, settings)


def _recording(path: str) -> Recording | None:
    match = _NAME.fullmatch(path.rsplit("/", 1)[-1])
    if match is None or match[1] != AUDIO_VIDEO or match[2] != SPEECH:
        return None
    emotion = int(match[3]) - 1
    label = CLASSES[emotion] if 0 <= emotion < len(CLASSES) else None
    return Recording(path, int(match[7]), label, STATEMENTS.get(match[5], ""))


def main(argv: Sequence[str] | None = None) -> None:
    """Write the manifest."""
    run(Settings, build, argv)


if __name__ == "__main__":
    main()
