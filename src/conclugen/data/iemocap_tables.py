"""The label files and transcripts of IEMOCAP."""

from __future__ import annotations

import dataclasses
import logging
import re
from collections.abc import Iterable
from pathlib import Path

from conclugen.data.errors import LayoutError
from conclugen.data.labels import number
from conclugen.data.text import clean, decode

_TURN = re.compile(r"\[([\d.]+) - ([\d.]+)\]\t(Ses(\d\d)([FM])_(\w+)_([FM])(\w+))\t(\w+)\t\[([^\]]*)\]")
_WORDS = re.compile(r"(Ses\w+) \[[\d.]+-[\d.]+\]:(.*)")
log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Turn:
    """What is known of one turn; seconds in its dialogue, ratings from 1 to 5, NaN where they are unknown."""

    name: str
    dialogue: str
    session: int
    speaker: str
    start: float
    end: float
    emotion: str
    valence: float
    arousal: float


def read_turns(paths: Iterable[Path]) -> list[Turn]:
    """Read the turns of all label files, sorted. Raises LayoutError for a turn that is listed twice and differs."""
    turns: dict[str, Turn] = {}
    for path in paths:
        if path.parent.name != "EmoEvaluation":
            continue
        for line in decode(path.read_bytes()).splitlines():
            if match := _TURN.match(line.strip()):
                turn = _turn(match)
                if turns.setdefault(turn.name, turn) != turn:
                    raise LayoutError(f"{path}: {turn.name} is listed twice, and differs; keep one")
    return [turns[name] for name in sorted(turns)]


def _turn(match: re.Match[str]) -> Turn:
    start, end, name, session, _, _, gender, _, emotion, ratings = match.groups()
    valence, arousal, *_ = [*(number(value.strip()) for value in ratings.split(",")), float("nan"), float("nan")]
    dialogue = name.rpartition("_")[0]
    return Turn(
        name, dialogue, int(session), f"Ses{session}{gender}", number(start), number(end), emotion, valence, arousal
    )


def read_words(paths: Iterable[Path]) -> dict[str, str]:
    """Read what is said in each turn; lines of other kinds, which a few scripts have, are counted and left out."""
    words: dict[str, str] = {}
    others = 0
    for path in paths:
        if path.parent.name != "transcriptions":
            continue
        for line in decode(path.read_bytes()).splitlines():
            if match := _WORDS.fullmatch(line.strip()):
                words.setdefault(match[1], clean(match[2]))
            else:
                others += bool(line.strip())
    if others:
        log.warning("%d lines of transcripts have no turn and no times", others)
    return words
