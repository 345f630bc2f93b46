"""The supervised baseline: the same architecture from scratch, on labels alone, with fine-tuning's budget (Table 2).

Entry module. In place of that architecture, a way to fuse modalities can be named (`downstream/fusions`), which is
trained on the same rows, with the same budget.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import torch

from conclugen.downstream import fused
from conclugen.downstream import settings as common
from conclugen.downstream.data import Data, parse_arguments, read
from conclugen.downstream.fused import FusedClassifier
from conclugen.downstream.order import Shown, stretches_of
from conclugen.downstream.second import Second, second_of
from conclugen.downstream.tuning import Classifier, classifier, run
from conclugen.models.io import build
from conclugen.models.network import Network, NetworkSettings
from conclugen.store.devices import device, set_threads
from conclugen.store.settings import parse


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings(common.Settings):
    """The shared settings, and the representation heads to train: switches of
    `conclugen.pretrain.settings.Architecture`.

    Attributes:
        representation_dim, hidden_dim: widths of the representation and inside its head.
        standardise_inputs: the switch `standardise`.
        fusion: a module of `conclugen.downstream.fusions`, whose layers are as wide as `hidden_dim`; None:
            representation heads, side by side.
        needs_order: the fusion sees utterances in their order.
        order: the pattern of ids that tells it; None: films and times do.
    """

    OPTIONAL = (*common.Settings.OPTIONAL, "fusion", "needs_order", "order")

    representation_dim: int
    hidden_dim: int
    gated: bool
    representation_relu: bool
    residual: bool
    narrow: tuple[str, ...]
    standardise_inputs: bool
    fusion: str | None = None
    needs_order: bool = False
    order: str | None = None


def network(data: Data, settings: Settings) -> Network:
    """Return fresh representation heads, with their inputs standardised on the training split if asked for."""
    shape = NetworkSettings(
        input_dims={name: value.shape[1] for name, value in data.inputs.features.items()},
        representation_dim=settings.representation_dim,
        hidden_dim=settings.hidden_dim,
        gated=settings.gated,
        representation_relu=settings.representation_relu,
        residual=settings.residual,
        narrow=settings.narrow,
        standardise=settings.standardise_inputs,
    )
    fresh = build(shape)
    rows = data.inputs.rows(torch.from_numpy((data.split == "train").nonzero()[0]))
    fresh.fit_inputs(rows.features, rows.present)
    return fresh


def fresh(
    data: Data,
    settings: Settings,
    where: torch.device,
    order: Shown | None = None,
    second: Second | None = None,
) -> Classifier | FusedClassifier:
    """Return the classifier that is trained, as it starts out."""
    if settings.fusion is None:
        return classifier(network(data, settings), data, settings, where)
    width, scaled = settings.hidden_dim, settings.standardise_inputs
    return fused.classifier(data, settings.fusion, width, settings.dropout, scaled, where, order, second)


def main(argv: Sequence[str] | None = None) -> None:
    """Write predictions for every seed."""
    arguments = parse_arguments(__doc__ or "", argv, needs_model=False)
    settings = parse(Settings, arguments.settings)
    set_threads(arguments.threads)
    data = read(
        arguments.manifest, arguments.features, settings.modalities, settings.evaluate, settings.target, settings.fold
    )
    order, second = None, None
    if settings.needs_order:
        order = stretches_of(arguments.manifest, data.ids, settings.order, settings.fold)
        second = second_of(arguments.manifest, data.ids, settings.target, settings.fold)
    about = {"protocol": "supervised", "network": None}
    run(data, settings, lambda _: fresh(data, settings, device(), order, second), arguments.output, lambda _: about)


if __name__ == "__main__":
    main()
