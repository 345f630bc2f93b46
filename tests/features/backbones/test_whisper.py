import json

import numpy as np
import pytest
import torch
from transformers import WhisperConfig, WhisperFeatureExtractor, WhisperForConditionalGeneration

from conclugen.features.backbone import WeightFile
from conclugen.features.backbones import whisper
from conclugen.store.listing import WeightsError
from conclugen.store.provenance import file_sha256

SECONDS = 2  # heard at a time, where Whisper itself hears 30
SMALL = {
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 1,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 64,
    "decoder_ffn_dim": 64,
    "vocab_size": 20,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "decoder_start_token_id": 3,
    "max_source_positions": 50 * SECONDS,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("whisper")
    torch.manual_seed(0)
    WhisperForConditionalGeneration(WhisperConfig(**SMALL)).save_pretrained(path)
    WhisperFeatureExtractor(chunk_length=SECONDS).save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def network(folder):
    file = WeightFile(str(folder / "model.safetensors"), file_sha256(folder / "model.safetensors"))
    return whisper.build(file, "some/whisper").load(torch.device("cpu"))[0]


def waves(*seconds):
    generator = np.random.default_rng(0)
    return [torch.from_numpy(generator.normal(size=int(s * 16_000)).astype(np.float32) * 0.1) for s in seconds]


def reference(folder, wave):
    """The states of each piece, as the library gives them, without those of silence that was filled in."""
    model = WhisperForConditionalGeneration.from_pretrained(folder).eval()
    extractor = WhisperFeatureExtractor.from_pretrained(folder)
    states = []
    for begin in range(0, len(wave), SECONDS * 16_000):
        piece = wave[begin : begin + SECONDS * 16_000]
        spectrum = extractor(piece.numpy(), sampling_rate=16_000, return_tensors="pt").input_features
        with torch.inference_mode():
            heard = model.model.encoder(spectrum).last_hidden_state[0]
        states.append(heard[: int(np.ceil(len(piece) / 320))])
    return torch.cat(states).mean(0)


def test_short_and_long_sound_has_the_mean_of_what_was_heard(folder, network):
    given = waves(0.5, 2.0, 5.1, 0.01)
    with torch.inference_mode():
        found = network(given)
    assert found.shape == (4, 32)
    for wave, vector in zip(given, found, strict=True):
        torch.testing.assert_close(vector, reference(folder, wave), atol=1e-4, rtol=1e-4)


def test_no_wave_depends_on_its_neighbours(network, monkeypatch):
    given = waves(0.5, 5.0, 1.0)
    with torch.inference_mode():
        together = network(given)
        monkeypatch.setattr(whisper, "PIECES", 1)
        alone = torch.cat([network([wave]) for wave in given])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-4)


def test_thirty_seconds_are_fifteen_hundred_states():
    extractor = WhisperFeatureExtractor()
    assert extractor.n_samples == 2 * extractor.hop_length * WhisperConfig().max_source_positions == 480_000


def test_a_preprocessor_of_another_model_is_refused(folder, tmp_path):
    for name in ("model.safetensors", "config.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    with pytest.raises(WeightsError, match=r"preprocessor_config\.json: missing"):
        whisper.construct(tmp_path / "model.safetensors")
    about = json.loads((folder / "preprocessor_config.json").read_text())
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(about | {"chunk_length": 30, "n_samples": 480_000}))
    with pytest.raises(WeightsError, match="do not make the 100 positions"):
        whisper.construct(tmp_path / "model.safetensors")
