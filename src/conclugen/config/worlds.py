"""Worlds: the controls that are written from a seed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from conclugen.config.types import section
from conclugen.data import settings

if TYPE_CHECKING:
    from conclugen.config import Config

WORLDS = "results/worlds"  # the root of every data set that is one
World = section(settings.World)


def in_worlds(root: str) -> bool:
    """Whether the root of a data set is the folder of worlds."""
    return os.path.relpath(root) == WORLDS


def world_of(config: Config, dataset: str) -> str | None:
    """Return the world that a data set is, None where it is data of the user's own."""
    options = config.datasets[dataset]
    name = str(getattr(options, "file", "")).removesuffix(".npz")
    written = options.adapter == "features" and in_worlds(options.root) and name in config.worlds
    return name if written and options.file == f"{name}.npz" else None


def world_mistakes(config: Config) -> list[str]:
    """Return a line for each data set in the folder of worlds that is none."""
    return [
        f"datasets.{name}.file: {getattr(dataset, 'file', None)!r} is no world; {WORLDS} holds NAME.npz for each NAME "
        "under `worlds`, and adapter features reads them"
        for name, dataset in config.datasets.items()
        if in_worlds(dataset.root) and world_of(config, name) is None
    ]
