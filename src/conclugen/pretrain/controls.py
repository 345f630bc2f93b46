"""Representations that nothing was pretrained for, in the form of pretrained networks: what pretraining must beat.

`untrained` is the network of the reference method as it is drawn, with the scale of its inputs; `PCA` and `GCCA` are
linear maps of standardised inputs, computed from the training rows of the corpus, at most as wide as a representation.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from conclugen.models.heads import Standardise
from conclugen.models.io import build, save
from conclugen.models.network import Network, NetworkSettings
from conclugen.pretrain.corpus import Corpus, load_corpus
from conclugen.pretrain.fresh import describe, fit_scale, training_rows
from conclugen.pretrain.projections import canonical, principal
from conclugen.pretrain.settings import Given
from conclugen.pretrain.unlearned import GCCA, PCA, UNTRAINED
from conclugen.store.devices import set_threads
from conclugen.store.settings import parse
from conclugen.store.shards import by_stream


@dataclasses.dataclass(frozen=True)
class Drawn:
    """The representation heads of a network that is drawn: switches of `conclugen.pretrain.settings.Architecture`.

    Attributes:
        hidden_dim: width inside a head.
    """

    hidden_dim: int
    gated: bool
    representation_relu: bool
    residual: bool
    narrow: tuple[str, ...]
    standardise: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings(Given):
    """What a control depends on beside data and seed.

    Attributes:
        width: of the representation, at most.
        drawn: the heads of `untrained`; None for the others.
    """

    width: int
    drawn: Drawn | None

    def __post_init__(self) -> None:
        if self.method not in (UNTRAINED, PCA, GCCA):
            raise ValueError(f"{self.method!r} is no control; there are {UNTRAINED}, {PCA}, {GCCA}")
        if (self.drawn is None) != (self.method != UNTRAINED):
            raise ValueError(f"{self.method}: the heads of a network are for {UNTRAINED}, and it needs them")


def control_network(corpus: Corpus, settings: Settings) -> Network:
    """Return the control; `untrained` is drawn from PyTorch's global generator."""
    if settings.drawn is None:
        return _linear(corpus, settings)
    network = build(_shape(corpus, settings.width, **dataclasses.asdict(settings.drawn)))
    fit_scale(network, corpus, settings.views)
    return network


@torch.no_grad()
def _linear(corpus: Corpus, settings: Settings) -> Network:
    """PCA or GCCA as a network whose representation heads are one linear layer each."""
    values, present = training_rows(corpus, settings.views)
    scales = {m: Standardise(value.shape[1]) for m, value in values.items()}
    for m, scale in scales.items():
        if bool(present[m].any()):
            scale.fit(values[m], present[m])
    if settings.method == PCA:
        axes = {m: principal(values[m], present[m], scales[m], settings.width) for m in values}
    else:
        axes = canonical(values, present, scales, settings.width)
    heads = {"hidden_dim": 1, "gated": False, "representation_relu": False, "residual": False, "narrow": ()}
    widths = {m: len(matrix) for m, matrix in axes.items()}
    network = build(_shape(corpus, settings.width, **heads, standardise=True, linear=widths))
    for m, matrix in axes.items():
        network.standardise[m].load_state_dict(scales[m].state_dict())
        network.representation[m].weight.copy_(torch.from_numpy(np.ascontiguousarray(matrix)))
        network.representation[m].bias.zero_()
    return network


def _shape(corpus: Corpus, width: int, **heads: object) -> NetworkSettings:
    """A network with representations alone."""
    return NetworkSettings(input_dims=corpus.input_dims, representation_dim=width, **heads)


def main(argv: Sequence[str] | None = None) -> None:
    """Read features and write model.safetensors and settings.json."""
    parser = argparse.ArgumentParser(prog="conclugen.pretrain.controls", description=__doc__)
    parser.add_argument(
        "--splits", type=Path, required=True, help="CSV with utterance_id, split, group; no label is read"
    )
    parser.add_argument("--features", nargs="+", action="extend", required=True, help="…/STREAM/SHARD.h5")
    parser.add_argument("--settings", required=True, help="JSON")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--output-dir", type=Path, required=True)
    arguments = parser.parse_args(argv)
    settings = parse(Settings, arguments.settings)
    set_threads(arguments.threads)
    corpus = load_corpus(arguments.splits, by_stream(arguments.features), settings)
    torch.manual_seed(arguments.seed)
    network = control_network(corpus, settings)
    widths = network.settings.linear or dict.fromkeys(corpus.input_dims, settings.width)
    change = ", ".join(f"{m} {corpus.input_dims[m]} → {width}" for m, width in widths.items())
    print(f"{settings.method} of {len(corpus.train)} utterances: {change}", flush=True)
    save(network, arguments.output_dir, describe(corpus, settings, arguments.seed))


if __name__ == "__main__":
    main()
