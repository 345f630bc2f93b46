"""The scores of a head that was trained elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from conclugen.applied.exported import Head
from conclugen.downstream.scores import outputs
from conclugen.store.resident import Resident


@torch.no_grad()
def scores(
    represented: Mapping[str, torch.Tensor], inputs: Resident, head: Head, state: Mapping[str, torch.Tensor]
) -> np.ndarray:
    """Return scores (N, C) as `downstream.sweep` writes them, NaN for a row without any modality.

    Args:
        represented: the representation (N, R_m) of each modality, or its features where the head stands on these.
        inputs: features and presence by modality.
        head: what it stands on.
        state: weight (D, C), bias (C,), mean and scale (D,), as `downstream.sweep` keeps them.
    """
    blocks = []
    for name, value in represented.items():
        parts = [value] if head.representation else []
        parts += [inputs.features[name].to(value)] if head.inputs else []
        blocks.append(torch.cat(parts, dim=1).float().cpu())
    mask = torch.cat(
        [inputs.present[name][:, None].expand_as(block) for name, block in zip(represented, blocks, strict=True)], 1
    )
    matrix = (torch.cat(blocks, 1) - state["mean"]) / state["scale"] * mask
    values = outputs(matrix @ state["weight"] + state["bias"], head.task).numpy()
    values[~mask.any(1).numpy()] = np.nan
    return values
