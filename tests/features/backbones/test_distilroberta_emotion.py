import json

import pytest
import torch
from transformers import AutoTokenizer, RobertaConfig, RobertaForSequenceClassification

from conclugen.features.backbone import WeightFile
from conclugen.features.backbones import distilroberta_emotion
from conclugen.features.catalogue import CATALOGUE
from conclugen.store.listing import WeightsError
from conclugen.store.provenance import file_sha256

LETTERS = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", "Ġ", *"abcdefghijklmnopqrstuvwxyzI!", "lo", "ve", "Ġlo", "Ġlove"]
MERGES = ["l o", "v e", "Ġ lo", "Ġlo ve"]
CPU = torch.device("cpu")


@pytest.fixture
def folder(tmp_path):
    """A model of two small layers, laid out as the published folder."""
    torch.manual_seed(0)
    config = RobertaConfig(
        vocab_size=len(LETTERS), hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
        max_position_embeddings=34, num_labels=7, type_vocab_size=1,
    )  # fmt: skip
    config.save_pretrained(tmp_path)
    (tmp_path / "vocab.json").write_text(json.dumps({piece: i for i, piece in enumerate(LETTERS)}))
    (tmp_path / "merges.txt").write_text("#version: 0.2\n" + "\n".join(MERGES) + "\n")
    (tmp_path / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "RobertaTokenizer", "model_max_length": 512})
    )
    state = RobertaForSequenceClassification(config).state_dict()
    state["roberta.embeddings.position_ids"] = torch.arange(34)[None]  # as in files of that time
    torch.save(state, tmp_path / "pytorch_model.bin")
    return tmp_path


def load(folder):
    path = folder / "pytorch_model.bin"
    return distilroberta_emotion.build(WeightFile(str(path), file_sha256(path))).load(CPU)[0]


def test_mean_of_the_hidden_states_of_the_library_and_no_text_depends_on_another(folder):
    network = load(folder)
    reference = RobertaForSequenceClassification.from_pretrained(folder, output_hidden_states=True).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    texts = ["I love it!", "no", "I love love love it and so on " * 5]
    assert tokenizer.tokenize("I love") == ["I", "Ġlove"]
    with torch.inference_mode():
        found = network(texts)
        for text, vector in zip(texts, found, strict=True):
            tokens = tokenizer(text, truncation=True, max_length=32, return_tensors="pt")
            expected = reference(**tokens).hidden_states[-1][0].mean(0)
            torch.testing.assert_close(vector, expected, atol=1e-5, rtol=1e-4)


def test_names_and_shapes_are_the_published_ones():
    with torch.device("meta"):
        config = RobertaConfig(
            vocab_size=50265, num_hidden_layers=6, max_position_embeddings=514, type_vocab_size=1, num_labels=7
        )
        state = RobertaForSequenceClassification(config).state_dict()
    assert state["roberta.embeddings.word_embeddings.weight"].shape == (50265, 768)
    assert state["roberta.encoder.layer.5.output.dense.weight"].shape == (768, 3072)
    assert state["classifier.out_proj.weight"].shape == (7, 768)
    assert len(state) == 105


def test_it_has_seen_the_labels_of_meld():
    assert "MELD" in CATALOGUE["text"]["distilroberta_emotion"].seen


@pytest.mark.parametrize("fault", ["missing", "extra", "tokenizer", "kind"])
def test_what_does_not_fit_is_refused(folder, fault):
    state = torch.load(folder / "pytorch_model.bin")
    if fault == "missing":
        del state["classifier.out_proj.bias"]
    elif fault == "extra":
        state["roberta.encoder.layer.2.output.dense.bias"] = torch.zeros(32)
    elif fault == "tokenizer":
        (folder / "tokenizer_config.json").unlink()
    else:
        (folder / "config.json").write_text('{"model_type": "bert"}')
    torch.save(state, folder / "pytorch_model.bin")
    with pytest.raises(WeightsError, match=r"out_proj|layer\.2|tokenizer_config\.json: missing|type 'bert'"):
        load(folder)
