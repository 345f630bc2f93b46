"""The second task of a fusion that learns two at once: other labels of the same utterances, of the training split.

Beside expression that is sentiment, where the labels have it, else another dimension; beside a dimension, expression.
"""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import torch

from conclugen.data.cross_validation import Fold
from conclugen.data.manifest import as_target, dimensions, read_manifest
from conclugen.data.targets import targets
from conclugen.downstream.scores import loss


@dataclasses.dataclass(frozen=True)
class Second:
    """Targets (N, C) of the whole data set, NaN where unknown and outside the training split; the task; what it is."""

    targets: torch.Tensor
    task: str
    name: str

    def cost(self, logits: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        """Return the loss of logits (M, C) of `rows` (M,) of the data set, classes unweighted, a scalar."""
        wanted = self.targets[rows.cpu()].to(logits.device)
        return loss(logits.float(), wanted, torch.ones(wanted.shape[1], device=logits.device), self.task)


def second_of(manifest_path: str | Path, ids: np.ndarray, target: str, fold: Fold | None) -> Second | None:
    """Return the second task of a data set beside `target`, for the utterances `ids` (N,); None where there is none."""
    manifest = read_manifest(manifest_path, fold=fold)
    known = sorted(dimensions(manifest), key=lambda name: name != "sentiment")
    name = "expression" if target != "expression" else next(iter(known), None)
    if name is None:
        return None
    manifest = as_target(manifest, name)
    if manifest.task == "none":
        return None
    table = manifest.table.set_index("utterance_id", drop=False).loc[ids]
    values = torch.from_numpy(targets(dataclasses.replace(manifest, table=table)))
    values[torch.tensor((table["split"] != "train").to_numpy())] = math.nan
    return Second(values, manifest.task, name) if bool((~values.isnan()).any()) else None
