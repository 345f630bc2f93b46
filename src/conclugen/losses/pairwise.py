"""Modality-pairwise contrast: NT-Xent with the modalities of a clip as its views (Franceschini et al. 2022).

The loss is Eq. 1 of SimCLR (Chen et al. 2020) for each pair of modalities, so that the other clips of the *same*
modality are candidates, too, which MMS and CLIP leave out. τ is that of the loss between views.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from conclugen.losses.bounds import contrast_best, contrast_chance
from conclugen.losses.infonce import infonce

if TYPE_CHECKING:
    from conclugen.models.network import Outputs
    from conclugen.pretrain.settings import Objective, Settings

COMPARES = "modalities"


def term(outputs: Outputs, present: Mapping[str, torch.Tensor], objective: Objective, clusters: object) -> torch.Tensor:
    """Return the sum of `infonce` over all pairs of modalities of a batch, a scalar."""
    unit = {name: functional.normalize(value, dim=1) for name, value in outputs.projection.items()}
    return sum(
        infonce(unit[a], unit[b], present[a] & present[b], objective.instance_temperature)
        for a, b in itertools.combinations(unit, 2)
    )


def bounds(outputs: Outputs, present: Mapping[str, torch.Tensor], settings: Settings) -> tuple[float, float]:
    """Return (chance, best) of `term` on rows: of each pair's N clips, one of the other 2 N - 1 vectors is right."""
    pairs, temperature = itertools.combinations(outputs.projection, 2), settings.objective.instance_temperature
    joint = [count for a, b in pairs if (count := int((present[a] & present[b]).sum())) > 1]
    candidates = [2 * count - 1 for count in joint]
    best = sum(contrast_best(count, 0.0, temperature) for count in candidates)
    return sum(contrast_chance(count) for count in candidates), best
