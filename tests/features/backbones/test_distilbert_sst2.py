import json

import pytest
import torch
from safetensors.torch import save_file
from transformers import AutoTokenizer, DistilBertConfig, DistilBertForSequenceClassification

from conclugen.features.backbone import WeightFile
from conclugen.features.backbones import distilbert_sst2
from conclugen.store.provenance import file_sha256
from conclugen.store.weights import WeightsError

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "i", "love", "hate", "it", "##s", "!"]


@pytest.fixture
def folder(tmp_path):
    """A model of two small layers, laid out as the published folder."""
    torch.manual_seed(0)
    config = DistilBertConfig(vocab_size=len(WORDS), dim=32, hidden_dim=64, n_layers=2, n_heads=4)
    config.save_pretrained(tmp_path)
    (tmp_path / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    about = {"tokenizer_class": "DistilBertTokenizer", "do_lower_case": True, "model_max_length": 512}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(about))
    save_file(DistilBertForSequenceClassification(config).state_dict(), tmp_path / "model.safetensors")
    return tmp_path


def test_mean_of_the_hidden_states_of_the_whole_model(folder):
    path = folder / "model.safetensors"
    backbone = distilbert_sst2.build(WeightFile(str(path), file_sha256(path)))
    network, sha256 = backbone.load(torch.device("cpu"))
    reference = DistilBertForSequenceClassification.from_pretrained(folder, output_hidden_states=True).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    texts = ["I love it!", "I hate its"]
    with torch.inference_mode():
        found = network(texts)
        expected = [reference(**tokenizer(t, return_tensors="pt")).hidden_states[-1][0].mean(0) for t in texts]
    assert sha256 == file_sha256(path)
    assert tokenizer.tokenize(texts[1]) == ["i", "hate", "it", "##s"]
    torch.testing.assert_close(found, torch.stack(expected), atol=1e-5, rtol=1e-4)


def test_names_and_shapes_are_the_published_ones():
    with torch.device("meta"):
        state = DistilBertForSequenceClassification(DistilBertConfig()).state_dict()
    assert len(state) == 104
    assert state["distilbert.embeddings.word_embeddings.weight"].shape == (30522, 768)
    assert state["distilbert.transformer.layer.5.ffn.lin2.weight"].shape == (768, 3072)
    assert state["pre_classifier.weight"].shape == (768, 768)


def test_an_incomplete_folder_is_named(folder):
    path = folder / "model.safetensors"
    (folder / "tokenizer_config.json").unlink()
    with pytest.raises(WeightsError, match=r"tokenizer_config\.json: missing beside the weights"):
        distilbert_sst2.construct(path)


def test_a_model_without_its_classifier_is_refused(folder):
    path = folder / "model.safetensors"
    config = DistilBertConfig.from_pretrained(folder)
    state = DistilBertForSequenceClassification(config).state_dict()
    del state["classifier.bias"]
    save_file(state, path)
    with pytest.raises(WeightsError, match=r"classifier\.bias"):
        distilbert_sst2.construct(path)
