"""Keys of what is measured, printed and shown."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Lt

from conclugen.store.keys import Count, Keys, Seed, Share


@dataclasses.dataclass(frozen=True, kw_only=True)
class Qc(Keys):
    """What may be lost before the run fails.

    Attributes:
        max_lost: largest share of a split that a stage may lose.
        min_lost: fewer lost utterances than this do not fail, as long as others are left.
        max_lost_of_class: largest share of a class within a split; where `max_lost` is larger, that counts.
        min_lost_of_class: fewer lost utterances of a class than this do not fail, as long as others are left.
    """

    max_lost: Share = 0.1
    min_lost: Count = 10
    max_lost_of_class: Share = 0.2
    min_lost_of_class: Count = 10


@dataclasses.dataclass(frozen=True, kw_only=True)
class Resampling(Keys):
    """Intervals and tests.

    Attributes:
        resamples: draws of the groups (videos, dialogues, …) and of the seeds that intervals and tests are made from.
        level: confidence of the intervals.
        seed: of these draws.
    """

    resamples: Annotated[int, Ge(50)] = 1000  # a variance from fewer is off by more than a tenth
    level: Annotated[float, Gt(0), Lt(1)] = 0.95
    seed: Seed = 0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Maps(Keys):
    """How representations are drawn.

    Attributes:
        maps: how representations of validation utterances are laid out in two dimensions; `none`: not at all.
    """

    maps: Literal["t-SNE", "PCA", "none"] = "t-SNE"
