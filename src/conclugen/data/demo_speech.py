"""Speech of the demo corpus: a synthesiser whose rate, pitch, range and loudness follow the emotion.

The synthesiser (espeak-ng) is under the GPL-3. It is no part of this package: the optional package `espeakng-loader`
brings it, and it is loaded when the demo corpus is written, not before.
"""

from __future__ import annotations

import _ctypes
import ctypes
import dataclasses
import importlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.signal import lfilter

from conclugen.data.demo_plan import generator

RATE = 22050  # Hz, that of the synthesiser

_SYNCHRONOUS, _UTF8 = 2, 1
_SPEED, _VOLUME, _PITCH, _RANGE = 1, 2, 3, 4

ACCENTS = ("en-us", "en-gb-scotland", "en-us-nyc", "en-gb-x-rp")
VARIANTS = (
    "m1",
    "m2",
    "m3",
    "m4",
    "m5",
    "m6",
    "m7",
    "m8",
    "f1",
    "f2",
    "f3",
    "f4",
    "f5",
    "Andy",
    "linda",
    "steph",
    "max",
)

# At amplitude 1: words per minute, pitch and range in the synthesiser's steps (0..100), decibels,
# high-frequency emphasis (-1..1), depth of a tremor (0..1).
PROSODY = {
    "happy": (15, 12, 22, 2.0, 0.1, 0.0),
    "sad": (-35, -9, -20, -5.0, -0.35, 0.0),
    "anger": (18, 2, 12, 6.0, 0.5, 0.0),
    "surprise": (0, 20, 32, 2.0, 0.1, 0.0),
    "disgust": (-28, -10, 8, 0.0, 0.15, 0.0),
    "fear": (35, 14, -16, -2.0, 0.0, 0.5),
}


@dataclasses.dataclass(frozen=True)
class Voice:
    """A speaker: the synthesiser's voice, words per minute, pitch and range (0..100), loudness in dB."""

    name: str
    speed: float
    pitch: float
    span: float
    gain: float


def voice_of(identity: int) -> Voice:
    """Return the voice of an identity."""
    rng = generator("voice", identity)
    name = f"{rng.choice(ACCENTS)}+{rng.choice(VARIANTS)}"
    return Voice(name, rng.uniform(155, 195), rng.uniform(35, 65), rng.uniform(35, 65), rng.normal(0, 2.0))


def speak(text: str, voice: Voice, emotions: Mapping[str, float], seed: int) -> np.ndarray:
    """Return the sound (n,), float32 in [-1, 1] at `RATE` Hz, of a text said with some emotions.

    The recording has its own level, background noise and hum. Raises RuntimeError without the synthesiser.
    """
    rng = generator("speech", seed)
    change = np.zeros(6)
    for emotion, amplitude in emotions.items():
        change += amplitude * np.asarray(PROSODY[emotion])
    speed, pitch, span = np.asarray([voice.speed, voice.pitch, voice.span]) + change[:3] + rng.normal(0, (9, 5, 8))
    clean = _synthesise(text, voice.name, {_SPEED: speed, _VOLUME: 100, _PITCH: pitch, _RANGE: span})
    pads = rng.uniform(0.08, 0.3, 2) * RATE
    clean = np.pad(clean, (int(pads[0]), int(pads[1])))
    return _record(clean, voice.gain + change[3], change[4] + rng.normal(0, 0.15), change[5], rng)


def _record(clean: np.ndarray, decibel: float, emphasis: float, tremor: float, rng: np.random.Generator) -> np.ndarray:
    """Apply spectral tilt, level and tremor, then add the noise of a room."""
    emphasis = float(np.clip(emphasis, -0.8, 0.8))
    if emphasis > 0:
        tilted = lfilter([1.0, -emphasis], [1.0], clean)
    else:
        tilted = lfilter([1.0 + emphasis], [1.0, emphasis], clean)
    level = 0.06 * 10 ** ((decibel + rng.normal(0, 2.5)) / 20)
    loud = tilted / (np.sqrt(np.mean(np.square(tilted))) + 1e-6) * level
    seconds = np.arange(len(clean)) / RATE
    shaken = loud * (1 - 0.5 * min(tremor, 1.0) * (1 + np.sin(2 * np.pi * rng.uniform(6, 8) * seconds)))
    room = 0.06 * 10 ** (-rng.uniform(14, 30) / 20)
    noise = lfilter([1.0], [1.0, -rng.uniform(0.3, 0.95)], rng.normal(0, 1, len(clean)))
    hum = np.sin(2 * np.pi * rng.choice((50.0, 60.0)) * seconds) * rng.uniform(0, 0.5)
    return np.clip(shaken + room * (noise / noise.std() + hum), -1, 1).astype(np.float32)


def _loader() -> Any:
    try:
        return importlib.import_module("espeakng_loader")
    except ImportError as error:
        raise RuntimeError("the demo corpus needs a speech synthesiser: pip install espeakng-loader==0.2.4") from error


def _synthesise(text: str, voice: str, parameters: Mapping[int, float]) -> np.ndarray:
    """Return (n,) float32. The library keeps state between calls: each call loads it afresh (4 ms) to be repeatable."""
    loader, pieces = _loader(), []

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
    def receive(samples: Any, count: int, _events: Any) -> int:
        if samples and count > 0:
            pieces.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0

    library = ctypes.CDLL(loader.get_library_path())
    try:
        if library.espeak_Initialize(_SYNCHRONOUS, 0, loader.get_data_path().encode(), 0) != RATE:
            raise RuntimeError("the speech synthesiser did not start")
        library.espeak_SetSynthCallback(receive)
        library.espeak_ng_SetRandSeed(1)
        if library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise RuntimeError(f"the speech synthesiser has no voice {voice}")
        for name, value in parameters.items():
            high = 400 if name == _SPEED else 100
            library.espeak_SetParameter(name, int(np.clip(round(float(value)), 80 if name == _SPEED else 1, high)), 0)
        data = text.encode()
        library.espeak_Synth(data, len(data) + 1, 0, 1, 0, _UTF8, None, None)
        library.espeak_Synchronize()
        library.espeak_Terminate()
    finally:
        _ctypes.dlclose(library._handle)
    if not pieces:
        raise RuntimeError(f"the speech synthesiser said nothing for {text!r}")
    return np.concatenate(pieces).astype(np.float32) / 32768
