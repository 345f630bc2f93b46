"""The embedded Whisper in the layout of transformers: the same numbers under other names."""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import GenerationConfig, WhisperConfig, WhisperFeatureExtractor

KINDS = {0: "f4", 1: "i1", 2: "i2", 3: "i4", 4: "f2"}


def read(path: Path) -> dict[str, np.ndarray]:
    """Read a CTranslate2 model file of version 6: a count of variables, each with name, shape, type and bytes."""
    data, at = path.read_bytes(), 0

    def number(kind: str) -> int:
        nonlocal at
        (value,) = struct.unpack_from("<" + kind, data, at)
        at += struct.calcsize(kind)
        return value

    def name() -> str:
        nonlocal at
        length = number("H")
        at += length
        return data[at - length : at - 1].decode()

    number("I"), name(), number("I")  # version, kind of model, its revision
    found = {}
    for _ in range(number("I")):
        key = name()
        shape = [number("I") for _ in range(number("B"))]
        kind, size = np.dtype(KINDS[number("B")]), number("I")
        found[key] = np.frombuffer(data, kind, size // kind.itemsize, at).reshape(shape)
        at += size
    return found


def write_folder(source: Path, folder: Path) -> Path:
    """Write config, tokenizer and weights of `source` as transformers reads them; return the weight file."""
    folder.mkdir(parents=True, exist_ok=True)
    weights, about = read(source / "model.bin"), json.loads((source / "config.json").read_text())
    shutil.copy(source / "tokenizer.json", folder)
    token = {"eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>", "pad_token": "<|endoftext|>"}
    kind = {"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False}
    (folder / "tokenizer_config.json").write_text(json.dumps(kind | token))
    WhisperFeatureExtractor().save_pretrained(folder)
    vocabulary, width = weights["decoder/embeddings/weight"].shape
    layers = 1 + max(int(key.split("/")[1][6:]) for key in weights if "/layer_" in key and "layer_norm" not in key[:20])
    heads, inner = int(weights["encoder/num_heads"]), weights["encoder/layer_0/ffn/linear_0/bias"].size
    special = {"bos_token_id": 50256, "eos_token_id": 50256, "pad_token_id": 50256, "decoder_start_token_id": 50257}
    WhisperConfig(
        vocab_size=vocabulary,
        d_model=width,
        encoder_layers=layers,
        decoder_layers=layers,
        encoder_attention_heads=heads,
        decoder_attention_heads=heads,
        encoder_ffn_dim=inner,
        decoder_ffn_dim=inner,
        **special,
    ).save_pretrained(folder)
    GenerationConfig(
        **special,
        is_multilingual=False,
        max_length=448,
        no_timestamps_token_id=50362,
        suppress_tokens=about["suppress_ids"],
        begin_suppress_tokens=about["suppress_ids_begin"],
        return_timestamps=False,
    ).save_pretrained(folder)
    state = {name: torch.from_numpy(np.array(value)) for name, value in renamed(weights, layers)}
    save_file(state, folder / "model.safetensors")
    return folder / "model.safetensors"


def renamed(weights: dict[str, np.ndarray], layers: int):
    """Yield the names of transformers with their arrays."""
    for side in ("encoder", "decoder"):
        ours, theirs = f"{side}/", f"model.{side}."
        yield theirs + "embed_positions.weight", weights[ours + "position_encodings/encodings"]
        yield from _norm(weights, ours + "layer_norm", theirs + "layer_norm")
        for layer in range(layers):
            yield from _layer(weights, f"{ours}layer_{layer}/", f"{theirs}layers.{layer}.", side == "decoder")
    for conv in ("conv1", "conv2"):
        for part in ("weight", "bias"):
            yield f"model.encoder.{conv}.{part}", weights[f"encoder/{conv}/{part}"]
    yield "model.decoder.embed_tokens.weight", weights["decoder/embeddings/weight"]


def _layer(weights, ours, theirs, decoder):
    yield from _norm(weights, ours + "self_attention/layer_norm", theirs + "self_attn_layer_norm")
    yield from _norm(weights, ours + "ffn/layer_norm", theirs + "final_layer_norm")
    yield from _attention(weights, ours + "self_attention/", theirs + "self_attn.", ("qkv",))
    if decoder:
        yield from _norm(weights, ours + "attention/layer_norm", theirs + "encoder_attn_layer_norm")
        yield from _attention(weights, ours + "attention/", theirs + "encoder_attn.", ("q", "kv"))
    for index, name in enumerate(("fc1", "fc2")):
        for part in ("weight", "bias"):
            yield f"{theirs}{name}.{part}", weights[f"{ours}ffn/linear_{index}/{part}"]


def _attention(weights, ours, theirs, fused):
    """Projections that are stacked in one matrix come apart; the one of the keys has no bias."""
    for index, names in enumerate((*fused, "o")):
        for part in ("weight", "bias"):
            pieces = np.split(weights[f"{ours}linear_{index}/{part}"], len(names))
            for name, piece in zip(names, pieces, strict=True):
                if (name, part) != ("k", "bias"):
                    yield f"{theirs}{'out' if name == 'o' else name}_proj.{part}", piece


def _norm(weights, ours, theirs):
    yield f"{theirs}.weight", weights[f"{ours}/gamma"]
    yield f"{theirs}.bias", weights[f"{ours}/beta"]
