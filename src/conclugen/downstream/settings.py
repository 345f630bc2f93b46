"""Keys of the protocols, and what else those are told that train heads."""

from __future__ import annotations

import dataclasses
from typing import Annotated

from annotated_types import Ge, Gt, Le, MinLen

from conclugen.data.cross_validation import Fold
from conclugen.store.keys import Above0, Count, Keys, Seed

Rates = Annotated[tuple[Above0, ...], MinLen(1)]
Seeds = Annotated[tuple[Seed, ...], MinLen(1)]
LabelFraction = Annotated[float, Gt(0), Le(1)]
Decays = Annotated[tuple[float, ...], MinLen(1)]


@dataclasses.dataclass(frozen=True)
class Budget(Keys):
    """Validation chooses among rates, decays and epochs.

    Attributes:
        learning_rates: of AdamW, each tried with every decay.
        weight_decays: of AdamW, decoupled, none on the bias.
        dropout: share of inputs dropped in training, in steps of 1/256.
        epochs: at most; the rate falls from its start to 0 along a cosine over them, step by step.
        batch_size: rows per step, at most the training split.
        patience: epochs without a better validation score, after which the best one is kept.
    """

    learning_rates: Rates
    weight_decays: Decays = (0.01, 1.0, 10.0)
    dropout: Annotated[float, Ge(0), Le(0.9)] = 0.5
    epochs: Count = 50
    batch_size: Count = 256
    patience: Count = 15


@dataclasses.dataclass(frozen=True)
class Vote(Keys):
    """The vote of the nearest training rows.

    Attributes:
        neighbours: how many vote; validation chooses.
    """

    neighbours: Annotated[tuple[Count, ...], MinLen(1)] = (5, 20, 50, 100)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Heads(Keys):
    """What all protocols have.

    Attributes:
        seeds: of the heads: order of rows, dropout, start; seed n takes the network of pretraining seed n mod their
            number.
        standardise: inputs of the heads get mean 0 and deviation 1 on the training split.
    """

    seeds: Seeds = (0, 1, 2, 3, 4)
    standardise: bool = True


@dataclasses.dataclass(frozen=True, kw_only=True)
class Evaluated(Heads):
    """What every protocol is told beside its own keys.

    Attributes:
        modalities: by modality, the streams it joins.
        evaluate: the modalities that are used.
        target: what is predicted: `expression` or a dimension, such as `sentiment`.
        label_fraction: share of the training labels, in (0, 1]; 1 is the main result.
        fold: whose turn it is, in a data set that is tested by folds.
    """

    OPTIONAL = ("fold",)

    modalities: dict[str, tuple[str, ...]]
    evaluate: Annotated[tuple[str, ...], MinLen(1)]
    target: str
    label_fraction: LabelFraction
    fold: Fold | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings(Evaluated, Budget):
    """What the protocols are told that train heads or networks."""
