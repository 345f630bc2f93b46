"""CIA: context-level inter-modal attention over the utterances of a video, with two tasks (Akhtar et al. 2019).

A bidirectional GRU per modality runs over the utterances, a layer with ReLU follows, every modality attends to every
other one over the whole video, and what comes of it stands beside the modalities themselves (`context.pairwise`). Two
Linear on the same vector tell expression and, where the labels have it, sentiment; both losses are added up.

Widths and dropout are those of the released code, the widths as far as `width` allows. It drops states of the GRU from
step to step, too, which is not here, and tells two classes of sentiment where its value is told here. An absent
modality enters the GRU as zero and is attended to by none; what the GRU tells of its neighbours stays.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from conclugen.downstream.fused import Fused
from conclugen.downstream.fusions.context import pairwise
from conclugen.downstream.order import Sequences

UNITS, DENSE, DROPOUT = 200, 100, 0.3  # units of each direction


class Cia(nn.Module):
    """`{modality: (N, D_m)}` to (N, F)."""

    needs_order = True
    two_tasks = True

    def __init__(self, dims: Mapping[str, int], width: int) -> None:
        super().__init__()
        units, dense = min(width, UNITS), min(width, DENSE)
        self.width = len(dims) ** 2 * dense
        self.recurrent = nn.ModuleDict(
            {name: nn.GRU(dim, units, batch_first=True, bidirectional=True) for name, dim in dims.items()}
        )
        self.dense = nn.ModuleDict({name: nn.Linear(2 * units, dense) for name in dims})
        self.dropout = nn.Dropout(DROPOUT)

    def forward(
        self, values: Mapping[str, torch.Tensor], present: Mapping[str, torch.Tensor], order: Sequences
    ) -> Fused:
        """Return all modalities and what they find in each other."""
        hidden = {}
        for name, module in self.recurrent.items():
            states = self.dropout(over(module, self.dropout(order.spread(values[name])), order.lengths))
            hidden[name] = self.dropout(self.dense[name](states).relu())
        masks = {name: order.spread(present[name]) for name in hidden}
        return Fused(order.collect(pairwise(hidden, masks)))


def over(module: nn.GRU, values: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """Return the states (S, T, 2 U) of a GRU over values (S, T, D), each row as long as `lengths` (S,) says: what is
    beyond is not read in either direction, and its states are zero."""
    packed = pack_padded_sequence(values, lengths, batch_first=True, enforce_sorted=False)
    return pad_packed_sequence(module(packed)[0], batch_first=True, total_length=values.shape[1])[0]


build = Cia
