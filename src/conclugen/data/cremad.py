"""CREMA-D: `VideoFlash/AAAA_SSS_EEE_LL.flv`; the file name is the label, the emotion that the actor meant.

Entry module. Folds are by actor, so that nobody is in two of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from conclugen.data.actors import Recording, Settings, by_actor
from conclugen.data.common import VIDEO_EXTENSIONS, LayoutError, run, scan
from conclugen.data.manifest import Manifest
from conclugen.data.sources import cremad as sources

EMOTIONS = {"ANG": "anger", "DIS": "disgust", "FEA": "fear", "HAP": "happy", "NEU": "neutral", "SAD": "sad"}
SENTENCES = {
    "IEO": "It's eleven o'clock",
    "TIE": "That is exactly what happened",
    "IOM": "I'm on my way to the meeting",
    "IWW": "I wonder what this is about",
    "TAI": "The airplane is almost full",
    "MTI": "Maybe tomorrow it will be cold",
    "IWL": "I would like a new alarm clock",
    "ITH": "I think I have a doctor's appointment",
    "DFA": "Don't forget a jacket",
    "ITS": "I think I've seen this before",
    "TSI": "The surface is slick",
    "WSI": "We'll stop in a couple of minutes",
}
_NAME = re.compile(r"(\d{4})_([A-Z]{3})_([A-Z]{3})_([A-Z]+)\.\w+", re.IGNORECASE)


def build(dataset: str, root: Path, settings: Settings) -> Manifest:
    """Read the folder of videos. Raises LayoutError where there is none."""
    folders = sources(root, {})
    if not folders:
        raise LayoutError(f"{root}: no folder VideoFlash")
    prefix = folders[0].relative_to(root).as_posix()
    found = [_recording(f"{prefix}/{path}") for path in scan(folders[0], VIDEO_EXTENSIONS)]
    recordings = [recording for recording in found if recording is not None]
    if not recordings:
        raise LayoutError(f"{folders[0]}: no file such as 1001_DFA_ANG_XX.flv")
    return by_actor(dataset, "cremad", tuple(EMOTIONS.values()), recordings, settings)


def _recording(path: str) -> Recording | None:
    match = _NAME.fullmatch(path.rsplit("/", 1)[-1])
    if match is None:
        return None
    actor, sentence, emotion, _ = match.groups()
    return Recording(path, int(actor), EMOTIONS.get(emotion.upper()), SENTENCES.get(sentence.upper(), ""))


def main(argv: Sequence[str] | None = None) -> None:
    """Write the manifest."""
    run(Settings, build, argv)


if __name__ == "__main__":
    main()
