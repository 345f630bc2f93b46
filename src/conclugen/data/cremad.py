"""CREMA-D: `VideoFlash/AAAA_SSS_EEE_LL.flv`; the file name is the label, the emotion that the actor meant.

Entry module. Of recordings without a video, `AudioWAV` or `AudioMP3` gives the sound alone. Folds are by actor, so that
nobody is in two of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from conclugen.data.actors import Recording, Settings, by_actor
from conclugen.data.common import run, scan, stem
from conclugen.data.errors import LayoutError
from conclugen.data.manifest import Manifest
from conclugen.data.notes import Notes
from conclugen.data.sources import CREMAD_SOUND, CREMAD_VIDEO
from conclugen.data.sources import cremad as sources
from conclugen.media.suffixes import MEDIA

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
    """Read the folders of videos and of sound. Raises LayoutError where there is none, or nothing in them."""
    folders = sources(root, {})
    if not folders:
        raise LayoutError(f"{root}: no folder {CREMAD_VIDEO}, {' or '.join(CREMAD_SOUND)}")
    recordings: list[Recording] = []
    for folder in folders:  # videos first, whose sound they hold
        prefix, known = folder.relative_to(root).as_posix(), {recording.name for recording in recordings}
        part = [_recording(f"{prefix}/{path}", folder.name == CREMAD_VIDEO) for path in scan(folder, MEDIA)]
        recordings += [recording for recording in part if recording is not None and recording.name not in known]
    if not recordings:
        raise LayoutError(f"{folders[0]}: no file such as 1001_DFA_ANG_XX.flv")
    return by_actor(Notes(dataset), "cremad", tuple(EMOTIONS.values()), recordings, settings)


def _recording(path: str, video: bool) -> Recording | None:
    match = _NAME.fullmatch(path.rsplit("/", 1)[-1])
    if match is None:
        return None
    actor, sentence, emotion, _ = match.groups()
    label, text = EMOTIONS.get(emotion.upper()), SENTENCES.get(sentence.upper(), "")
    return Recording(stem(path, 1), int(actor), label, text, *((path, None) if video else (None, path)))


def main(argv: Sequence[str] | None = None) -> None:
    """Write the manifest."""
    run(Settings, build, argv)


if __name__ == "__main__":
    main()
