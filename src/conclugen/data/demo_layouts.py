"""The four layouts of the demo corpus: which clips there are, and under which names.

Each follows the official release of the data set, so that one adapter reads both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from conclugen.data.demo_cases import CASES, assign
from conclugen.data.demo_plan import (
    EMOTIONS,
    Clip,
    Framing,
    Settings,
    generator,
    make_clip,
    multi_labels,
    single_labels,
)

MOSEI_SHARES = {"happy": 0.34, "sad": 0.22, "anger": 0.2, "surprise": 0.15, "disgust": 0.16, "fear": 0.13}
SINGLE_SHARES = {
    "neutral": 0.32,
    "happy": 0.16,
    "surprise": 0.13,
    "anger": 0.13,
    "sad": 0.1,
    "disgust": 0.08,
    "fear": 0.08,
}
FOLDS = {"train": 1 / 2, "valid": 1 / 6, "test": 1 / 3}
NO_EMOTION = 0.15

MELD_FOLDERS = {"train": "train_splits", "valid": "dev_splits_complete", "test": "output_repeated_splits_test"}
MELD_PARTS = {"train": "train", "valid": "dev", "test": "test"}
MELD_SPEAKERS = ("Ada", "Bruno", "Chiara", "Dmitri", "Elif", "Femi", "The Waiter", "Grace", "Mr. Hale", "Ines")
MELD_CAST = 6  # the first so many are in every split, as a series has it

CAER_FOLDERS = {"train": "train", "valid": "validation", "test": "test"}
CAER_NAMES = {"happy": "Happy", "sad": "Sad", "neutral": "Neutral", "anger": "Anger", "fear": "Fear"}
CAER_NAMES |= {"surprise": "Surprise", "disgust": "Disgust"}

_ID_LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def voxceleb2(settings: Settings) -> list[Clip]:
    """`dev/mp4/idNNNNN/<video>/NNNNN.mp4`, 224 by 224, tight about the face; no split, no label."""
    rng = generator(settings.seed, "voxceleb2")
    labels = multi_labels(rng, MOSEI_SHARES, NO_EMOTION, settings.utterances)
    framing, clips, identity, video = Framing(224, 224, settings.fps, (1.35, 1.6)), [], -1, ""
    for i, emotions in enumerate(labels):
        if i % 5 == 0:
            identity += 1
        if i % 5 in (0, 3):
            video, count = _video_id(rng), 0
        count += 1
        name = f"id{identity + 12:05d}/{video}/{count:05d}"
        known = {"file": f"dev/mp4/{name}.mp4", "utterance_id": name, "split": "none"}
        known |= {"identity": identity, "scene": i % 5 // 3, "about": {}}
        clips.append(make_clip(settings, "voxceleb2", framing, emotions, **known))
    return assign(clips, [case for case in CASES if case != "missing"])


def mosei(settings: Settings) -> list[Clip]:
    """`Raw/Videos/Segmented/Combined/<video>_<k>.mp4`: two to six segments of a video, one person per video."""
    rng = generator(settings.seed, "mosei")
    framing, clips, identity = _framing(settings, 4 / 3, (0.85, 1.2)), [], 1000
    for split, n in _fold_sizes(settings.utterances).items():
        labels, done = multi_labels(rng, MOSEI_SHARES, NO_EMOTION, n), 0
        while done < n:
            video, identity = _video_id(rng), identity + 1
            size = min(int(rng.integers(2, 7)), n - done)
            for k, emotions in enumerate(labels[done : done + size]):
                known = {"file": f"Raw/Videos/Segmented/Combined/{video}_{k}.mp4", "utterance_id": f"{video}_{k}"}
                known |= {"split": split, "identity": identity, "scene": 0, "about": {"video": video, "k": k}}
                clips.append(make_clip(settings, "mosei", framing, emotions, **known))
            done += size
    return assign(clips, list(CASES))


def meld(settings: Settings) -> list[Clip]:
    """`MELD.Raw/<folder of the split>/diaD_uttU.mp4`: dialogues of two to five utterances, a cast that recurs."""
    rng = generator(settings.seed, "meld")
    framing, clips = _framing(settings, 16 / 9, (0.7, 1.15)), []
    for split, n in _fold_sizes(settings.utterances).items():
        labels, done, dialogue = single_labels(rng, SINGLE_SHARES, n), 0, 0
        while done < n:
            size = min(int(rng.integers(2, 6)), n - done)
            present = rng.choice(_meld_people(split), 2, replace=False)
            for u, label in enumerate(labels[done : done + size]):
                who = int(rng.choice(present))
                known = {"file": f"MELD.Raw/{MELD_FOLDERS[split]}/dia{dialogue}_utt{u}.mp4", "split": split}
                known |= {
                    "utterance_id": f"{MELD_PARTS[split]}/dia{dialogue}_utt{u}",
                    "identity": 2000 + who,
                    "scene": dialogue,
                }
                known |= {
                    "about": {"dialogue": dialogue, "utterance": u, "speaker": MELD_SPEAKERS[who], "label": label}
                }
                clips.append(make_clip(settings, "meld", framing, _one(rng, label), **known))
            done, dialogue = done + size, dialogue + 1
    return assign(clips, list(CASES))


def caer(settings: Settings) -> list[Clip]:
    """`CAER/<split>/<emotion>/NNNN.avi`: nobody is in two splits."""
    rng = generator(settings.seed, "caer")
    framing, clips = _framing(settings, 712 / 400, (0.75, 1.15)), []
    for number, (split, n) in enumerate(_fold_sizes(settings.utterances).items()):
        counts: dict[str, int] = {}
        for i, label in enumerate(single_labels(rng, SINGLE_SHARES, n)):
            counts[label] = counts.get(label, 0) + 1
            name = f"{CAER_FOLDERS[split]}/{CAER_NAMES[label]}/{counts[label]:04d}"
            known = {"file": f"CAER/{name}.avi", "utterance_id": name, "split": split}
            known |= {"identity": 3000 + 100 * number + i // 3, "scene": i % 3, "about": {"label": label}}
            clips.append(make_clip(settings, "caer", framing, _one(rng, label), **known))
    return assign(clips, [case for case in CASES if case not in ("missing", "variable_rate")])


PLANS: Mapping[str, Callable[[Settings], list[Clip]]] = {
    "voxceleb2": voxceleb2,
    "mosei": mosei,
    "meld": meld,
    "caer": caer,
}
STEREO = frozenset({"meld", "caer"})


def _framing(settings: Settings, aspect: float, zoom: tuple[float, float]) -> Framing:
    """Frames of the given aspect, both sides even, as the codecs demand."""
    height = settings.height + settings.height % 2
    return Framing(2 * round(height * aspect / 2), height, settings.fps, zoom)


def _fold_sizes(n: int) -> dict[str, int]:
    valid, test = round(n * FOLDS["valid"]), round(n * FOLDS["test"])
    return {"train": n - valid - test, "valid": valid, "test": test}


def _meld_people(split: str) -> list[int]:
    """The cast, and two guests of the split's own."""
    guests = list(range(MELD_CAST, len(MELD_SPEAKERS)))
    return [*range(MELD_CAST), *{"train": guests[:2], "valid": guests[2:3], "test": guests[3:]}[split]]


def _one(rng: np.random.Generator, label: str) -> dict[str, float]:
    return {label: int(rng.integers(2, 8)) / 3} if label in EMOTIONS else {}


def _video_id(rng: np.random.Generator) -> str:
    """Eleven characters as of a video site, or in one case of four five or six digits; both occur in the releases."""
    if rng.random() < 0.25:
        return str(rng.integers(10_000, 999_999))
    return "".join(rng.choice(_ID_LETTERS, 11))
