"""Berlin EmoDB: `wav/03a01Fa.wav`; the file name is speaker, sentence, emotion and version. German, sound alone.

Entry module. Ten speakers, each a fold, so that nobody is in two of them. Ten sentences, each said in every emotion, of
which twenty listeners chose the recordings that were kept; so a sentence tells a little about the emotion, other than
in RAVDESS. Read from the whole database (Burkhardt et al. 2005, CC0), in which every name is as below.
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
from conclugen.data.sources import EMODB_NAME
from conclugen.media.suffixes import SOUND

EMOTIONS = {
    "W": "anger",
    "L": "boredom",
    "E": "disgust",
    "A": "fear",
    "F": "happiness",
    "T": "sadness",
    "N": "neutral",
}
SENTENCES = {
    "a01": "Der Lappen liegt auf dem Eisschrank",
    "a02": "Das will sie am Mittwoch abgeben",
    "a04": "Heute abend könnte ich es ihm sagen",
    "a05": "Das schwarze Stück Papier befindet sich da oben neben dem Holzstück",
    "a07": "In sieben Stunden wird es soweit sein",
    "b01": "Was sind denn das für Tüten, die da unter dem Tisch stehen",
    "b02": "Sie haben es gerade hochgetragen und jetzt gehen sie wieder runter",
    "b03": "An den Wochenenden bin ich jetzt immer nach Hause gefahren und habe Agnes besucht",
    "b09": "Ich will das eben wegbringen und dann mit Karl was trinken gehen",
    "b10": "Die wird auf dem Platz sein, wo wir sie immer hinlegen",
}


def build(dataset: str, root: Path, settings: Settings) -> Manifest:
    """Read the tree. Raises LayoutError where no recording is below the root."""
    files = {path: EMODB_NAME.fullmatch(path.rsplit("/", 1)[-1]) for path in scan(root, SOUND)}
    recordings = [_recording(path, match) for path, match in files.items() if match]
    if not recordings:
        raise LayoutError(f"{root}: no file such as wav/03a01Fa.wav")
    return by_actor(Notes(dataset), "emodb", tuple(EMOTIONS.values()), recordings, settings)


def _recording(path: str, match: re.Match[str]) -> Recording:
    speaker, sentence, emotion = match.groups()
    label, text = EMOTIONS.get(emotion.upper()), SENTENCES.get(sentence.lower(), "")
    return Recording(stem(path, 1), int(speaker), label, text, None, path)


def main(argv: Sequence[str] | None = None) -> None:
    """Write the manifest."""
    run(Settings, build, argv)


if __name__ == "__main__":
    main()
