"""Stage two: pretraining, downstream protocols, quality control, tables."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from conclugen.config.recipes import OwnRecipe
from conclugen.config.types import Above0, Count, Modalities, Name, Number, Section, Seed, Share
from conclugen.downstream.protocols import PROTOCOLS
from conclugen.pretrain.methods import METHODS
from conclugen.pretrain.presets import PRESETS, VARIANTS
from conclugen.pretrain.unlearned import CONTROLS

ProtocolName = Literal[tuple(PROTOCOLS)]


class Sizes(Section):
    """Widths of the heads (the paper's representation is 4096)."""

    representation: Count = 256
    hidden: Count = 256
    projection: Count = 128
    projection_hidden: Count = 128
    clustering: Count = 8
    decoder_hidden: Count = 256


class Search(Section):
    """What pretraining may choose from, by the loss on validation rows; nothing: the rate and decay of the method."""

    learning_rates: list[Above0] = []
    weight_decays: list[Number] = []


class Pretrain(Section):
    """Self-supervised pretraining; without a data set, each that is evaluated on is pretrained on for itself."""

    dataset: str | None
    preset: str = "improved"
    methods: list[str] = [name for name, method in METHODS.items() if not method.views]
    recipes: dict[Name, OwnRecipe] = {}
    seeds: list[Seed] = [0, 1, 2, 3, 4]
    splits: Annotated[list[Literal["train", "none"]], Field(min_length=1)] = ["train"]
    validation_fraction: Share = 0.05
    epochs: Count = 30
    batch_size: Count = 512
    learning_rate: Above0 | None = 0.001
    weight_decay: Number | None = None
    search: Search = Search()
    collapsed: Literal["warn", "fail"] = "warn"
    sizes: Sizes = Sizes()
    mem_mb: Count = 4000


class Budget(Section):
    """What is trained for how long; validation chooses among rates, decays and epochs."""

    learning_rates: Annotated[list[Above0], Field(min_length=1)]
    weight_decays: Annotated[list[Number], Field(min_length=1)] = [0.01, 1.0, 10.0]
    dropout: Annotated[Number, Field(ge=0, le=0.9)] = 0.5
    epochs: Count = 50
    batch_size: Count = 256
    patience: Count = 15


class Rates(Section):
    """What validation may choose from on one data set, in place of a budget's own; None: the budget's."""

    learning_rates: Annotated[list[Above0], Field(min_length=1)] | None = None
    weight_decays: Annotated[list[Number], Field(min_length=1)] | None = None


class Neighbours(Section):
    """k nearest neighbours; validation chooses k."""

    neighbours: Annotated[list[Count], Field(min_length=1)] = [5, 20, 50, 100]
    temperature: Above0 = 0.1


class Downstream(Section):
    """What representations are worth: protocols, seeds, and what validation may choose from."""

    datasets: list[str]
    targets: Annotated[list[Literal["expression", "sentiment"]], Field(min_length=1)] = ["expression", "sentiment"]
    protocols: list[ProtocolName] = ["raw", "shuffled", "linear", "linear_input"]
    controls: list[Literal["untrained", "PCA", "GCCA"]] = list(CONTROLS)
    raw_rows: dict[Name, Annotated[Modalities, Field(min_length=1)]] = {}
    seeds: Annotated[list[Seed], Field(min_length=1)] = [0, 1, 2, 3, 4]
    label_fractions: list[Share] = [1.0]
    every_class: bool = True
    standardise: bool = True
    heads: Budget = Budget(learning_rates=[1e-3, 1e-2], weight_decays=[0.01, 3.0, 30.0])
    networks: Budget = Budget(learning_rates=[1e-4, 1e-3])
    rates: dict[Name, Rates] = {}
    knn: Neighbours = Neighbours()
    mem_mb: Count = 4000

    @model_validator(mode="after")
    def _whole_labels(self) -> Downstream:
        if 1.0 not in self.label_fractions:
            raise ValueError(f"downstream.label_fractions: {self.label_fractions} lacks 1.0, the main result")
        return self


class Qc(Section):
    """How much any stage may lose of a split, and of a class within a split; fewer than the minimum never fail."""

    max_lost: Share = 0.1
    min_lost: Count = 10
    max_lost_of_class: Share = 0.2
    min_lost_of_class: Count = 10


class Tables(Section):
    """Intervals and tests."""

    resamples: Annotated[int, Field(ge=50)] = 1000
    level: Annotated[Number, Field(gt=0, lt=1)] = 0.95
    seed: Seed = 0
    chance_draws: Count = 100
    reference: str = "ConCluGen"
    presets: Annotated[list[str], Field(min_length=1)] = list(PRESETS)
    ablation: Annotated[list[str], Field(min_length=1)] = list(VARIANTS)
