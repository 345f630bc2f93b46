"""What a recogniser heard in a stretch of sound, and whether it is to be believed.

Whisper writes sentences into noise and music (Radford et al. 2023, section 4.5, which gives the three thresholds used
here), so its words count only where nothing speaks against them.
"""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from conclugen.features.settings import Asr

RATE = 16_000  # samples per second that Whisper hears
WINDOW_S = 30.0  # seconds that it hears at once
SEARCH_S = 5.0  # at the end of a window, where the quietest moment is looked for
FRAME = RATE // 50
TOKENS, TOKENS_PER_S = 16, 12  # nobody speaks faster: what goes on beyond that is made up
# Words are not believed where silence is likelier than the first and the second, their mean log-probability, is not
# reached either; or where they repeat themselves, bytes over compressed bytes (Radford et al. 2022, section 4.5).
NO_SPEECH, LEAST_LOGPROB, MOST_COMPRESSION = 0.6, -1.0, 2.4


@dataclasses.dataclass(frozen=True)
class Heard:
    """Words of one window.

    Attributes:
        text: without special tokens.
        no_speech: probability that nobody speaks, 0 to 1.
        logprob: mean log-probability of the tokens, the end token included.
        steady: how steady the words are, 0 to 1 (`asr.steady`); 1 where that was not looked at.
        language, language_p: that is likeliest to be spoken, and how likely; None where that was not looked at.
    """

    text: str
    no_speech: float
    logprob: float
    steady: float = 1.0
    language: str | None = None
    language_p: float = 0.0


class Engine(Protocol):
    """A recogniser of speech; `multilingual`: of many languages, which it tells apart."""

    multilingual: bool

    def __call__(self, windows: Sequence[np.ndarray]) -> list[Heard]:
        """Return what is heard in each window (T,) float32 at `RATE`, at most `WINDOW_S` long."""


def doubt(heard: Heard) -> str:
    """Return why words are not believed; empty where they are."""
    if not any(char.isalnum() for char in heard.text):
        return "no words"
    if heard.no_speech > NO_SPEECH and heard.logprob < LEAST_LOGPROB:
        return f"no speech with probability {heard.no_speech:.2f}, mean log-probability {heard.logprob:.2f}"
    ratio = compression(heard.text)
    if ratio > MOST_COMPRESSION:
        return f"the words repeat themselves (compression {ratio:.1f})"
    return ""


def foreign(heard: Heard, settings: Asr) -> str:
    """Return why what is spoken is another language than the network writes; empty where it is not."""
    other = heard.language not in (None, settings.language)
    if settings.language and other and heard.language_p >= settings.min_language:
        return f"{heard.language} is spoken with probability {heard.language_p:.2f}, not {settings.language}"
    if heard.steady < settings.min_steady:
        return f"no language that the network knows: the words change with the tempo (steadiness {heard.steady:.2f})"
    return ""


def compression(text: str) -> float:
    """Return the bytes of a text over those it has when compressed by zlib."""
    data = text.encode()
    return len(data) / len(zlib.compress(data))


def most_tokens(windows: Sequence[np.ndarray]) -> int:
    """Return how many tokens the longest of some windows (T,) may be heard as."""
    return TOKENS + round(TOKENS_PER_S * max(map(len, windows)) / RATE)


def windows(wave: np.ndarray, spans: Sequence[tuple[int, int]]) -> list[np.ndarray]:
    """Cut a wave (T,) at `RATE` into windows of at most `WINDOW_S` that hold its spans of speech.

    Args:
        wave: the whole sound.
        spans: first sample and end of each stretch of speech, ascending; a longer one is cut at its quietest moment
            within the last `SEARCH_S` of a window. Neighbours share a window where they fit.
    """
    longest = round(WINDOW_S * RATE)
    joined: list[tuple[int, int]] = []
    for begin, end in spans:
        while end - begin > longest:
            cut = _quietest(wave, begin + longest - round(SEARCH_S * RATE), begin + longest)
            joined.append((begin, cut))
            begin = cut
        if joined and end - joined[-1][0] <= longest:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((begin, end))
    return [wave[begin:end] for begin, end in joined]


def _quietest(wave: np.ndarray, begin: int, end: int) -> int:
    """Return the sample at the middle of the quietest frame of 20 ms between two samples."""
    frames = wave[begin:end][: (end - begin) // FRAME * FRAME].reshape(-1, FRAME)
    return begin + int(np.square(frames, dtype=np.float64).mean(1).argmin()) * FRAME + FRAME // 2
