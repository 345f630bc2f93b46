"""Networks before they learn: their weights as drawn, the scale of their inputs, and what settings.json tells."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch

from conclugen.models.io import build
from conclugen.models.network import Network, NetworkSettings
from conclugen.pretrain.corpus import Corpus
from conclugen.pretrain.settings import Given, Settings
from conclugen.store.provenance import versions


def fresh_network(corpus: Corpus, settings: Settings) -> Network:
    """Return a network that has learned nothing but, where asked for, the scale of its training inputs."""
    network = build(network_settings(settings, corpus.input_dims))
    fit_scale(network, corpus, settings.views)
    return network


def network_settings(settings: Settings, input_dims: dict[str, int]) -> NetworkSettings:
    """Return the network that `settings` describe, with only the heads that its losses use."""
    widths = {f"{name}_dim": width for name, width in settings.sizes.items()}
    shape = widths | dataclasses.asdict(settings.architecture)
    read = {name: value for name, value in shape.items() if value is not None}
    return NetworkSettings(input_dims=input_dims, heads=settings.heads, **read)


def fit_scale(network: Network, corpus: Corpus, views: int) -> None:
    """Let a network that standardises its inputs measure the training rows."""
    if network.settings.standardise:
        network.fit_inputs(*training_rows(corpus, views))


def training_rows(corpus: Corpus, views: int) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """Return, by modality, all features (N, D), not copied, and which rows (N,) train; every view is a row."""
    trained = torch.zeros(len(corpus.data), dtype=torch.bool)
    trained[corpus.train] = True
    features, present = corpus.data.features, {m: rows & trained for m, rows in corpus.data.present.items()}
    if views:
        present = {m: rows.repeat_interleave(views) for m, rows in present.items()}
        features = {m: value.flatten(0, 1) for m, value in features.items()}
    return features, present


def describe(corpus: Corpus, settings: Given, seed: int) -> dict[str, Any]:
    """Return what settings.json tells of the model beside its shape."""
    return {
        "corpus": settings.corpus,
        "preset": settings.preset,
        "method": settings.method,
        "seed": seed,
        "modalities": {name: list(streams) for name, streams in settings.modalities.items()},
        "streams": corpus.streams,
        "utterances": {"train": len(corpus.train), "valid": len(corpus.valid)},
        "settings": dataclasses.asdict(settings),
        "software": versions(),
    }
