"""Stage two: pretraining, downstream protocols, quality control, tables."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from conclugen.config.recipes import OwnRecipe
from conclugen.config.types import Above0, Count, Modalities, Name, Number, Section, Seed, Share, Target
from conclugen.downstream.protocols import FUSIONS, PROTOCOLS
from conclugen.pretrain.methods import METHODS
from conclugen.pretrain.presets import PRESETS, VARIANTS
from conclugen.pretrain.rivals import RIVALS
from conclugen.pretrain.unlearned import CONTROLS

ProtocolName = Literal[tuple(PROTOCOLS)]


class Sizes(Section):
    """Widths of the heads.

    Attributes:
        representation: of the representation, which is evaluated; the paper's is 4096.
        hidden: inside the representation head.
        projection: of the projection, which MMS and clustering compare.
        projection_hidden: inside the projection head.
        clustering: of what the clustering head gives.
        decoder_hidden: inside the decoders.
    """

    representation: Count = 256
    hidden: Count = 256
    projection: Count = 128
    projection_hidden: Count = 128
    clustering: Count = 8
    decoder_hidden: Count = 256


class Search(Section):
    """Rates and decays to choose from, for each network by the loss on its validation rows; a network then costs as
    much as there are pairs.

    Attributes:
        learning_rates: empty: the method's, without a choice.
        weight_decays: empty: the method's, without a choice.
    """

    learning_rates: list[Above0] = []
    weight_decays: list[Number] = []


class Pretrain(Section):
    """Self-supervised pretraining.

    Attributes:
        dataset: what is pretrained on; null: every data set of `downstream.datasets`, each for itself.
        preset: `paper` (as printed), `official-code` (as the authors' code behaves), `improved`, or one of your own.
        methods: shipped ones and recipes of your own. Instance-Cont, the paper's ninth, is not among them: with it, the
            corpus gets the copies of `features.views`, which take ten times as long as its frames3d.
        recipes: methods of your own, by name; named under `methods` they get their rows, too.
        seeds: of each method, one network is trained with each.
        splits: splits to learn from; `[train, none]`: utterances of no split, too, as where a corpus has no training
            split. The split valid only measures, and test is never read.
        validation_fraction: share of the groups (videos, …) held out where the corpus has no split valid.
        epochs: times that the corpus is gone through; the best one is kept.
        batch_size: never larger than the corpus; the paper's is 4096.
        learning_rate: of methods whose recipe names none; null: the paper's, which suit its batch and corpus.
        weight_decay: of methods whose recipe names none; null: the paper's.
        collapsed: `warn`: tables flag a network whose vectors have all become alike; `fail`: the run stops there.
        mem_mb: memory of a job, asked of the scheduler; each further attempt asks for as much more.
    """

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
    """Validation chooses among rates, decays and epochs.

    Attributes:
        learning_rates: of AdamW, each tried with every decay.
        weight_decays: of AdamW, decoupled, none on the bias.
        dropout: share of inputs dropped in training, in steps of 1/256.
        epochs: at most; the rate falls from its start to 0 along a cosine over them, step by step.
        batch_size: rows per step, at most the training split.
        patience: epochs without a better validation score, after which the best one is kept.
    """

    learning_rates: Annotated[list[Above0], Field(min_length=1)]
    weight_decays: Annotated[list[Number], Field(min_length=1)] = [0.01, 1.0, 10.0]
    dropout: Annotated[Number, Field(ge=0, le=0.9)] = 0.5
    epochs: Count = 50
    batch_size: Count = 256
    patience: Count = 15


class Rates(Section):
    """What validation chooses among on one data set.

    Attributes:
        learning_rates: null: those of heads and networks.
        weight_decays: null: those of heads and networks.
    """

    learning_rates: Annotated[list[Above0], Field(min_length=1)] | None = None
    weight_decays: Annotated[list[Number], Field(min_length=1)] | None = None


class Neighbours(Section):
    """The vote of the nearest training rows.

    Attributes:
        neighbours: how many vote; validation chooses.
        temperature: of the vote, in units of cosine.
    """

    neighbours: Annotated[list[Count], Field(min_length=1)] = [5, 20, 50, 100]
    temperature: Above0 = 0.1


class Downstream(Section):
    """What the representations are worth.

    Attributes:
        datasets: those that are evaluated on, each in a table of its own.
        targets: `expression`, and `sentiment`, `valence` and `arousal`, from -3 to 3, where the labels have them
            (`results/tables/NAME-sentiment.csv`).
        protocols: `linear`: heads on the representation alone; `linear_input`: on the representation beside the input
            it was made of; `raw`: on the input alone; `shuffled`: linear, with labels permuted; `knn`: the nearest
            neighbours; `finetune`: the pretrained network is trained on; `supervised`: the same network from scratch.
        fusions: more rows of `supervised`, by name: ways to fuse modalities, each trained with the budget of `networks`
            (see docs/rivals.md).
        controls: rows of networks that learned nothing, beside those of methods: `untrained`, the network of
            `tables.reference` as it is drawn; `PCA` and `GCCA` (what modalities have in common), linear maps as wide as
            a representation.
        raw_rows: more raw rows, by name; in each, by modality, any streams, whether a modality joins them or not.
        seeds: of the heads: order of rows, dropout, start; seed n takes the network of pretraining seed n mod their
            number.
        label_fractions: shares of the labels to train and to choose with; 1.0 must be among them.
        every_class: a class that a split lacks is an error before anything is extracted; false: go on without it.
        standardise: inputs of the heads get mean 0 and deviation 1 on the training split.
        heads: Of raw, shuffled, linear and linear_input.
        networks: Of finetune and supervised.
        knn: Of knn.
        rates: other rates and decays for single data sets, by their name.
        mem_mb: memory of a job, asked of the scheduler; each further attempt asks for as much more.
    """

    datasets: list[str]
    targets: Annotated[list[Target], Field(min_length=1)] = ["expression", "sentiment", "valence", "arousal"]
    protocols: list[ProtocolName] = ["raw", "shuffled", "linear", "linear_input"]
    fusions: list[Literal[tuple(FUSIONS)]] = []
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


class Tables(Section):
    """Intervals and tests.

    Attributes:
        resamples: draws of the groups (videos, dialogues, …) and of the seeds that intervals and tests are made from.
        level: confidence of the intervals.
        seed: of these draws.
        chance_draws: how often the row `prior sampling` is drawn.
        reference: the method that the others are tested against.
        presets: compared in `results/tables/presets.csv`, the others with the first.
        ablation: presets that differ from another in one switch, compared with it in `results/tables/ablation.csv`, on
            validation data, by the reference method; shipped ones stand at the end of this page.
        rivals: compared in `results/tables/rivals.csv` with the reference method: losses of other work, and ways to
            fuse modalities on labels alone (see docs/rivals.md).
    """

    resamples: Annotated[int, Field(ge=50)] = 1000
    level: Annotated[Number, Field(gt=0, lt=1)] = 0.95
    seed: Seed = 0
    chance_draws: Count = 100
    reference: str = "ConCluGen"
    presets: Annotated[list[str], Field(min_length=1)] = list(PRESETS)
    ablation: Annotated[list[str], Field(min_length=1)] = list(VARIANTS)
    rivals: Annotated[list[Literal[(*RIVALS, *FUSIONS)]], Field(min_length=1)] = [*RIVALS, *FUSIONS]
