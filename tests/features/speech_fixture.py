"""Speech of the demo's synthesiser at the rate that recognisers hear."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy.signal import resample_poly

from conclugen.features.asr.heard import RATE


def say(text, seed=0):
    """A sentence (T,) float32 at 16 kHz in one of the demo's voices; skips without the synthesiser."""
    pytest.importorskip("espeakng_loader")
    from conclugen.data import demo_speech

    wave = demo_speech.speak(text, demo_speech.Voice("en-us+m3", 150, 45, 45, 2.0), {}, seed)
    return resample_poly(wave, 2 * RATE // 100, demo_speech.RATE * 2 // 100).astype(np.float32)


def plain(text):
    """Words in lower case without punctuation."""
    return " ".join(re.sub(r"[^a-z ]", " ", text.lower()).split())


def noise(seconds, amplitude=0.1, seed=0):
    """White noise (T,) float32 at 16 kHz."""
    return np.random.default_rng(seed).normal(0, amplitude, round(seconds * RATE)).astype(np.float32)
