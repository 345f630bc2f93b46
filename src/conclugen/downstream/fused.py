"""A supervised classifier whose modalities are fused by a choice of `downstream/fusions`, trained by `tuning`.

A fusion's module has `build(dims, width)`: `dims` by modality, `width` of its layers. What that returns is called with
standardised inputs (N, D_m), zero where absent, and presence (N,), and gives `Fused`; its attribute `width` is F.
With `needs_order = True` it is called with `Sequences` of the N utterances, too, which are whole stretches of videos or
dialogues; with `two_tasks = True` besides, a second Linear on the same vector learns other labels of the utterances.
"""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Iterable, Mapping

import torch
from torch import nn

from conclugen.downstream.data import Data
from conclugen.downstream.order import Alone, Sequences, Shown, each_alone
from conclugen.downstream.scores import first_bias
from conclugen.downstream.second import Second
from conclugen.downstream.tuning import Said
from conclugen.models.heads import Standardise

Tensors = Mapping[str, torch.Tensor]


@dataclasses.dataclass(frozen=True)
class Fused:
    """What a fusion gives.

    Attributes:
        joint: (N, F), which is classified.
        penalty: a scalar that is added to the loss, in training.
        beside: by modality, (N, F) that are to tell the class by themselves, in training; rows without the modality
            take no part.
    """

    joint: torch.Tensor
    penalty: torch.Tensor | None = None
    beside: Tensors = dataclasses.field(default_factory=dict)


class FusedClassifier(nn.Module):
    """Inputs standardised on the training split, a fusion, dropout, and one Linear; one more per modality beside, and
    one for a second task."""

    def __init__(
        self,
        dims: Mapping[str, int],
        fusion: str,
        width: int,
        classes: int,
        dropout: float,
        shown: Shown | None = None,
        second: Second | None = None,
    ) -> None:
        super().__init__()
        self.standardise = nn.ModuleDict({name: Standardise(dim) for name, dim in dims.items()})
        self.fusion = importlib.import_module(f"conclugen.downstream.fusions.{fusion}").build(dims, width)
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(self.fusion.width, classes)
        names = dims if getattr(self.fusion, "beside", False) else ()
        self.beside = nn.ModuleDict({name: nn.Linear(self.fusion.width, classes) for name in names})
        self.shown = shown or Alone()
        self.task = second if getattr(self.fusion, "two_tasks", False) else None
        self.second = None if self.task is None else nn.Linear(self.fusion.width, self.task.targets.shape[1])

    def forward(self, values: Tensors, present: Tensors, order: Sequences | None = None) -> Said:
        """`{modality: (N, D_m)}` and `{modality: (N,)}` to logits (N, C), and what is added to the loss; with `order`,
        the logits (M, C) are of the utterances that are asked for. Without it, each utterance is a video by itself."""
        inputs = {m: module(values[m]) * present[m][:, None] for m, module in self.standardise.items()}
        if getattr(self.fusion, "needs_order", False):
            return self._in_order(inputs, present, order)
        fused = self.fusion(inputs, present)
        beside = [(self.beside[m](self.dropout(value)), present[m]) for m, value in fused.beside.items()]
        return Said(self.linear(self.dropout(fused.joint)), fused.penalty, beside)

    def _in_order(self, inputs: Tensors, present: Tensors, order: Sequences | None) -> Said:
        if order is None:
            values = next(iter(inputs.values()))
            order = each_alone(len(values), values.device)
        joint = self.dropout(self.fusion(inputs, present, order).joint[order.asked])
        if self.second is None or not self.training:
            return Said(self.linear(joint))
        return Said(self.linear(joint), self.task.cost(self.second(joint), order.rows))

    def learned(self, modalities: Iterable[str]) -> list[nn.Parameter]:
        """Return what is trained: everything."""
        return list(self.parameters())


def classifier(
    data: Data,
    fusion: str,
    width: int,
    dropout: float,
    standardise: bool,
    where: torch.device,
    shown: Shown | None = None,
    second: Second | None = None,
) -> FusedClassifier:
    """Return a fresh classifier; with `standardise`, inputs are scaled as on the training split.

    `shown`: the order of the utterances, for a fusion that needs it; `second`: for one that learns two tasks.
    """
    dims = {name: value.shape[1] for name, value in data.inputs.features.items()}
    model = FusedClassifier(dims, fusion, width, len(data.classes), dropout, shown, second)
    rows = data.inputs.rows(torch.from_numpy((data.split == "train").nonzero()[0]))
    for name, module in model.standardise.items():
        if standardise and bool(rows.present[name].any()):
            module.fit(rows.features[name], rows.present[name])
    if data.task == "regression":
        start = first_bias(data.targets[data.labelled("train")], data.task)
        for head in (model.linear, *model.beside.values()):
            nn.init.zeros_(head.weight)
            with torch.no_grad():
                head.bias.copy_(start)
    return model.to(where)
