"""MSP-IMPROV: twelve actors in six sessions of two, 8,438 turns, with an emotion and its dimensions.

Entry module. `Evaluation.txt` has a line such as `UTD-IMPROV-S01A-F01-P-FM01.avi; A; A:3.8; V:1.8; D:3.6 ; N:3.4;` per
turn, then its raters, which are not read; films and sounds are called `MSP-IMPROV-…` or `UTD-IMPROV-…` and lie in
`session1/S01A/P`. Classes are angry, happy, neutral and sad (7,798 turns); `O` (another emotion) and `X` (raters do not
agree) have no label. A fold is a session, so that no actor is in two of them; the next one validates. There are no
transcripts but those of a `transcripts.csv` (file, text) that you add.

Ratings run from 1 to 5 and are kept from -3 to 3. Which end of activation is the active one was not to be found out
without the archive's own description: it is taken to rise, and where angry turns are then less active than sad ones,
the set is refused with the key that turns it round. Layout and names are those that public code reads; the archive
itself was not at hand.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from conclugen.data.common import run, stem, table, transcripts
from conclugen.data.cross_validation import splits_of
from conclugen.data.csv_tables import check_text
from conclugen.data.dimensions import rescaled
from conclugen.data.errors import LayoutError, require_choice
from conclugen.data.labels import number
from conclugen.data.manifest import Manifest
from conclugen.data.media_index import by_name, columns_of
from conclugen.data.notes import Notes
from conclugen.data.official import TRANSCRIPTS, files
from conclugen.data.published import MspImprov as Settings
from conclugen.data.text import decode

CLASSES = ("angry", "happy", "neutral", "sad")
LETTERS = {"A": "angry", "H": "happy", "N": "neutral", "S": "sad"}
SESSIONS = 6
GROUPS = ("dialogue", "speaker")
ACTIVATIONS = ("rising", "falling")
_TURN = re.compile(r"(?:UTD|MSP)-IMPROV-((S\d\d[AHNS])-([FM])(\d\d)-(\w)-(\w+))\.avi;\s*(\w)\s*;(.*)")
_RATING = re.compile(r"\b([AVDN]):\s*([\d.]+|NaN)")
_PREFIX = re.compile(r"^(?:UTD|MSP)-IMPROV-")


@dataclasses.dataclass(frozen=True)
class Turn:
    """What is known of one turn; ratings from 1 to 5, NaN where they are unknown."""

    name: str
    dialogue: str
    session: int
    speaker: str
    emotion: str
    valence: float
    activation: float


def build(dataset: str, root: Path, settings: Settings) -> Manifest:
    """Read the evaluation and find the media. Raises LayoutError where there is none, or activation runs otherwise."""
    require_choice("group", settings.group, GROUPS)
    require_choice("activation", settings.activation, ACTIVATIONS)
    notes, turns = Notes(dataset), read_turns(root)
    ids = [turn.name for turn in turns]
    media = {_PREFIX.sub("", name): files for name, files in by_name(root).items()}
    texts = transcripts(_added(root), lambda file: _PREFIX.sub("", stem(file, 1)))
    columns = {
        "utterance_id": ids,
        "split": splits_of(_folds(turns), settings.fold, SESSIONS),
        "text": [texts.get(name, "") for name in ids],
        "speaker": [turn.speaker for turn in turns],
        "group": [getattr(turn, settings.group) for turn in turns],
        **columns_of(notes, media, ids, ids),
    }
    notes.remark([turn.name for turn in turns if turn.emotion == "X"], "raters do not agree on an emotion")
    notes.remark([turn.name for turn in turns if turn.emotion == "O"], "its emotion is not among the classes")
    labels = {"label": [LETTERS.get(turn.emotion) for turn in turns]} | _ratings(notes, root, turns, settings)
    return Manifest(table(columns, labels), dataset, "mspimprov", "single", CLASSES, notes)


def folds(root: Path) -> dict[str, int]:
    """Return the session, 1 to 6, of each turn: the fold that tests it."""
    return _folds(read_turns(root))


def _folds(turns: Sequence[Turn]) -> dict[str, int]:
    return {turn.name: turn.session for turn in turns}


def _added(root: Path) -> Path | None:
    return path if (path := root / TRANSCRIPTS).is_file() else None


def read_turns(root: Path) -> list[Turn]:
    """Read the turns of the evaluation, sorted. Raises LayoutError where there are none, or one is listed twice."""
    turns: dict[str, Turn] = {}
    for path in files("mspimprov", root):
        if path.name == TRANSCRIPTS:
            continue
        for line in decode(check_text(path, path.read_bytes())).splitlines():
            if match := _TURN.match(line.strip()):
                turn = _turn(match)
                if turns.setdefault(turn.name, turn) != turn:
                    raise LayoutError(f"{path}: {turn.name} is listed twice, and differs; keep one")
    if not turns:
        raise LayoutError(f"{root}: no turn in Evaluation.txt, whose lines begin with UTD-IMPROV-")
    return [turns[name] for name in sorted(turns)]


def _turn(match: re.Match[str]) -> Turn:
    name, scene, gender, session, _, _, emotion, rest = match.groups()
    rated = {letter: number(value) for letter, value in _RATING.findall(rest)}
    unknown = float("nan")
    speaker, dialogue = f"{gender}{session}", f"session{int(session)}/{scene}"
    return Turn(name, dialogue, int(session), speaker, emotion, rated.get("V", unknown), rated.get("A", unknown))


def _ratings(notes: Notes, root: Path, turns: Sequence[Turn], settings: Settings) -> dict[str, np.ndarray]:
    """Valence and arousal (N,) from -3 to 3. Raises LayoutError where activation runs the other way."""
    ids = [turn.name for turn in turns]
    valence, active = (np.array([getattr(turn, name) for turn in turns]) for name in ("valence", "activation"))
    if settings.activation == "falling":
        active = 6 - active
    means = {}
    for letter in "AS":
        rated = active[[turn.emotion == letter for turn in turns] & np.isfinite(active)]
        means[letter] = rated.mean() if len(rated) else np.nan
    if means["A"] < means["S"]:
        other = ACTIVATIONS[1 - ACTIVATIONS.index(settings.activation)]
        raise LayoutError(
            f"{root}: angry turns are rated less active ({means['A']:.2f}) than sad ones ({means['S']:.2f}), so "
            f"activation runs the other way; set activation: {other}"
        )
    return {
        "valence": rescaled(notes, "valence", valence, ids, 1, 5, f"{root}: valence"),
        "arousal": rescaled(notes, "arousal", active, ids, 1, 5, f"{root}: activation"),
    }


def main(argv: Sequence[str] | None = None) -> None:
    """Write the manifest."""
    run(Settings, build, argv)


if __name__ == "__main__":
    main()
