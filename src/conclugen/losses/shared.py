"""One code for all modalities: an auto-encoder whose decoders all see the same vector (Ngiam et al. 2011, section 3.2).

The code is the mean of the representations of the modalities that are there (the head `decode_all`). On vectors of
whole utterances this is what is left of CAE-LR (Koromilas and Giannakopoulos 2021), which convolves aligned sequences.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch

from conclugen.losses import reconstruction

if TYPE_CHECKING:
    from conclugen.models.network import Outputs
    from conclugen.pretrain.settings import Objective, Settings


def term(outputs: Outputs, present: Mapping[str, torch.Tensor], objective: Objective, clusters: object) -> torch.Tensor:
    """Return the squared error of each modality of a batch, summed (Eq. 6, 7)."""
    return reconstruction.reconstruction(outputs.inputs, outputs.reconstruction, present)


def bounds(outputs: Outputs, present: Mapping[str, torch.Tensor], settings: Settings) -> tuple[float, float]:
    """Return (chance, best) of `term` on rows: the error of each modality's mean over its present rows, and 0."""
    return reconstruction.bounds(outputs, present, settings)
