"""IEMOCAP: ten actors in five sessions of two, 10,039 turns of 151 dialogues, with an emotion and its dimensions.

Entry module. `Session1/dialog/EmoEvaluation/Ses01F_impro01.txt` gives times, label and ratings of each turn,
`dialog/transcriptions` its words, `dialog/avi/DivX` the film of the whole dialogue and `sentences/wav` the sound of
each turn. Where the film is there, a turn is a part of it; else it is its sound alone. Both actors are in the picture,
side by side; whom the pipeline follows is decided by the track of the face, not by the layout.

The quarter of the turns on which raters do not agree (`xxx`) has no label. `classes: four` are angry, happy with
excited, neutral and sad (5,531 turns), `six` angry, excited, frustrated, happy, neutral and sad (7,380), `all` every
one but `xxx`. A fold is a session, so that no actor is in two of them; the next one validates. Valence and activation
run from 1 to 5 and are kept from -3 to 3, activation as `arousal`.

Layout and counts are those that the field prints and public code reads; the archive itself was not at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from conclugen.data.common import run, scan, stem, table
from conclugen.data.cross_validation import splits_of
from conclugen.data.dimensions import rescaled
from conclugen.data.errors import LayoutError, require_choice
from conclugen.data.iemocap_tables import Turn, read_turns, read_words
from conclugen.data.manifest import Manifest
from conclugen.data.notes import Notes
from conclugen.data.official import files
from conclugen.data.published import Iemocap as Settings
from conclugen.media.suffixes import MEDIA
from conclugen.store.ledger import Status

EMOTIONS = {
    "ang": "angry",
    "hap": "happy",
    "exc": "excited",
    "neu": "neutral",
    "sad": "sad",
    "fru": "frustrated",
    "sur": "surprised",
    "fea": "fearful",
    "dis": "disgusted",
    "oth": "other",
}
DISPUTED = "xxx"
CLASSES = {
    "four": ("angry", "happy", "neutral", "sad"),
    "six": ("angry", "excited", "frustrated", "happy", "neutral", "sad"),
    "all": tuple(EMOTIONS.values()),
}
SESSIONS = 5
GROUPS = ("dialogue", "speaker")


def build(dataset: str, root: Path, settings: Settings) -> Manifest:
    """Read turns and words, and find their media. Raises LayoutError where no label file is below the root."""
    require_choice("classes", settings.classes, CLASSES)
    require_choice("group", settings.group, GROUPS)
    notes, turns = Notes(dataset), _turns(root)
    ids, words = [turn.name for turn in turns], read_words(files("iemocap", root))
    classes = CLASSES[settings.classes]
    columns = {
        "utterance_id": ids,
        "split": splits_of(_folds(turns), settings.fold, SESSIONS),
        "text": [words.get(name, "") for name in ids],
        "speaker": [turn.speaker for turn in turns],
        "group": [getattr(turn, settings.group) for turn in turns],
        **_media(notes, root, turns),
    }
    notes.remark([name for name in ids if not words.get(name)], "no transcript")
    labels = {"label": _labels(notes, turns, classes)} | _ratings(notes, root, turns, ids)
    return Manifest(table(columns, labels), dataset, "iemocap", "single", classes, notes)


def folds(root: Path) -> dict[str, int]:
    """Return the session, 1 to 5, of each turn: the fold that tests it."""
    return _folds(_turns(root))


def _turns(root: Path) -> list[Turn]:
    turns = read_turns(files("iemocap", root))
    if not turns:
        raise LayoutError(f"{root}: no turn in a file such as Session1/dialog/EmoEvaluation/Ses01F_impro01.txt")
    return turns


def _folds(turns: Sequence[Turn]) -> dict[str, int]:
    return {turn.name: turn.session for turn in turns}


def _labels(notes: Notes, turns: Sequence[Turn], classes: Sequence[str]) -> list[str | None]:
    """The class of each turn (N,), None where raters do not agree or the emotion is not among the classes."""
    named = {turn.name: EMOTIONS.get(turn.emotion) for turn in turns}
    if "excited" not in classes:  # as nearly everyone does who takes four classes
        named = {name: "happy" if emotion == "excited" else emotion for name, emotion in named.items()}
    disputed = [turn.name for turn in turns if turn.emotion == DISPUTED]
    notes.remark(disputed, "raters do not agree on an emotion")
    unknown = {turn.name: turn.emotion for turn in turns if turn.emotion not in (*EMOTIONS, DISPUTED)}
    notes.lose(Status.NO_LABEL, unknown, "its emotion is none of the layout's")
    notes.remark({n: e for n, e in named.items() if e and e not in classes}, "its emotion is not among the classes")
    return [emotion if emotion in classes else None for emotion in named.values()]


def _ratings(notes: Notes, root: Path, turns: Sequence[Turn], ids: Sequence[str]) -> dict[str, np.ndarray]:
    """Valence and arousal (N,) from -3 to 3."""
    return {
        name: rescaled(notes, name, np.array([getattr(turn, name) for turn in turns]), ids, 1, 5, f"{root}: {name}")
        for name in ("valence", "arousal")
    }


def _media(notes: Notes, root: Path, turns: Sequence[Turn]) -> dict[str, list]:
    """The film of the dialogue from start to end or, where there is none, the sound of the turn as a whole."""
    films, cuts = {}, {}
    for path in scan(root, MEDIA):
        if "/dialog/avi/" in f"/{path}":
            films[stem(path, 1)] = path
        elif "/sentences/wav/" in f"/{path}":
            cuts[stem(path, 1)] = path
    cut = [turn.dialogue in films for turn in turns]
    sounds = [None if film else cuts.get(turn.name) for turn, film in zip(turns, cut, strict=True)]
    lost = [t.name for t, film, sound in zip(turns, cut, sounds, strict=True) if not film and sound is None]
    notes.lose(Status.MISSING_MEDIA, lost, "neither the film of its dialogue nor its sound is there")
    return {
        "media": [films.get(turn.dialogue) for turn in turns],
        "audio": sounds,
        "start_s": [turn.start if film else np.nan for turn, film in zip(turns, cut, strict=True)],
        "end_s": [turn.end if film else np.nan for turn, film in zip(turns, cut, strict=True)],
    }


def main(argv: Sequence[str] | None = None) -> None:
    """Write the manifest."""
    run(Settings, build, argv)


if __name__ == "__main__":
    main()
