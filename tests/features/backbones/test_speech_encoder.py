import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    HubertConfig,
    HubertModel,
    Wav2Vec2Config,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2ForPreTraining,
    WavLMConfig,
    WavLMModel,
)

from conclugen.features.backbone import WeightFile
from conclugen.features.backbones import speech_encoder
from conclugen.store.listing import WeightsError
from conclugen.store.provenance import file_sha256

SMALL = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "conv_dim": (16,) * 7,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 2,
}
QUANTISER = {"codevector_dim": 32, "num_codevectors_per_group": 4, "proj_codevector_dim": 16}
KINDS = {
    "wav2vec2": lambda: Wav2Vec2ForPreTraining(Wav2Vec2Config(**SMALL, **QUANTISER)),
    "hubert": lambda: HubertModel(HubertConfig(**SMALL, feat_extract_norm="layer", do_stable_layer_norm=True)),
    "wavlm": lambda: WavLMModel(WavLMConfig(**SMALL)),
    "wavlm-layer": lambda: WavLMModel(WavLMConfig(**SMALL, feat_extract_norm="layer")),
}
GENERATOR = np.random.default_rng(0)
WAVES = [torch.from_numpy((GENERATOR.normal(size=n) * 0.1 + 0.3).astype(np.float32)) for n in (9_000, 16_000, 9_000)]


def folder_of(path, kind, normalise=True):
    torch.manual_seed(0)
    model = KINDS[kind]().eval()
    model.save_pretrained(path)
    about = {"feature_extractor_type": "Wav2Vec2FeatureExtractor", "sampling_rate": 16000, "do_normalize": normalise}
    (path / "preprocessor_config.json").write_text(json.dumps(about))
    return model


def load(path, name="model.safetensors"):
    file = WeightFile(str(path / name), file_sha256(path / name))
    return speech_encoder.build(file, "some/model").load(torch.device("cpu"))[0]


@pytest.mark.parametrize("normalise", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_each_wave_has_the_vector_that_the_library_gives_it_alone(tmp_path, kind, normalise):
    model = folder_of(tmp_path, kind, normalise)
    extractor = Wav2Vec2FeatureExtractor.from_pretrained(tmp_path)
    network = load(tmp_path)
    with torch.inference_mode():
        together = network(WAVES)
        for wave, vector in zip(WAVES, together, strict=True):
            values = extractor(wave.numpy(), sampling_rate=16000, return_tensors="pt").input_values
            expected = model.base_model(values).last_hidden_state[0].mean(0)
            torch.testing.assert_close(vector, expected, atol=2e-5, rtol=1e-4)
    assert together.shape == (3, 32) == (3, network.dim)


def test_sound_shorter_than_a_frame_has_a_vector(tmp_path):
    folder_of(tmp_path, "hubert")
    with torch.inference_mode():
        assert load(tmp_path)([torch.zeros(10), WAVES[0]]).isfinite().all()


def test_names_of_older_files_are_understood(tmp_path):
    folder_of(tmp_path, "wav2vec2")
    new = load_file(tmp_path / "model.safetensors")
    old = {n.replace("parametrizations.weight.original0", "weight_g"): v for n, v in new.items()}
    old = {n.replace("parametrizations.weight.original1", "weight_v"): v for n, v in old.items()}
    del old["wav2vec2.masked_spec_embed"]  # as in files that were fine-tuned
    torch.save(old, tmp_path / "pytorch_model.bin")
    assert set(old) != set(new)
    with torch.inference_mode():
        torch.testing.assert_close(load(tmp_path, "pytorch_model.bin")(WAVES), load(tmp_path)(WAVES))


@pytest.mark.parametrize("fault", ["missing", "extra", "shape"])
def test_parameters_that_do_not_fit_are_refused(tmp_path, fault):
    folder_of(tmp_path, "wav2vec2")
    state, name = load_file(tmp_path / "model.safetensors"), "wav2vec2.encoder.layers.1.final_layer_norm.weight"
    if fault == "missing":
        del state[name]
    elif fault == "extra":
        state[name.replace(".1.", ".2.")] = torch.zeros(32)
    else:
        state[name] = torch.zeros(33)
    save_file(state, tmp_path / "model.safetensors")
    with pytest.raises(WeightsError, match="final_layer_norm"):
        load(tmp_path)


def test_another_kind_rate_or_folder_is_refused(tmp_path):
    folder_of(tmp_path, "wav2vec2")
    about = json.loads((tmp_path / "preprocessor_config.json").read_text())
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(about | {"sampling_rate": 8000}))
    with pytest.raises(WeightsError, match="8000 samples per second"):
        load(tmp_path)
    (tmp_path / "preprocessor_config.json").unlink()
    with pytest.raises(WeightsError, match=r"preprocessor_config\.json: missing"):
        load(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"model_type": "bert"}))
    with pytest.raises(WeightsError, match="type 'bert'; this backbone takes wav2vec2"):
        load(tmp_path)
    file = WeightFile(str(tmp_path / "model.safetensors"), "0" * 64)
    with pytest.raises(WeightsError, match="replaced or cut short"):
        speech_encoder.build(file).load(torch.device("cpu"))
    with pytest.raises(WeightsError, match=r"snakemake weights.*resemblyzer"):
        speech_encoder.build(None, "some/model")
