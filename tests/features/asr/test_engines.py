"""Both recognisers on speech: the embedded one, and transformers with the same weights in its own layout."""

import dataclasses
import json
import re
import shutil

import numpy as np
import pytest
import torch
from ctranslate2_weights import write_folder
from speech_fixture import noise, plain, say

from conclugen.features.asr import whisper, whisper_tiny_en
from conclugen.features.asr.heard import doubt, foreign, windows
from conclugen.features.asr.speech import SpeechFinder
from conclugen.features.backbone import WeightFile
from conclugen.features.settings import Asr
from conclugen.media.audio import read_audio
from conclugen.store.provenance import file_sha256
from conclugen.store.weights import WeightsError

CPU = torch.device("cpu")
DOUBTS = Asr(min_steady=0.5, min_language=0.5)
SENTENCE = "This is the best day of my life."
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@pytest.fixture(scope="module")
def embedded():
    engine, sha256 = whisper_tiny_en.build(None, None, CPU, 1, 1)
    assert sha256.startswith("1a5afae06a4db91c")
    return engine


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_folder(whisper_tiny_en.WEIGHTS.locate().parent, tmp_path_factory.mktemp("whisper"))


def weight_file(path):
    return WeightFile(str(path), file_sha256(path))


def test_the_embedded_engine_hears_speech_and_doubts_noise(embedded):
    speech, nothing = embedded([say(SENTENCE), noise(2.0)])
    assert plain(speech.text) == plain(SENTENCE)
    assert doubt(speech) == ""
    assert doubt(nothing)
    assert speech.no_speech < 0.3 < nothing.no_speech


def test_transformers_hears_the_same_with_the_same_weights(embedded, folder):
    engine, sha256 = whisper.build(weight_file(folder), None, CPU, 1, 1)
    assert sha256 == file_sha256(folder)
    waves = [say(SENTENCE), say("He was very angry about the news.", 1), noise(2.0)]
    for one, other in zip(engine(waves), embedded(waves), strict=True):
        assert plain(one.text) == plain(other.text)
        assert one.no_speech == pytest.approx(other.no_speech, abs=0.15)  # weights of 8 bits there
        assert doubt(one)[:9] == doubt(other)[:9]
    [alone] = engine(waves[:1])
    assert alone.text == engine(waves)[0].text  # what shares its batch is heard by itself
    assert alone.logprob == pytest.approx(engine(waves)[0].logprob, abs=1e-3)


@pytest.mark.parametrize("likeliest", ["en", "de"])
@pytest.mark.parametrize("language", [None, "en"])
def test_a_network_of_many_languages_tells_the_one_spoken_asked_for_or_not(folder, tmp_path, language, likeliest):
    many, tokens = tmp_path / "many", {"en": 50258, "zh": 50259, "de": 50260}
    shutil.copytree(folder.parent, many)
    about = json.loads((many / "generation_config.json").read_text())
    about |= {"lang_to_id": {f"<|{name}|>": token for name, token in tokens.items()}, "is_multilingual": True}
    about |= {"task_to_id": {"translate": 50357, "transcribe": 50358}}
    (many / "generation_config.json").write_text(json.dumps(about))
    engine, _ = whisper.build(weight_file(many / folder.name), language, CPU, 1, 1)
    bias = torch.zeros(engine._model.config.vocab_size)
    bias[tokens[likeliest]] = 2.0  # the embedded weights know no language: all three are equally likely
    engine._model.proj_out.bias = torch.nn.Parameter(bias, requires_grad=False)
    heard = engine([say(SENTENCE), say("He was very angry about the news.", 1)])
    assert [one.language for one in heard] == [likeliest] * 2
    assert [one.language_p for one in heard] == pytest.approx([np.exp(2) / (np.exp(2) + 2)] * 2, abs=0.02)
    doubts = dataclasses.replace(DOUBTS, language="en")
    assert [bool(foreign(one, doubts)) for one in heard] == [likeliest != "en"] * 2


def test_an_english_network_takes_no_other_language(folder):
    with pytest.raises(ValueError, match="English alone"):
        whisper.build(weight_file(folder), "de", CPU, 1, 1)
    with pytest.raises(ValueError, match="English alone"):
        whisper_tiny_en.build(None, "de", CPU, 1, 1)


def test_weights_that_are_missing_altered_or_superfluous_are_refused(folder, tmp_path):
    with pytest.raises(WeightsError, match="set weights to its path"):
        whisper.build(None, None, CPU, 1, 1)
    with pytest.raises(WeightsError, match="expected 00000000"):
        whisper.build(WeightFile(str(folder), "00000000"), None, CPU, 1, 1)
    with pytest.raises(ValueError, match="brings its own"):
        whisper_tiny_en.build(weight_file(folder), None, CPU, 1, 1)
    (tmp_path / "model.safetensors").symlink_to(folder)
    with pytest.raises(WeightsError, match="not a whole Whisper folder"):
        whisper.build(weight_file(tmp_path / "model.safetensors"), None, CPU, 1, 1)


def test_speech_is_found_where_it_is():
    find = SpeechFinder(0.5)
    sentence = say(SENTENCE)
    quiet = noise(4.0, 0.001)
    [(begin, end)] = find(np.concatenate([quiet, sentence, quiet]))
    assert len(quiet) - 8000 < begin < len(quiet) + 8000
    assert len(quiet) + len(sentence) - 16000 < end < len(quiet) + len(sentence) + 16000
    seconds = np.arange(32000) / 16000
    for sound in (noise(2.0), 0.3 * np.sin(2 * np.pi * 440 * seconds), 0.3 * np.sign(np.sin(2 * np.pi * 50 * seconds))):
        assert find(sound.astype(np.float32)) == []


@pytest.mark.real
def test_words_of_real_clips(embedded, shared_data):
    from torchmetrics.text import WordErrorRate

    find, rate = SpeechFinder(0.5), WordErrorRate()
    for path in sorted((shared_data / "clips").glob("*.mpg"))[:6]:
        wave = read_audio(path, 16000, None, None, 60.0).samples
        heard = " ".join(one.text for one in embedded(windows(wave, find(wave))))
        heard = plain(re.sub(r"\d", lambda found: f" {DIGITS[int(found[0])]} ", heard))
        words = [line.split()[2] for line in path.with_suffix(".align").read_text().splitlines()]
        rate.update([heard], [" ".join(word for word in words if word not in ("sil", "sp"))])
    # Commands such as `bin blue at f two now` are hard for a network that expects sentences; half of it is heard.
    assert 0.1 < float(rate.compute()) < 0.8
