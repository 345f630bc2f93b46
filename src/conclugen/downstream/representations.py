"""Frozen representations of a whole data set."""

from __future__ import annotations

import torch

from conclugen.models.network import Network
from conclugen.store.resident import Resident

ROWS_AT_ONCE = 4096


@torch.no_grad()
def represent(network: Network, inputs: Resident, device: torch.device) -> dict[str, torch.Tensor]:
    """Return the frozen representation (N, R) of each modality, computed in blocks; absent rows are zero."""
    network = network.to(device).eval()
    blocks: dict[str, list[torch.Tensor]] = {name: [] for name in inputs.features}
    for start in range(0, len(inputs), ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        values = {name: value[part].to(device) for name, value in inputs.features.items()}
        present = {name: value[part].to(device) for name, value in inputs.present.items()}
        for name, value in network.represent(values, present).items():
            blocks[name].append(value)
    return {name: torch.cat(parts) for name, parts in blocks.items()}
