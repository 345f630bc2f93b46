"""Worlds: the controls that are written from a seed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

from conclugen.config.types import Count, Section, Seed

if TYPE_CHECKING:
    from conclugen.config import Config

WORLDS = "results/worlds"  # the root of every data set that is one


class World(Section):
    """A control that is written from a seed, `results/worlds/NAME.npz`.

    Attributes:
        kind: `shared`, `shared-nonlinear`, `second`: three modalities see the same latents, which decide the class;
            `private`: each sees a part of its own, so that agreement gains nothing; `null`: classes are noise.
        seed: other seeds give other latents, mixings and classes.
        unlabelled: items of no split, without labels.
        train: labelled items to learn from.
        valid: labelled items to choose with.
        test: labelled items to measure with.
    """

    kind: Literal["shared", "shared-nonlinear", "second", "private", "null"]
    seed: Seed = 0
    unlabelled: Count = 20000
    train: Count = 600
    valid: Count = 400
    test: Count = 2000


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
