"""Where speech is: Silero's detector, whose network comes with faster-whisper."""

from __future__ import annotations

import numpy as np

from conclugen.features.asr.heard import RATE, WINDOW_S
from conclugen.store.listing import WeightsError
from conclugen.store.packaged import packaged

WEIGHTS = packaged("silero_vad")


class SpeechFinder:
    """Finds spans of speech. Raises WeightsError where the detector is missing or altered."""

    def __init__(self, threshold: float) -> None:
        WEIGHTS.locate()
        try:
            from faster_whisper.vad import VadOptions, get_speech_timestamps
        except ImportError as error:
            raise WeightsError(f"finding speech needs faster-whisper: {error}; set asr.speech to null") from error
        self._find = get_speech_timestamps
        self._options = VadOptions(threshold=threshold, max_speech_duration_s=WINDOW_S)

    def __call__(self, wave: np.ndarray) -> list[tuple[int, int]]:
        """Return first sample and end of each stretch of speech in a wave (T,) at `RATE`, padded by up to 0.4 s."""
        return [(span["start"], span["end"]) for span in self._find(wave, self._options, sampling_rate=RATE)]
