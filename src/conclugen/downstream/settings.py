"""Settings that the trained protocols share."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from conclugen.data.cross_validation import Fold
from conclugen.downstream.heads import Budget


@dataclasses.dataclass(frozen=True)
class Settings:
    """What every protocol but `knn` depends on beside data, networks and code: `seeds` and `standardise` of
    `conclugen.config.stage_two.Downstream`, the keys of `conclugen.config.stage_two.Budget`, and more.

    Attributes:
        modalities: by modality, the streams it joins.
        evaluate: the modalities that are used.
        target: what is predicted: `expression` or a dimension, such as `sentiment`.
        label_fraction: share of the training labels, in (0, 1]; 1 is the main result.
        fold: whose turn it is, in a data set that is tested by folds.
    """

    modalities: dict[str, tuple[str, ...]]
    evaluate: tuple[str, ...]
    target: str
    seeds: tuple[int, ...]
    learning_rates: tuple[float, ...]
    weight_decays: tuple[float, ...]
    dropout: float
    epochs: int
    batch_size: int
    patience: int
    standardise: bool
    label_fraction: float
    fold: Fold | None = dataclasses.field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        check_common(self.seeds, self.evaluate, self.label_fraction)
        self.budget().check()

    def budget(self) -> Budget:
        """Return the part that concerns the heads."""
        names = [field.name for field in dataclasses.fields(Budget)]
        return Budget(**{name: getattr(self, name) for name in names})


def check_common(seeds: Sequence[int], evaluate: Sequence[str], fraction: float) -> None:
    """Raise ValueError for settings that no protocol can run with."""
    if not seeds or len(set(seeds)) != len(seeds) or min(seeds) < 0:
        raise ValueError(f"seeds are {seeds}; at least one is needed, each once and not negative")
    if not evaluate:
        raise ValueError("evaluate names no modality")
    if not 0 < fraction <= 1:
        raise ValueError(f"label_fraction is {fraction}; it must lie in (0, 1]")
