"""Stage two: pretraining, downstream protocols, quality control, tables."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from conclugen.config.recipes import OwnRecipe
from conclugen.config.types import Modalities, Name, Section, Target, section
from conclugen.downstream import settings as downstream
from conclugen.downstream.protocols import FUSIONS, PROTOCOLS
from conclugen.evaluation import settings as evaluation
from conclugen.pretrain import settings as pretrain
from conclugen.pretrain.methods import METHODS
from conclugen.pretrain.presets import PRESETS, VARIANTS
from conclugen.pretrain.rivals import RIVALS
from conclugen.pretrain.unlearned import CONTROLS
from conclugen.store.keys import Above0, Count, Seed, Share

ProtocolName = Literal[tuple(PROTOCOLS)]


Sizes = section(pretrain.Sizes)


class Search(Section):
    """Rates and decays to choose from, for each network by the loss on its validation rows; a network then costs as
    much as there are pairs.

    Attributes:
        learning_rates: empty: the method's, without a choice.
        weight_decays: empty: the method's, without a choice.
    """

    learning_rates: list[Above0] = []
    weight_decays: list[float] = []


class Pretrain(section(pretrain.Rows), section(pretrain.Length)):
    """Self-supervised pretraining.

    Attributes:
        dataset: what is pretrained on; null: every data set of `downstream.datasets`, each for itself.
        preset: `paper` (as printed), `official-code` (as the authors' code behaves), `improved`, or one of your own.
        methods: shipped ones and recipes of your own. Instance-Cont, the paper's ninth, is not among them: with it, the
            corpus gets the copies of `features.views`, which take ten times as long as its frames3d.
        recipes: methods of your own, by name; named under `methods` they get their rows, too.
        seeds: of each method, one network is trained with each.
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
    learning_rate: Above0 | None = 0.001
    weight_decay: float | None = None
    search: Search = Search()
    collapsed: Literal["warn", "fail"] = "warn"
    sizes: Sizes = Sizes()
    mem_mb: Count = 4000


class Rates(Section):
    """What validation chooses among on one data set.

    Attributes:
        learning_rates: null: those of heads and networks.
        weight_decays: null: those of heads and networks.
    """

    learning_rates: Annotated[list[Above0], Field(min_length=1)] | None = None
    weight_decays: Annotated[list[float], Field(min_length=1)] | None = None


Budget = section(downstream.Budget)
Vote = section(downstream.Vote)


class Downstream(section(downstream.Heads)):
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
        label_fractions: shares of the labels to train and to choose with; 1.0 must be among them.
        every_class: a class that a split lacks is an error before anything is extracted; false: go on without it.
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
    label_fractions: list[Share] = [1.0]
    every_class: bool = True
    heads: Budget = Budget(learning_rates=[1e-3, 1e-2], weight_decays=[0.01, 3.0, 30.0])
    networks: Budget = Budget(learning_rates=[1e-4, 1e-3])
    rates: dict[Name, Rates] = {}
    knn: Vote = Vote()
    mem_mb: Count = 4000

    @model_validator(mode="after")
    def _whole_labels(self) -> Downstream:
        if 1.0 not in self.label_fractions:
            raise ValueError(f"downstream.label_fractions: {self.label_fractions} lacks 1.0, the main result")
        return self


Qc = section(evaluation.Qc)


class Tables(section(evaluation.Resampling)):
    """Intervals and tests.

    Attributes:
        reference: the method that the others are tested against.
        presets: compared in `results/tables/presets.csv`, the others with the first.
        ablation: presets that differ from another in one switch, compared with it in `results/tables/ablation.csv`, on
            validation data, by the reference method; shipped ones stand at the end of this page.
        rivals: compared in `results/tables/rivals.csv` with the reference method: losses of other work, and ways to
            fuse modalities on labels alone (see docs/rivals.md).
    """

    reference: str = "ConCluGen"
    presets: Annotated[list[str], Field(min_length=1)] = list(PRESETS)
    ablation: Annotated[list[str], Field(min_length=1)] = list(VARIANTS)
    rivals: Annotated[list[Literal[(*RIVALS, *FUSIONS)]], Field(min_length=1)] = [*RIVALS, *FUSIONS]
