"""A modality is hidden and told from the others: a masked auto-encoder over modalities (after Ngiam et al. 2011).

Section 3.2 of "Multimodal deep learning" rebuilds a modality whose input is zero from the code of the others; here
each decoder sees the mean of the other modalities' representations (the head `decode_others`). On vectors of whole
utterances this is what is left of the masked prediction of frames or words of Khare et al. (2021).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch

from conclugen.losses import reconstruction

if TYPE_CHECKING:
    from conclugen.models.network import Outputs
    from conclugen.pretrain.settings import Objective, Settings

COMPARES = "others"


def term(outputs: Outputs, present: Mapping[str, torch.Tensor], objective: Objective, clusters: object) -> torch.Tensor:
    """Return the squared error of each modality of a batch, summed (Eq. 6, 7), over the rows that have another, too."""
    return reconstruction.reconstruction(outputs.inputs, outputs.reconstruction, beside_another(present))


def bounds(outputs: Outputs, present: Mapping[str, torch.Tensor], settings: Settings) -> tuple[float, float]:
    """Return (chance, best) of `term` on rows: the error of each modality's mean over the rows that count, and 0."""
    return reconstruction.bounds(outputs, beside_another(present), settings)


def beside_another(present: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return, by modality, which rows (N,) have it and at least one other."""
    several = torch.stack(list(present.values())).sum(0) > 1
    return {name: mask & several for name, mask in present.items()}
