"""What the stages that make vectors of images share: batches, the shard, its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch

from conclugen.images.shard import Images
from conclugen.store.shards import write_shard

AT_ONCE = 256
STREAM = "image"  # the folder that shards lie in, below the one of their network


def of_images(images: Images, make: Callable[[torch.Tensor], torch.Tensor], where: torch.device) -> np.ndarray:
    """Return (N, D) float32 of pictures, which `make` gets as (B, C, S, S) in [0, 1]; 0 for those that are lost."""
    return of_rows(images, lambda rows: make(images.shown(rows, where)))


def of_rows(images: Images, make: Callable[[torch.Tensor], torch.Tensor]) -> np.ndarray:
    """Return (N, D) float32 of what `make` gives for rows (B,) of the shard; 0 for pictures that are lost."""
    parts = []
    with torch.no_grad():
        for rows in torch.arange(len(images)).split(AT_ONCE):
            parts.append(make(rows).float().cpu().numpy())
    return np.where(images.present[:, None], np.concatenate(parts), np.float32(0))


def write(path: Path, images: Images, values: np.ndarray, about: Mapping[str, str]) -> None:
    """Write vectors (N, D) as a feature shard of the stream that its folder names."""
    attributes = {"stream": path.parent.name, "images_sha256": images.sha256, **about}
    write_shard(path, images.ids.tolist(), values.astype(np.float32), images.present, attributes)
