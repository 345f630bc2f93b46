import json

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    AutoTokenizer,
    BertConfig,
    BertForMaskedLM,
    BertModel,
    MPNetConfig,
    MPNetModel,
    RobertaConfig,
    RobertaForMaskedLM,
    T5Config,
)

from conclugen.features.backbone import WeightFile
from conclugen.features.backbones import minilm, text_encoder
from conclugen.store.listing import WeightsError
from conclugen.store.provenance import file_sha256

WORDS = ["<s>", "<pad>", "</s>", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[PAD]", "i", "love", "hate", "it", "##s", "!"]
SMALL = {
    "vocab_size": len(WORDS),
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 20,
}
KINDS = {
    "bert": lambda: BertModel(BertConfig(**SMALL)),
    "bert for words": lambda: BertForMaskedLM(BertConfig(**SMALL)),
    "roberta for words": lambda: RobertaForMaskedLM(RobertaConfig(**SMALL)),
    "mpnet": lambda: MPNetModel(MPNetConfig(**SMALL)),
}
TEXTS = ["I love it!", "i", "I hate its"]


def folder_of(path, kind):
    torch.manual_seed(0)
    model = KINDS[kind]().eval()
    model.save_pretrained(path)
    (path / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    about = {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 512}
    (path / "tokenizer_config.json").write_text(json.dumps(about))
    return model


def load(path):
    file = WeightFile(str(path / "model.safetensors"), file_sha256(path / "model.safetensors"))
    return text_encoder.build(file, "some/model").load(torch.device("cpu"))[0]


@pytest.mark.parametrize("kind", KINDS)
def test_each_text_has_the_mean_that_the_library_gives_it_alone(tmp_path, kind):
    model, network = folder_of(tmp_path, kind), load(tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    with torch.inference_mode():
        found = network(TEXTS)
        for text, vector in zip(TEXTS, found, strict=True):
            tokens = tokenizer(text, return_tensors="pt")
            states = model.base_model(tokens["input_ids"], attention_mask=tokens["attention_mask"]).last_hidden_state
            torch.testing.assert_close(vector, states[0].mean(0), atol=1e-5, rtol=1e-4)
    assert found.shape == (3, network.dim)


@pytest.mark.parametrize(("kind", "tokens"), [("bert", 20), ("roberta for words", 18)])
def test_long_texts_are_cut_to_the_positions_there_are(tmp_path, kind, tokens):
    folder_of(tmp_path, kind)
    network = load(tmp_path)
    assert network.max_tokens == tokens
    with torch.inference_mode():
        assert network(["love it " * 50]).isfinite().all()


def test_parameters_of_very_old_files_are_understood(tmp_path):
    folder_of(tmp_path, "bert")
    with torch.inference_mode():
        expected = load(tmp_path)(TEXTS)
    state = load_file(tmp_path / "model.safetensors")
    old = {n.replace("LayerNorm.weight", "LayerNorm.gamma"): v for n, v in state.items()}
    old = {f"bert.{n.replace('LayerNorm.bias', 'LayerNorm.beta')}": v for n, v in old.items()}
    old |= {"cls.seq_relationship.weight": torch.zeros(2, 32), "bert.embeddings.position_ids": torch.arange(20)[None]}
    save_file(old, tmp_path / "model.safetensors")
    with torch.inference_mode():
        torch.testing.assert_close(load(tmp_path)(TEXTS), expected)


@pytest.mark.parametrize("fault", ["missing", "extra"])
def test_parameters_that_do_not_fit_are_refused(tmp_path, fault):
    folder_of(tmp_path, "roberta for words")
    state, name = load_file(tmp_path / "model.safetensors"), "roberta.encoder.layer.1.output.dense.bias"
    if fault == "missing":
        del state[name]
    else:
        state[name.replace(".1.", ".2.")] = torch.zeros(32)
    save_file(state, tmp_path / "model.safetensors")
    with pytest.raises(WeightsError, match=r"output\.dense\.bias"):
        load(tmp_path)


def test_a_model_with_a_decoder_is_refused(tmp_path):
    T5Config(vocab_size=10, d_model=8, num_layers=1).save_pretrained(tmp_path)
    save_file({"x": torch.zeros(1)}, tmp_path / "model.safetensors")
    with pytest.raises(WeightsError, match="takes encoders of text"):
        load(tmp_path)


def test_a_folder_without_a_configuration_is_named(tmp_path):
    save_file({"x": torch.zeros(1)}, tmp_path / "model.safetensors")
    with pytest.raises(WeightsError, match=r"config\.json: missing beside the weights"):
        load(tmp_path)


def test_real_weights_by_name_give_what_their_own_backbone_gives():
    path = minilm.WEIGHTS.locate()
    network = text_encoder.build(WeightFile(str(path), minilm.WEIGHTS.sha256)).load(torch.device("cpu"))[0]
    own = minilm.build().load(torch.device("cpu"))[0]
    texts = ["I can't believe you did that!", "Well."]
    with torch.inference_mode():
        torch.testing.assert_close(network(texts), own(texts), atol=1e-5, rtol=1e-4)


def test_a_shard_records_what_lies_beside_the_weights(tmp_path):
    folder_of(tmp_path, "bert")
    file = WeightFile(str(tmp_path / "model.safetensors"), file_sha256(tmp_path / "model.safetensors"))
    found = [text_encoder.build(file).attributes("0" * 64)]
    (tmp_path / "README.md").write_text("of no account")
    assert text_encoder.build(file).attributes("0" * 64) == found[0]
    (tmp_path / "vocab.txt").write_text("\n".join(reversed(WORDS)))
    found.append(text_encoder.build(file).attributes("0" * 64))
    (tmp_path / "added_tokens.json").write_text("{}")
    found.append(text_encoder.build(file).attributes("0" * 64))
    assert len({about["beside_sha256"] for about in found}) == 3
