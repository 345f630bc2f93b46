"""What maps are drawn from: places of validation utterances in two dimensions, and how like their neighbours are.

`map.py` computes and writes; a page reads. A file holds no id and no name of a speaker.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from conclugen.store.arrays import read_arrays, write_arrays

SPACES = ("raw", "untrained", "pretrained")  # in the order in which they are shown
KINDS = ("class", "speaker")


@dataclasses.dataclass(frozen=True)
class Layout:
    """Places of utterances in each space, and what they have in common with their nearest neighbours there.

    Attributes:
        about: how it was made: `dataset`, `target`, `corpus`, `method`, `network`, `drawn_as`, `of` (what speakers are
            told apart by: `speaker` or `group`), `left_out` (validation utterances that lack a modality or are beyond
            the number asked for).
        classes: names of what `marks["class"]` counts.
        marks: by kind, (N,) int: the class and the speaker of each utterance, -1 where it is not known.
        places: by space, (N, 2).
        shared: by space and kind, the share of nearest neighbours that are of the same class or speaker; NaN: unknown.
        chance: the same of neighbours drawn at random.
        neighbours: how many were looked at.
    """

    about: Mapping[str, str]
    classes: Sequence[str]
    marks: Mapping[str, np.ndarray]
    places: Mapping[str, np.ndarray]
    shared: Mapping[str, Mapping[str, float]]
    chance: Mapping[str, float]
    neighbours: int

    def __len__(self) -> int:
        return len(self.marks["class"])


def write(path: str | Path, layout: Layout) -> None:
    """Write it atomically; the same values give the same bytes."""
    arrays = {f"marks.{kind}": layout.marks[kind].astype(np.int32) for kind in KINDS}
    arrays |= {f"places.{space}": layout.places[space].astype(np.float32) for space in SPACES}
    arrays["shared"] = np.array([[layout.shared[space][kind] for kind in KINDS] for space in SPACES])
    arrays["chance"] = np.array([layout.chance[kind] for kind in KINDS])
    metadata = {"about": dict(layout.about), "classes": list(layout.classes), "neighbours": layout.neighbours}
    write_arrays(path, arrays, metadata)


def read(path: str | Path) -> Layout:
    """Return what `write` wrote. Raises ArraysError where it is missing or damaged."""
    arrays, metadata = read_arrays(path)
    shared = {space: dict(zip(KINDS, row, strict=True)) for space, row in zip(SPACES, arrays["shared"], strict=True)}
    return Layout(
        metadata["about"],
        metadata["classes"],
        {kind: arrays[f"marks.{kind}"] for kind in KINDS},
        {space: arrays[f"places.{space}"] for space in SPACES},
        shared,
        dict(zip(KINDS, arrays["chance"].tolist(), strict=True)),
        metadata["neighbours"],
    )
