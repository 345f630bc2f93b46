"""The split of each picture of a shard. No label is looked at."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from conclugen.data.manifest import read_manifest
from conclugen.images.shard import Images


def splits_of(images: Images, manifest: Path) -> np.ndarray:
    """Return the split of each image (N,), in the order of the shard. Raises ValueError where one is not listed."""
    table = read_manifest(manifest).table
    known = dict(zip(table["utterance_id"], table["split"], strict=True))
    if missing := [name for name in images.ids.tolist() if name not in known]:
        raise ValueError(f"{manifest}: lacks {len(missing)} images of the shard, such as {missing[:3]}; rerun both")
    return np.array([known[name] for name in images.ids.tolist()], dtype=str)
