"""Whether words outlast another tempo: what tells a network of one language that another is spoken."""

from __future__ import annotations

import csv
import json
import random

import numpy as np
import pytest

from conclugen.features import transcripts
from conclugen.features.asr.heard import RATE, Heard
from conclugen.features.asr.steady import Steady, agreement, played
from conclugen.media.items import FIELDS
from conclugen.store.ledger import Status, read_ledger


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("It's a dog.", "it's A DOG", 1.0),
        ("the cat sat", "a bird flew off", 0.0),
        ("the cat sat down", "the cat stood up", 0.5),
        ("", "", 1.0),
        ("word", "", 0.0),
    ],
)
def test_agreement_is_of_words_in_order(one, other, expected):
    assert agreement(one, other) == pytest.approx(expected)


def test_a_faster_tone_is_higher_and_shorter():
    tone = np.sin(2 * np.pi * 200 * np.arange(RATE) / RATE).astype(np.float32)
    fast = played(tone, 1.25)
    assert len(fast) == RATE * 4 // 5
    assert np.abs(np.fft.rfft(fast)).argmax() * RATE / len(fast) == pytest.approx(250, abs=2)
    assert len(played(np.zeros(30 * RATE, np.float32), 0.9)) == 30 * RATE  # never longer than a window


class Made:
    """Hears one sentence in windows of length `heard`, whatever their tempo, and makes up another for every other."""

    multilingual = False

    def __init__(self) -> None:
        self.calls = []

    def __call__(self, windows):
        self.calls.append(len(windows))
        return [Heard(self._text(window), 0.1, -0.3) for window in windows]

    @staticmethod
    def _text(window):
        if not window.any():
            return ""
        return "kids are talking by the door" if window[0] > 0 else f"{len(window)} and {len(window) % 7}"


def test_words_that_stay_are_steady_and_those_that_change_are_not():
    engine = Made()
    known, invented, nothing = np.ones(1600, np.float32), -np.ones(1600, np.float32), np.zeros(1600, np.float32)
    found = Steady(engine)([known, invented, nothing])
    assert [one.text for one in found] == [one.text for one in engine([known, invented, nothing])]
    assert found[0].steady == pytest.approx(np.exp(-0.3))  # all words stay, each with this probability
    assert found[1].steady < 0.7 * found[0].steady
    assert found[2].steady == 1  # no words, nothing to doubt
    assert engine.calls == [3, 2, 1, 3]  # what is sure after one other tempo is not heard again


def _heard(folder, root, files):
    """Statuses of clips below `root` by the embedded engine."""
    with open(folder / "0.media.csv", "w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(FIELDS)
        writer.writerows(
            [f"u{n:03d}", file.relative_to(root).as_posix(), "", "", "", "1", "0"] for n, file in enumerate(files)
        )
    with open(folder / "0.text.csv", "w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(transcripts.COLUMNS)
        writer.writerows([f"u{n:03d}", "", "none"] for n in range(len(files)))
    settings = {"engine": "whisper_tiny_en", "weights": None, "language": None, "beams": 1, "speech": 0.5}
    settings |= {"min_steady": 0.33, "min_language": 0.5}
    settings |= {"batch_windows": 8, "max_seconds": 60.0, "timeout_s": 60.0}
    argv = ["--media-list", folder / "0.media.csv", "--text-list", folder / "0.text.csv", "--root", root]
    argv += ["--settings", json.dumps(settings), "--threads", "2", "--output", folder / "0.csv"]
    transcripts.main([str(one) for one in (*argv, "--ledger", folder / "0.ledger.csv")])
    return [row.status for row in read_ledger(folder / "0.ledger.csv")]


@pytest.mark.slow
@pytest.mark.parametrize("files", ["emodb/*.flac", "ch-sims/Raw/*/*.mp4"])
def test_german_and_chinese_become_no_english(tmp_path, shared_data, files):
    """Sentences that people said, of EmoDB and of CH-SIMS as its owners unpack it."""
    found = sorted(shared_data.glob(files))
    if len(found) < 6:
        pytest.skip(f"no {files} in {shared_data}")
    statuses = _heard(tmp_path, shared_data, random.Random(7).sample(found, 6))
    assert sum(status is not Status.OK for status in statuses) >= 4  # without the gate none
    assert sum(status is Status.OTHER_LANGUAGE for status in statuses) >= 3


@pytest.mark.slow
def test_english_stays(tmp_path, shared_data):
    """The commands of GRID, in pictures with sound."""
    statuses = _heard(tmp_path, shared_data, sorted((shared_data / "clips").glob("*.mpg"))[:8])
    assert sum(status is Status.OK for status in statuses) >= 7
