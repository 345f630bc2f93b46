"""Whisper tiny.en (Radford et al. 2023), embedded: a CTranslate2 model run by faster-whisper. English only."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from conclugen.features.asr.heard import Engine, Heard, most_tokens
from conclugen.features.backbone import WeightFile, embedded
from conclugen.store.listing import WeightsError
from conclugen.store.packaged import packaged

WEIGHTS = packaged("whisper_tiny_en")


class WhisperTinyEn:
    """The recogniser, in whole numbers of 8 bits; each window is heard by itself."""

    multilingual = False

    def __init__(self, folder: Path, where: torch.device, threads: int, beams: int) -> None:
        try:
            from faster_whisper import WhisperModel
        except ImportError as error:
            raise WeightsError(f"whisper_tiny_en needs faster-whisper: {error}") from error
        self._beams = beams
        options = {"compute_type": "int8", "cpu_threads": threads, "num_workers": 1, "local_files_only": True}
        self._model = WhisperModel(str(folder), device=where.type, device_index=where.index or 0, **options)

    def __call__(self, windows: Sequence[np.ndarray]) -> list[Heard]:
        """Return what is heard in each window (T,) float32 at 16 kHz."""
        return [self._hear(window) for window in windows]

    def _hear(self, window: np.ndarray) -> Heard:
        # One window, no timestamps: one segment. What is believed is decided outside, the same way for every engine.
        segments, _ = self._model.transcribe(
            window,
            language="en",
            beam_size=self._beams,
            temperature=0.0,
            without_timestamps=True,
            condition_on_previous_text=False,
            compression_ratio_threshold=None,
            log_prob_threshold=None,
            no_speech_threshold=None,
            max_new_tokens=most_tokens([window]),
        )
        for segment in segments:
            return Heard(segment.text.strip(), float(segment.no_speech_prob), float(segment.avg_logprob))
        return Heard("", 1.0, 0.0)


def build(
    file: WeightFile | None, language: str | None, where: torch.device, threads: int, beams: int
) -> tuple[Engine, str]:
    """Return the recogniser and the sha256 of its weights. Raises WeightsError, or ValueError for another language."""
    embedded("whisper_tiny_en", file)
    if language not in (None, "en"):
        raise ValueError(f"whisper_tiny_en knows English alone, not {language!r}; use engine: whisper")
    path = WEIGHTS.locate()
    return WhisperTinyEn(path.parent, where, threads, beams), WEIGHTS.sha256
