"""Whether the lists of a plan are as the plan left them.

Snakemake follows the plan of a data set, not the lists beside it: each list is the input of one shard, so that one
shard can rerun without the others. The plan records their sizes, and the workflow asks `damaged` before it plans.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from conclugen.store.atomic import write_if_changed

SIZES = "sizes.json"


def write_sizes(folder: Path, lists: Mapping[str, int]) -> bool:
    """Record how many bytes each list of `folder` has; return whether the record changed."""
    return write_if_changed(folder / SIZES, json.dumps(dict(sorted(lists.items())), indent=0) + "\n")


def damaged(plan: Path) -> list[str]:
    """Return the lists of a plan that are gone or have another size than the plan gave them; sorted.

    A plan that was not made yet has none; one without a readable record names the record.
    """
    if not plan.exists():
        return []
    folder = plan.with_suffix("")
    try:
        sizes = json.loads((folder / SIZES).read_text(encoding="utf-8"))
        found = {entry.name: entry.stat().st_size for entry in os.scandir(folder)}
        return sorted(name for name, size in sizes.items() if found.get(name) != size)
    except (OSError, ValueError, AttributeError):
        return [SIZES]
