"""Masked margin softmax between every pair of modalities (Eq. 2–5; Ilharco et al. 2019)."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from conclugen.losses.bounds import contrast_best, contrast_chance

if TYPE_CHECKING:
    from conclugen.models.network import Outputs
    from conclugen.pretrain.settings import Objective, Settings

COMPARES = "modalities"


def term(outputs: Outputs, present: Mapping[str, torch.Tensor], objective: Objective, clusters: object) -> torch.Tensor:
    """Return `mms` of a batch's projections, a scalar; of unit length where the objective normalises them."""
    values = outputs.projection
    if objective.normalise:
        values = {m: functional.normalize(value, dim=1) for m, value in values.items()}
    return mms(values, present, objective.margin, objective.temperature)


def bounds(outputs: Outputs, present: Mapping[str, torch.Tensor], settings: Settings) -> tuple[float, float]:
    """Return (chance, best) of `term` on rows: two directions for each pair of modalities with rows in common.

    Plain dot products of vectors of any length have no bound above 0.
    """
    margin, temperature = settings.objective.margin, settings.objective.temperature
    pairs = itertools.combinations(outputs.projection, 2)
    joint = [count for a, b in pairs if (count := int((present[a] & present[b]).sum())) > 1]
    best = sum(2 * contrast_best(count, margin, temperature) for count in joint)
    return sum(2 * contrast_chance(count) for count in joint), best if settings.objective.normalise else 0.0


def mms(
    projections: Mapping[str, torch.Tensor],
    present: Mapping[str, torch.Tensor],
    margin: float,
    temperature: float | None = None,
) -> torch.Tensor:
    """Return the sum of `mms_pair` over all pairs of modalities (Eq. 5), a scalar.

    Args:
        projections: by modality, vectors (N, P): as they are (Eq. 3 and 4 print dot products of plain vectors) or of
            unit length, as in the authors' code and in Multimodal Clustering Networks.
        present: by modality, (N,) bool; a row takes part in a pair when both of its modalities are present.
        margin: δ, taken from the similarity of every true pair.
        temperature: divides the similarities; None, as in the paper, for none. With unit vectors and without a
            temperature, each direction moves only between log N and about log(N) - 1.
    """
    pairs = itertools.combinations(projections, 2)
    return sum(
        (mms_pair(projections[a], projections[b], present[a] & present[b], margin, temperature) for a, b in pairs),
        start=next(iter(projections.values()))[:0].sum(),  # a zero that keeps the graph, when there is no pair
    )


def mms_pair(
    first: torch.Tensor,
    second: torch.Tensor,
    joint: torch.Tensor,
    margin: float,
    temperature: float | None = None,
) -> torch.Tensor:
    """Return L_vw + L_wv (Eq. 2) of `first` and `second` (N, P) over the rows where `joint` (N,) holds, a scalar.

    Each direction is the cross-entropy of picking the true partner among all joint rows, with the margin taken from the
    true one (Eq. 3, 4). Fewer than two joint rows give zero, with zero gradients.
    """
    first, second = first[joint], second[joint]
    if len(first) < 2:
        return first[:0].sum() + second[:0].sum()
    scale = 1 if temperature is None else 1 / temperature
    similarity = (first * scale) @ second.T  # (N, N) is what costs: the temperature goes into the smaller factor,
    similarity.diagonal().sub_(margin * scale)  # and the margin in place
    target = torch.arange(len(first), device=similarity.device)
    return functional.cross_entropy(similarity, target) + functional.cross_entropy(similarity.T, target)
