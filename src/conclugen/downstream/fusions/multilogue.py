"""Multilogue-Net: a dialogue followed by a state of its context, of who speaks and of the emotion, for each modality
(Shenoy and Sardana 2020, as their released code has it; the states are those of DialogueRNN, Majumder et al. 2019).

For modality m and utterance t, spoken by p:

    g_t = GRU([x_t; q_p], g_{t-1})          context; x_t is made of all modalities
    c_t = Σ_{i<t} softmax_i(w · g_i) g_i    what was said before; zero at the start
    q_p = GRU([u_t; c_t], q_p)              the speaker; nobody else's state changes
    e_t = GRU(q_p, e_{t-1})                 the emotion

over the dialogue from either end. [e→; e←] goes through a layer with ReLU that all modalities share, then every
modality attends to every other one (`context.pairwise`).

Widths and the dropout of states are those of the released code, the widths as far as `width` allows; its other dropouts
are the one of the budget. It gives each modality's context the text; here x_t is a linear map of all modalities, since
text may not be among them. It runs one way where sentiment is told, here both. Where a modality is absent, its states
stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn
from torch.nn import functional

from conclugen.downstream.fused import Fused
from conclugen.downstream.fusions.context import pairwise
from conclugen.downstream.order import Sequences

STATE, EMOTION, DROPOUT = 150, 100, 0.1  # of context and speakers; of emotions


class Cells(nn.Module):
    """`nets` GRU cells side by side, each with weights of its own, as in `torch.nn.GRUCell`."""

    def __init__(self, nets: int, inputs: int, width: int) -> None:
        super().__init__()
        self.inputs = nn.Parameter(torch.empty(nets, inputs, 3 * width))
        self.states = nn.Parameter(torch.empty(nets, width, 3 * width))
        self.input_bias = nn.Parameter(torch.empty(nets, 1, 3 * width))
        self.state_bias = nn.Parameter(torch.empty(nets, 1, 3 * width))
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -(width**-0.5), width**-0.5)

    def forward(self, values: torch.Tensor, state: torch.Tensor, more: torch.Tensor | float = 0.0) -> torch.Tensor:
        """Return the next state (N, S, W) of inputs (N, S, I) and a state; `more`: of the input, mapped already."""
        from_input = (torch.baddbmm(self.input_bias, values, self.inputs) + more).chunk(3, dim=2)
        from_state = torch.baddbmm(self.state_bias, state, self.states).chunk(3, dim=2)
        reset, update = (from_input[0] + from_state[0]).sigmoid(), (from_input[1] + from_state[1]).sigmoid()
        new = (from_input[2] + reset * from_state[2]).tanh()
        return new + update * (state - new)


class Memory:
    """The contexts so far, each (N, S, W), and their mean weighted by the softmax of scores, kept step by step."""

    def __init__(self, like: torch.Tensor) -> None:
        self.sum, self.weight = torch.zeros_like(like), torch.zeros_like(like[..., :1])
        self.most = torch.full_like(self.weight, torch.finfo(like.dtype).min)

    def recalled(self) -> torch.Tensor:
        """Return the weighted mean, zero where nothing was kept."""
        return self.sum / self.weight.clamp_min(torch.finfo(self.weight.dtype).tiny)

    def keep(self, context: torch.Tensor, score: torch.Tensor, alive: torch.Tensor) -> None:
        """Add contexts (N, S, W) with scores (N, S, 1) where `alive` (N, S, 1)."""
        most = torch.where(alive, torch.maximum(self.most, score), self.most)  # the largest is taken off: no overflow
        older, newer = (self.most - most).exp(), torch.where(alive, score - most, 0.0).exp() * alive
        self.sum, self.weight = self.sum * older + newer * context, self.weight * older + newer
        self.most = most


class Multilogue(nn.Module):
    """`{modality: (N, D_m)}` to (N, F)."""

    needs_order = True

    def __init__(self, dims: Mapping[str, int], width: int) -> None:
        super().__init__()
        self.state, self.emotion = min(width, STATE), min(width, EMOTION)
        self.width = len(dims) ** 2 * 2 * self.emotion
        nets = 2 * len(dims)  # of each modality one forwards, then one of each backwards
        self.around = nn.Linear(sum(dims.values()), self.state)
        self.said = nn.ModuleDict({name: nn.Linear(dim, 2 * 3 * self.state, bias=False) for name, dim in dims.items()})
        self.context = Cells(nets, 2 * self.state, self.state)
        self.party = Cells(nets, self.state, self.state)
        self.feeling = Cells(nets, self.state, self.emotion)
        self.score = nn.Parameter(torch.empty(nets, self.state, 1))
        nn.init.uniform_(self.score, -(self.state**-0.5), self.state**-0.5)
        self.after = nn.Linear(2 * self.emotion, 2 * self.emotion)

    def forward(
        self, values: Mapping[str, torch.Tensor], present: Mapping[str, torch.Tensor], order: Sequences
    ) -> Fused:
        """Return the emotions of all modalities and what they find in each other."""
        names = list(self.said)
        ahead = [self.said[name](order.spread(values[name])).chunk(2, dim=2) for name in names]
        said = torch.stack([*(first for first, _ in ahead), *(order.backwards(other) for _, other in ahead)])
        around = order.spread(self.around(torch.cat([values[name] for name in names], dim=1)))
        alive = torch.stack([order.spread(present[name]) for name in names])
        emotions = self.follow(
            said,
            both_ways(around.expand(len(names), *around.shape), order),
            both_ways(order.speaker.expand(len(names), *order.speaker.shape), order),
            both_ways(alive, order),
        )
        forth, back = emotions.chunk(2)
        hidden = {
            name: self.after(torch.cat([first, order.backwards(other)], dim=2)).relu()
            for name, first, other in zip(names, forth, back, strict=True)
        }
        return Fused(order.collect(pairwise(hidden, dict(zip(names, alive, strict=True)))))

    def follow(
        self, said: torch.Tensor, around: torch.Tensor, speaker: torch.Tensor, alive: torch.Tensor
    ) -> torch.Tensor:
        """Return the emotions (N, S, T, E) of all nets, in the order that each one reads.

        Args:
            said: what utterances bring to the state of their speaker, (N, S, T, 3 W).
            around: x, (N, S, T, W).
            speaker: (N, S, T) numbers from 0.
            alive: (N, S, T) bool; where it is False, all states stay.
        """
        nets, count, steps, _ = around.shape
        around = around.to(torch.promote_types(around.dtype, torch.float32))  # states of halves would drift
        context = around.new_zeros(nets, count, self.state)
        parties = around.new_zeros(nets, count, int(speaker.max()) + 1, self.state)
        feeling, memory, emotions = around.new_zeros(nets, count, self.emotion), Memory(context), []
        for step in range(steps):
            mask = alive[:, :, step, None]
            index = speaker[:, :, step, None, None].expand(-1, -1, 1, self.state)
            party = parties.gather(2, index)[:, :, 0]
            next_context = self._dropped(self.context(torch.cat([around[:, :, step], party], dim=2), context))
            next_party = self._dropped(self.party(memory.recalled(), party, said[:, :, step]))
            next_feeling = self._dropped(self.feeling(next_party, feeling))
            memory.keep(next_context, next_context @ self.score, mask)
            context = torch.where(mask, next_context, context)
            parties = parties.scatter(2, index, torch.where(mask, next_party, party)[:, :, None])
            feeling = torch.where(mask, next_feeling, feeling)
            emotions.append(feeling)
        return torch.stack(emotions, dim=2)

    def _dropped(self, state: torch.Tensor) -> torch.Tensor:
        return functional.dropout(state, DROPOUT, self.training)


def both_ways(values: torch.Tensor, order: Sequences) -> torch.Tensor:
    """Return (2 M, S, T, …) of values (M, S, T, …): as they are, then each stretch from its end."""
    return torch.cat([values, torch.stack([order.backwards(value) for value in values])])


build = Multilogue
