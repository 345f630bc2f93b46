"""Labels as numbers. Without PyTorch: accounts and tables, which compute on nothing else, need not wait for it."""

from __future__ import annotations

import numpy as np

from conclugen.data.manifest import Manifest


def targets(manifest: Manifest) -> np.ndarray:
    """Return the labels as (N, C) float32: 1 or 0, or the value itself (`regression`); NaN where unknown."""
    table = manifest.table
    if manifest.task == "regression":
        return table[list(manifest.classes)].to_numpy(dtype=np.float32, copy=True)
    if manifest.task == "multi":
        values = table[list(manifest.classes)].to_numpy(dtype=np.float32)
        return np.where(np.isnan(values), np.nan, values > 0).astype(np.float32)
    number = table["label"].map({name: i for i, name in enumerate(manifest.classes)}).to_numpy(dtype=float)
    known = ~np.isnan(number)
    values = np.full((len(table), len(manifest.classes)), np.nan, np.float32)
    values[known] = np.eye(len(manifest.classes), dtype=np.float32)[number[known].astype(int)]
    return values
