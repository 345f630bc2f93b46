"""Still images: their data sets, self-supervision on them, and what is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Union

from pydantic import Field, model_validator

from conclugen.config.errors import allowed_names
from conclugen.config.stage_two import Budget, Vote
from conclugen.config.types import PLACED, Name, Section, section
from conclugen.data.scales import DIMENSIONS
from conclugen.images import sets, settings
from conclugen.images.methods import CONTROLS, METHODS
from conclugen.images.presets import PRESETS
from conclugen.store.keys import Above0, Count, Seed, Share

if TYPE_CHECKING:
    from conclugen.config import Config

PROTOCOLS = ("linear", "knn", "finetune", "supervised")


class ImageSet(Section):
    """What every image data set has.

    Attributes:
        adapter: how its files lie.
        size: pixels of the squares that pictures are stored as; null: 48 for FER2013 and FER+, 100 for RAF-DB, 112 for
            the others.
    """

    adapter: str
    size: Annotated[int, Field(ge=24)] | None = None


class Stills(ImageSet):
    """What every data set of stills has.

    Attributes:
        root: its folder.
    """

    root: Annotated[str, PLACED]


class Clips(section(sets.Frames, ImageSet)):
    """The kept frames of the faces of a data set of videos, 25/6 a second, with their times and landmarks.

    Attributes:
        dataset: its name under `datasets`.
    """

    adapter: Literal["clips"]
    dataset: Name


OF_STILLS = [section(keys, Stills, adapter=(Literal[name], ...)) for name, keys in sets.LAYOUTS.items()]
AnyImageSet = Annotated[Union[Clips, *OF_STILLS], Field(discriminator="adapter")]


class Images(section(settings.Shape), section(settings.Length)):
    """Still images of faces, apart from the chain on video: SSL-FER. Nothing of it runs before it has data sets.

    Attributes:
        datasets: by name: an adapter and a root, or the data set of videos whose frames it is; each that has labels has
            a table, `results/tables/NAME.csv`.
        corpus: the image data set that all networks learn from, such as frames of clips; null: each learns from itself.
        preset: `paper` (as its authors' scripts run) or `improved`.
        methods: of each a network is pretrained on the training images of the corpus. On stills TimeAug and HardNeg
            fall away, since nothing but a clip has another frame, so `TimeAug` and `HardNeg` alone are SimCLR there.
        controls: rows that learned nothing here: `untrained`, `pixels`, `PCA`, `HOG`, and `mobilenet_v2`, which
            learned ImageNet's labels.
        targets: `expression`, and `valence` and `arousal`, from -3 to 3, where the labels have them: those of AffectNet
            (`results/tables/NAME-valence.csv`).
        protocols: `linear`: heads on the frozen representation; `knn`: the nearest training images; `finetune`: the
            whole network; `supervised`: the same network from scratch.
        crop: pixels of the square that networks see; the paper's is 112.
        learning_rate: null: the preset's.
        weight_decay: null: the preset's.
        seeds: of each method, one network is trained with each.
        head_seeds: of the heads; seed n takes the network of seed n mod their number.
        label_fractions: shares of the labels to train and to choose with; 1.0 must be among them.
        heads: Of linear.
        networks: Of finetune and supervised.
        knn: Of knn.
        mem_mb: memory of a job, asked of the scheduler; each further attempt asks for as much more.
    """

    datasets: dict[Name, AnyImageSet] = {}
    corpus: Name | None = None
    preset: Literal[tuple(PRESETS)] = "improved"
    methods: Annotated[list[Literal[tuple(METHODS)]], Field(min_length=1)] = [
        "SimCLR",
        "CutMix",
        "FaceSwap",
        "MaskFN",
        "SSL-FER",
    ]
    controls: list[Literal[CONTROLS]] = list(CONTROLS)
    targets: Annotated[list[Literal["expression", "valence", "arousal"]], Field(min_length=1)] = [
        "expression",
        "valence",
        "arousal",
    ]
    protocols: Annotated[list[Literal[PROTOCOLS]], Field(min_length=1)] = ["linear", "knn"]
    crop: Annotated[int, Field(ge=24)] = 40
    learning_rate: Above0 | None = None
    weight_decay: float | None = None
    seeds: Annotated[list[Seed], Field(min_length=1)] = [0]
    head_seeds: Annotated[list[Seed], Field(min_length=1)] = [0, 1, 2]
    label_fractions: list[Share] = [1.0]
    heads: Budget = Budget(learning_rates=[1e-3, 1e-2], weight_decays=[0.01, 3.0])
    networks: Budget = Budget(learning_rates=[1e-3], weight_decays=[0.05], epochs=30)
    knn: Vote = Vote()
    mem_mb: Count = 8000

    @model_validator(mode="after")
    def _whole_labels(self) -> Images:
        if 1.0 not in self.label_fractions:
            raise ValueError(f"images.label_fractions: {self.label_fractions} lacks 1.0, the main result")
        return self


def image_mistakes(config: Config, reserved: tuple[str, ...]) -> list[str]:
    """Return a line for each image data set that is called like another data set or a table, for each whose videos are
    not known, for targets that no labels have, and for a corpus that is none of them.
    """
    known, filmed = config.images.datasets, [n for n, d in config.datasets.items() if d.adapter != "features"]
    endings = tuple(f"-{name}" for name in DIMENSIONS)  # of tables: nothing else may end in them, or begin another's
    bases = {name.removesuffix(ending) for name in config.datasets for ending in endings}
    lines = [
        f"images.datasets.{name}: this name is taken by results/tables/{name}.csv; choose another"
        for name in known
        if name in (*reserved, *config.datasets, *bases) or name.endswith(endings)
    ]
    lines += [
        f"images.datasets.{name}.dataset: {dataset.dataset!r} has no videos; {allowed_names(dataset.dataset, filmed)}"
        for name, dataset in known.items()
        if isinstance(dataset, Clips) and dataset.dataset not in filmed
    ]
    targets = {target for dataset in known.values() for target in dataset.targets_of()}
    if targets and targets.isdisjoint(config.images.targets):
        wanted = ", ".join(config.images.targets)
        lines.append(
            f"images.targets: no labels of images.datasets have {wanted}; they have {', '.join(sorted(targets))}"
        )
    corpus = config.images.corpus
    if corpus is not None and corpus not in known:
        lines.append(f"images.corpus: {corpus!r} is unknown; {allowed_names(corpus, list(known))}")
    return lines
