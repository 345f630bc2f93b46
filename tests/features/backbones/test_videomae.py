import json

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import VideoMAEConfig, VideoMAEForPreTraining

from conclugen.features.backbone import WeightFile
from conclugen.features.backbones import videomae
from conclugen.store.listing import WeightsError
from conclugen.store.provenance import file_sha256

SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
DECODER = {f"decoder_{name}": value for name, value in SMALL.items()}
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


@pytest.fixture
def folder(tmp_path):
    torch.manual_seed(0)
    config = VideoMAEConfig(image_size=32, patch_size=16, num_frames=4, **SMALL, **DECODER)
    VideoMAEForPreTraining(config).save_pretrained(tmp_path)
    (tmp_path / "preprocessor_config.json").write_text(json.dumps({"image_mean": MEAN, "image_std": STD}))
    return tmp_path


def load(folder, window=4, size=32):
    path = folder / "model.safetensors"
    file = WeightFile(str(path), file_sha256(path))
    return videomae.build(file, "some/videomae", window, size).load(torch.device("cpu"))[0]


def test_clips_have_the_mean_of_the_patches_of_the_library(folder):
    reference = VideoMAEForPreTraining.from_pretrained(folder).eval().videomae
    clips = torch.rand(3, 3, 4, 32, 32)
    mean, std = (torch.tensor(values).view(1, 3, 1, 1, 1) for values in (MEAN, STD))
    network = load(folder)
    with torch.inference_mode():
        found = network(clips)
        expected = reference(((clips - mean) / std).permute(0, 2, 1, 3, 4)).last_hidden_state.mean(1)
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(found[:1], network(clips[:1]), atol=1e-5, rtol=1e-4)
    assert found.shape == (3, network.dim)


def test_published_files_name_their_biases_otherwise(folder):
    names = load_file(folder / "model.safetensors")
    assert "videomae.encoder.layer.1.attention.attention.q_bias" in names
    assert "encoder_to_decoder.weight" in names


def test_another_size_is_possible_and_another_number_of_frames_is_not(folder):
    with torch.inference_mode():
        assert load(folder, size=48)(torch.rand(1, 3, 4, 48, 48)).shape == (1, 32)
    with pytest.raises(WeightsError, match="looks at 4 frames; set window"):
        load(folder, window=16)
    with pytest.raises(WeightsError, match="no multiple of its patch"):
        load(folder, size=40)


@pytest.mark.parametrize("fault", ["missing", "extra"])
def test_parameters_that_do_not_fit_are_refused(folder, fault):
    state, name = load_file(folder / "model.safetensors"), "videomae.encoder.layer.1.attention.attention.q_bias"
    if fault == "missing":
        del state[name]
    else:
        state[name.replace(".1.", ".2.")] = torch.zeros(32)
    save_file(state, folder / "model.safetensors")
    with pytest.raises(WeightsError, match=r"attention\.query\.bias"):
        load(folder)
