"""What the demo corpus holds: the settings, the clips, and how much of each emotion each stream of a clip shows."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence

import numpy as np

from conclugen.data.demo_words import sentence
from conclugen.data.settings import Demo
from conclugen.store.keys import Count

EMOTIONS = ("happy", "sad", "anger", "surprise", "disgust", "fear")
WORDS_PER_SECOND = 2.7


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings(Demo):
    """Settings of one layout: its clips, and the keys of all."""

    utterances: Count


@dataclasses.dataclass(frozen=True)
class Framing:
    """Width and height in pixels, frames per second, and the range of the head's size (1: 110 of 240 lines)."""

    width: int
    height: int
    fps: int
    zoom: tuple[float, float]


@dataclasses.dataclass(frozen=True)
class Clip:
    """One utterance: where it goes, who says what, and the truth planted in it.

    Attributes:
        file: path below the root.
        identity: face and voice; `scene` adds clothes, background and light.
        emotions: intensity 0..3 of each emotion that the labels hold.
        face, voice, words: amplitude 0..1 of each emotion that the stream shows.
        text: what is said.
        case: the kind of bad clip, or empty.
        about: what the labels of the layout need besides.
    """

    file: str
    utterance_id: str
    split: str
    identity: int
    scene: int
    framing: Framing
    emotions: Mapping[str, float]
    face: Mapping[str, float]
    voice: Mapping[str, float]
    words: Mapping[str, float]
    text: str
    seed: int
    about: Mapping[str, str | int]
    case: str = ""


def generator(*key: object) -> np.random.Generator:
    """A generator of its own for each key, the same on every machine."""
    digest = hashlib.sha256("/".join(str(part) for part in key).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))


def make_clip(
    settings: Settings, layout: str, framing: Framing, emotions: Mapping[str, float], **known: object
) -> Clip:
    """Draw what each stream shows of `emotions` and the words, from the seed and the clip's file name."""
    rng = generator(settings.seed, layout, known["file"])
    strengths = settings.strengths
    face, voice, words = (_shown(rng, emotions, s) for s in (strengths.face, strengths.voice, strengths.words))
    text = sentence(rng, words, settings.seconds * WORDS_PER_SECOND)
    seed = int(rng.integers(2**31))
    return Clip(framing=framing, emotions=emotions, face=face, voice=voice, words=words, text=text, seed=seed, **known)


def _shown(rng: np.random.Generator, emotions: Mapping[str, float], strength: float) -> dict[str, float]:
    """Each emotion shows with probability `strength`, its amplitude growing with the intensity of the label."""
    amplitudes = {}
    for emotion, intensity in emotions.items():
        amplitude = rng.uniform(0.4, 1.0) * (0.6 + 0.4 * min(intensity, 2.0) / 2.0)
        if rng.random() < strength:
            amplitudes[emotion] = round(float(amplitude), 3)
    return amplitudes


def single_labels(rng: np.random.Generator, shares: Mapping[str, float], n: int) -> list[str]:
    """Return n class names in the given shares, shuffled, at least `min(2, n // classes)` of each."""
    least = min(2, n // len(shares))
    counts = dict.fromkeys(shares, least)
    rest, total = n - least * len(shares), sum(shares.values())
    exact = {name: rest * share / total for name, share in shares.items()}
    for name, value in exact.items():
        counts[name] += int(value)
    by_remainder = sorted(shares, key=lambda name: int(exact[name]) - exact[name])
    for name in by_remainder[: n - sum(counts.values())]:
        counts[name] += 1
    names = [name for name, count in counts.items() for _ in range(count)]
    rng.shuffle(names)
    return names


def multi_labels(rng: np.random.Generator, shares: Mapping[str, float], none: float, n: int) -> list[dict[str, float]]:
    """Return n sets of no, one or two emotions with intensities in thirds from 1/3 to 3.

    A share `none` has no emotion, two fifths of the others have two. Where n allows, each emotion occurs twice.
    """
    names, weights = list(shares), np.asarray(list(shares.values())) / sum(shares.values())
    chosen = []
    for _ in range(n):
        size = 0 if rng.random() < none else 1 + int(rng.random() < 0.4)
        chosen.append(list(rng.choice(names, size, replace=False, p=weights)))
    for name in names:
        for _ in range(min(2, n // len(names)) - sum(name in c for c in chosen)):
            _replace_commonest(chosen, name)
    return [{str(name): int(rng.choice(9, p=_LIKERT) + 1) / 3 for name in c} for c in chosen]


_LIKERT = np.asarray([16, 24, 24, 12, 8, 7, 4, 3, 2]) / 100  # mild ratings are the most frequent, as in MOSEI


def _replace_commonest(chosen: Sequence[list[str]], name: str) -> None:
    """Put `name` in place of the commonest emotion in one set that lacks it."""
    counts: dict[str, int] = {}
    for names in chosen:
        for other in names:
            counts[other] = counts.get(other, 0) + 1
    commonest = max(counts, key=lambda other: counts[other])
    for names in chosen:
        if commonest in names and name not in names:
            names[names.index(commonest)] = name
            return
