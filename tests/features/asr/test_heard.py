import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conclugen.features.asr.heard import RATE, Heard, doubt, foreign, most_tokens, windows
from conclugen.features.settings import Asr

DOUBTS = Asr(min_steady=0.5, language="en", min_language=0.5)


@pytest.mark.parametrize(
    ("heard", "reason"),
    [
        (Heard("Hello there.", 0.1, -0.3), ""),
        (Heard("Hello there.", 0.9, -0.3), ""),  # sure of its words, whatever the first token says
        (Heard("Hello there.", 0.1, -1.5), ""),
        (Heard("You", 0.9, -1.5), "no speech with probability 0.90"),
        (Heard(" . ", 0.1, -0.3), "no words"),
        (Heard("", 1.0, 0.0), "no words"),
        (Heard("I'm going to do it. " * 40, 0.8, -0.1), "the words repeat themselves"),
        (Heard("Así, señor: ¿qué?", 0.1, -0.3), ""),
        (Heard("你好", 0.1, -0.3), ""),
    ],
)
def test_words_are_doubted_for_a_reason(heard, reason):
    found = doubt(heard)
    assert found.startswith(reason)
    assert bool(found) == bool(reason)


@pytest.mark.parametrize(
    ("heard", "reason"),
    [
        (Heard("Hello there.", 0.1, -0.3), ""),
        (Heard("Hello there.", 0.1, -0.3, steady=0.5), ""),
        (Heard("Hello there.", 0.1, -0.3, steady=0.2), "no language that the network knows: the words change"),
        (Heard("Hello there.", 0.1, -0.3, language="en", language_p=0.9), ""),
        (Heard("Hello there.", 0.1, -0.3, language="de", language_p=0.9), "de is spoken with probability 0.90, not en"),
        (Heard("Hello there.", 0.1, -0.3, language="de", language_p=0.3), ""),
    ],
)
def test_another_language_is_told_by_the_network_or_by_words_that_do_not_stay(heard, reason):
    found = foreign(heard, DOUBTS)
    assert found.startswith(reason)
    assert bool(found) == bool(reason)
    assert doubt(heard) == ""


def test_without_a_language_any_may_be_spoken():
    heard = Heard("Guten Tag.", 0.1, -0.3, language="de", language_p=0.9)
    assert foreign(heard, dataclasses.replace(DOUBTS, language=None)) == ""


spans = st.lists(st.floats(0.1, 70), max_size=6)


@given(spans, st.lists(st.floats(0, 40), min_size=6, max_size=6))
@settings(max_examples=40, deadline=None)
def test_windows_hold_every_span_in_order_and_are_never_too_long(lengths, gaps):
    # Six gaps are drawn for at most six spans: those left over are not used.
    ends = np.cumsum([value for pair in zip(gaps, lengths, strict=False) for value in pair]) * RATE
    given_spans = [(int(ends[2 * i]), int(ends[2 * i + 1])) for i in range(len(lengths))]
    wave = np.arange(int(ends[-1]) if len(ends) else 0, dtype=np.float64)
    found = windows(wave, given_spans)
    assert all(0 < len(window) <= 30 * RATE for window in found)
    bounds = [(int(w[0]), int(w[-1]) + 1) for w in found]
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(bounds))
    for begin, end in given_spans:  # samples are their own numbers, so what is covered can be read from the windows
        covered = sum(max(0, min(end, high) - max(begin, low)) for low, high in bounds)
        assert covered == end - begin


def test_a_long_span_is_cut_where_it_is_quietest():
    wave = np.ones(40 * RATE, np.float32)
    wave[27 * RATE : 27 * RATE + 1600] = 0
    first, second = windows(wave, [(0, len(wave))])
    assert 27.0 <= len(first) / RATE <= 27.1
    assert len(first) + len(second) == len(wave)


def test_neighbours_share_a_window_where_they_fit():
    wave = np.zeros(100 * RATE, np.float32)
    found = windows(wave, [(0, RATE), (20 * RATE, 25 * RATE), (29 * RATE, 31 * RATE), (80 * RATE, 81 * RATE)])
    assert [len(window) / RATE for window in found] == [25, 2, 1]


def test_tokens_are_bounded_by_the_time_there_is_to_speak():
    assert most_tokens([np.zeros(RATE), np.zeros(30 * RATE)]) == 16 + 360
    assert most_tokens([np.zeros(RATE)]) == 28
