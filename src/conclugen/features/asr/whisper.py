"""Whisper of any size through transformers, from a local folder as its publisher lays it out."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional
from transformers import (
    AutoTokenizer,
    GenerationConfig,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
)
from transformers.modeling_outputs import BaseModelOutput

from conclugen.features.asr.heard import RATE, Engine, Heard, most_tokens
from conclugen.features.backbone import WeightFile, load_strictly, staged
from conclugen.store import devices
from conclugen.store.provenance import file_sha256
from conclugen.store.weights import WeightsError, load_state

SOURCE = "https://huggingface.co/openai/whisper-tiny (or another size): the whole folder"
NO_SPEECH = ("<|nospeech|>", "<|nocaptions|>")  # newer and older name of one token


class Whisper:
    """The recogniser; windows are heard in one batch, without timestamps."""

    def __init__(self, path: Path, language: str | None, where: torch.device, beams: int) -> None:
        folder, options = path.parent, {"local_files_only": True}
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(folder, **options)
            self._features = WhisperFeatureExtractor.from_pretrained(folder, **options)
            config = WhisperConfig.from_pretrained(folder, **options)
            generation = GenerationConfig.from_pretrained(folder, **options)
        except (OSError, ValueError) as error:
            raise WeightsError(f"{folder}: not a whole Whisper folder ({error}); get it from {SOURCE}") from error
        self._where, self._beams = where, beams
        self._model = _construct(path, config, generation).to(where)
        self._no_speech = next(
            token
            for name in NO_SPEECH
            if (token := self._tokenizer.convert_tokens_to_ids(name)) not in (None, self._tokenizer.unk_token_id)
        )
        self._language, self.multilingual = language, bool(generation.is_multilingual)
        self._languages = dict(generation.lang_to_id) if self.multilingual else {}  # <|de|> and its token
        if not self.multilingual and language not in (None, "en"):
            raise ValueError(f"{folder.name} knows English alone, not {language!r}")

    @torch.inference_mode()
    def __call__(self, windows: Sequence[np.ndarray]) -> list[Heard]:
        """Return what is heard in each window (T,) float32 at 16 kHz, at most 30 s long."""
        low = devices.compute_dtype(self._where)
        heard = self._features(list(windows), sampling_rate=RATE, return_tensors="pt", return_attention_mask=True)
        inputs = heard.input_features.to(self._where)
        with torch.autocast(self._where.type, low, enabled=low is not torch.float32):
            encoded = self._model.get_encoder()(inputs)
            spoken = self._spoken(encoded) if self.multilingual else []
            made = self._model.generate(
                inputs,
                encoder_outputs=encoded,
                attention_mask=heard.attention_mask.to(self._where),
                max_new_tokens=most_tokens(windows),
                num_beams=self._beams,
                do_sample=False,
                return_timestamps=False,
                return_dict_in_generate=True,
                **self._asked(spoken),
            )
            tokens = made.sequences
            # Once more along the chosen tokens: how likely each was, whatever the search did to its scores.
            logits = self._model(encoder_outputs=encoded, decoder_input_ids=tokens[:, :-1]).logits.float()
        results = self._read(tokens, functional.log_softmax(logits, dim=2))
        if not spoken:
            return results
        return [
            dataclasses.replace(words, language=name.strip("<|>"), language_p=p)
            for words, (name, p) in zip(results, spoken, strict=True)
        ]

    def _spoken(self, encoded: BaseModelOutput) -> list[tuple[str, float]]:
        """Return the likeliest language of each window, such as `<|de|>`, and how likely, as Whisper tells them."""
        rows = len(encoded.last_hidden_state)
        start = torch.full((rows, 1), self._model.generation_config.decoder_start_token_id, device=self._where)
        logits = self._model(encoder_outputs=encoded, decoder_input_ids=start).logits[:, 0].float()
        names, places = zip(*self._languages.items(), strict=True)
        likely, which = logits[:, list(places)].softmax(1).max(1)
        return [(names[n], p) for n, p in zip(which.tolist(), likely.tolist(), strict=True)]

    def _asked(self, spoken: list[tuple[str, float]]) -> dict[str, object]:
        """Return what the search is told: models of one language take nothing, others a language for each window."""
        if not spoken:
            return {}
        return {"language": self._language or [name for name, _ in spoken], "task": "transcribe"}

    def _read(self, tokens: torch.Tensor, logprobs: torch.Tensor) -> list[Heard]:
        """Turn tokens (N, L) and what was predicted for each but the first, (N, L - 1, V), into words."""
        chosen = logprobs.gather(2, tokens[:, 1:, None])[..., 0]
        last = self._tokenizer.eos_token_id  # special tokens come after it, and it is what short rows are filled with
        end = tokens[:, 1:] == last
        counted = (tokens[:, 1:] < last) | (end & (end.cumsum(1) == 1))
        mean = (chosen * counted).sum(1) / counted.sum(1).clamp(min=1)
        silent = logprobs[:, 0, self._no_speech].exp()  # at the first token, as in Whisper
        texts = self._tokenizer.batch_decode(tokens, skip_special_tokens=True)
        rows = zip(texts, silent.tolist(), mean.tolist(), strict=True)
        return [Heard(text.strip(), no_speech, logprob) for text, no_speech, logprob in rows]


def _construct(path: Path, config: WhisperConfig, generation: GenerationConfig) -> WhisperForConditionalGeneration:
    state = load_state(path)
    state.setdefault("proj_out.weight", state["model.decoder.embed_tokens.weight"])  # one matrix, stored once
    model = WhisperForConditionalGeneration(config)
    load_strictly(model, state, str(path))
    model.generation_config = generation
    return model.eval().requires_grad_(False)


def build(
    file: WeightFile | None, language: str | None, where: torch.device, threads: int, beams: int
) -> tuple[Engine, str]:
    """Return the recogniser and the sha256 of its weights. Raises WeightsError for a missing or altered file."""
    del threads  # PyTorch's own are set already
    path = staged("whisper", file, SOURCE, "whisper_tiny_en").locate()
    return Whisper(path, language, where, beams), file_sha256(path)
