"""The whole configuration: every key, its type and its default. The only place with defaults.

`check` validates what Snakemake read before any rule is looked at. `conclugen.slices` cuts out what each stage reads.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from conclugen.config_errors import ConfigError, allowed_names, explain
from conclugen.pretrain.methods import METHODS
from conclugen.pretrain.presets import PRESETS


def _number(value: Any) -> Any:
    """Read `1e-4`, which YAML takes for a string, as the number it looks like."""
    written = isinstance(value, str) and re.fullmatch(r"[-+]?\d+(\.\d*)?e[-+]?\d+", value, re.IGNORECASE)
    return float(value) if written else value


Number = Annotated[float, BeforeValidator(_number)]
Share = Annotated[Number, Field(ge=0, le=1)]
Above0 = Annotated[Number, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_-]*$")]
Protocol = Literal["raw", "shuffled", "linear", "knn", "finetune", "supervised"]
Split = Literal["train", "valid", "test", "none"]
OTHER_TABLES = ("ablation", "baselines", "benchmark", "label_efficiency", "leaks")


class Section(BaseModel):
    """A part of the configuration: unknown keys and wrong types are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Fractions(Section):
    """Shares of the groups that go to each split, drawn by hash; what is left over belongs to none."""

    train: Share = 0.7
    valid: Share = 0.1
    test: Share = 0.2


class Plan(Section):
    """How a data set is cut into shards."""

    shards: Count | None = None
    shard_size: Count = 256
    max_shards: Count = 256


class Dataset(Section):
    """What every data set has: where it is, how it is cut, whether faces are searched for, what loss is bearable."""

    root: str
    plan: Plan = Plan()
    detector: Literal["mtcnn", "none"] = "mtcnn"
    max_lost: Share | None = None


class VoxCeleb2(Dataset):
    """VoxCeleb2 in its official layout: tight faces, no labels."""

    adapter: Literal["voxceleb2"]
    detector: Literal["mtcnn", "none"] = "none"
    parts: dict[str, Split] = {"dev": "train", "test": "none"}
    valid_fraction: Share = 0.05
    seed: Seed = 0


class Mosei(Dataset):
    """CMU-MOSEI in its official layout; null: look in the official places."""

    adapter: Literal["mosei"]
    labels: str | None = None
    folds: str | None = None
    transcripts: str | None = None
    media: Literal["segmented", "full", "auto"] = "auto"


class Meld(Dataset):
    """MELD in its official layout; `group` is the unit of resampling."""

    adapter: Literal["meld"]
    group: Literal["episode", "dialogue"] = "episode"


class Caer(Dataset):
    """CAER in its official layout."""

    adapter: Literal["caer"]


class Ravdess(Dataset):
    """RAVDESS; folds by actor (1 to 24), those not named train."""

    adapter: Literal["ravdess"]
    valid_actors: list[int] = [17, 18, 19, 20]
    test_actors: list[int] = [21, 22, 23, 24]


class Cremad(Dataset):
    """CREMA-D; folds by actor (1001 to 1091), those not named train."""

    adapter: Literal["cremad"]
    valid_actors: list[int] = list(range(1064, 1074))
    test_actors: list[int] = list(range(1074, 1092))


class Folder(Dataset):
    """Media files of your own and, if there is one, a CSV of labels, texts and times."""

    adapter: Literal["folder"]
    table: str | None = None
    columns: dict[str, str] = {}
    labels: list[str] = []
    classes: list[str] = []
    splits: dict[str, Split] = {}
    fractions: Fractions = Fractions()
    seed: Seed = 0
    extensions: list[str] = [".avi", ".flv", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".webm"]


class Labels(Section):
    """Where the labels of pre-extracted features lie."""

    kind: Literal["single", "multi"]
    key: str
    classes: list[str] = []


class Features(Dataset):
    """Features already extracted: arrays with ids, labels and folds from one .npz, .h5 or .csv file."""

    adapter: Literal["features"]
    file: str
    ids: str = "ids"
    streams: dict[Name, str]
    labels: Labels | None = None
    split: str | None = None
    splits: dict[str, Split] = {}
    fractions: Fractions = Fractions()
    seed: Seed = 0
    group: str | None = None
    speaker: str | None = None
    text: str | None = None


AnyDataset = Annotated[
    VoxCeleb2 | Mosei | Meld | Caer | Ravdess | Cremad | Folder | Features, Field(discriminator="adapter")
]


class Strengths(Section):
    """How well each stream of the demo gives the emotion away, 0 to 1."""

    face: Share = 0.8
    voice: Share = 0.5
    words: Share = 0.85


class Demo(Section):
    """The demo corpus: clips per layout and how they are made."""

    utterances: dict[Literal["voxceleb2", "mosei", "meld", "caer"], Count] = {
        "voxceleb2": 200,
        "mosei": 250,
        "meld": 140,
        "caer": 140,
    }
    seconds: Above0 = 2.0
    height: Count = 240
    fps: Count = 25
    seed: Seed = 0
    strengths: Strengths = Strengths()


class Faces(Section):
    """Detection, tracking and cropping of faces, on frames sampled at `fps`."""

    fps: Above0 = 16.0
    detect_lines: Count = 360
    detect_every: Count = 4
    min_face: Share = 0.1
    min_probability: Share = 0.9
    margin: Share = 0.3
    smooth_s: Annotated[Number, Field(ge=0)] = 0.15
    crop_size: Count = 224
    jpeg_quality: Annotated[int, Field(ge=1, le=100)] = 92
    min_frames: Count = 4
    max_seconds: Above0 = 60.0
    timeout_s: Above0 = 120.0


class WeightFile(Section):
    """A weight file of your own: its path and its sha256 (at least the first 8 digits)."""

    path: str
    sha256: str


class Stream(Section):
    """What every stream has: its backbone, a weight file where it is not embedded, and the stored type."""

    weights: WeightFile | None = None
    dtype: Literal["float16", "float32"] = "float32"


class Frames2d(Stream):
    """Still frames of the face, mean over frames."""

    backbone: Literal["mobilenet_v2", "resnet152"] = "mobilenet_v2"
    fps: Above0 = 1.0
    size: Count = 224
    batch_frames: Count = 64


class Frames3d(Stream):
    """Windows of moving face, mean over windows."""

    backbone: Literal["i3d", "r3d101"] = "i3d"
    fps: Above0 = 16.0
    window: Count = 16
    stride: Count = 16
    size: Count = 112
    batch_frames: Count = 64


class Audio(Stream):
    """Sound of the whole utterance, mean over time."""

    backbone: Literal["resemblyzer", "soundnet", "davenet"] = "resemblyzer"
    max_seconds: Above0 = 60.0
    batch_seconds: Above0 = 120.0
    timeout_s: Above0 = 60.0


class Text(Stream):
    """Words of the whole utterance, mean over tokens."""

    backbone: Literal["minilm", "distilbert_sst2"] = "minilm"
    batch_texts: Count = 64


Range = Annotated[list[Above0], Field(min_length=2, max_length=2)]


class Views(Section):
    """Augmented copies of frames3d, for methods that compare views of a clip; the strengths are SimCLR's and CVRL's."""

    copies: Annotated[int, Field(ge=2)] = 10
    seed: Seed = 0
    crop_scale: Range = [0.3, 1.0]
    crop_ratio: Range = [0.75, 1.3333]
    flip: Share = 0.5
    jitter: Share = 0.8
    brightness: Share = 0.8
    contrast: Share = 0.8
    saturation: Share = 0.8
    hue: Annotated[Number, Field(ge=0, le=0.5)] = 0.2
    grayscale: Share = 0.2
    blur: Share = 0.5
    blur_sigma: Range = [0.1, 2.0]

    @model_validator(mode="after")
    def _possible(self) -> Views:
        for name in ("crop_scale", "crop_ratio", "blur_sigma"):
            low, high = getattr(self, name)
            if low > high:
                raise ValueError(f"features.views.{name}: {[low, high]} has the larger one first")
        if self.crop_scale[1] > 1:
            raise ValueError(f"features.views.crop_scale: {self.crop_scale} is more than the whole frame, 1")
        if not self.crop_ratio[0] <= 1 <= self.crop_ratio[1]:
            raise ValueError(f"features.views.crop_ratio: {self.crop_ratio} leaves out 1, the shape of the whole frame")
        return self


class Streams(Section):
    """The four streams, and the augmented copies of one."""

    frames2d: Frames2d = Frames2d()
    frames3d: Frames3d = Frames3d()
    audio: Audio = Audio()
    text: Text = Text()
    views: Views = Views()


class Sizes(Section):
    """Widths of the heads (the paper's representation is 4096)."""

    representation: Count = 4096
    hidden: Count = 4096
    projection: Count = 512
    projection_hidden: Count = 512
    clustering: Count = 8
    decoder_hidden: Count = 4096


class Pretrain(Section):
    """Self-supervised pretraining."""

    dataset: str
    preset: str = "paper"
    methods: list[str] = [name for name, method in METHODS.items() if not method["views"]]
    seeds: list[Seed] = [0, 1, 2, 3, 4]
    splits: list[Literal["train", "none"]] = ["train", "none"]
    validation_fraction: Share = 0.05
    epochs: Count = 100
    batch_size: Count = 4096
    learning_rate: Above0 | None = None
    weight_decay: Number | None = None
    sizes: Sizes = Sizes()
    mem_mb: Count = 16000


class Budget(Section):
    """What is trained for how long; validation chooses among rates, decays and epochs."""

    learning_rates: Annotated[list[Above0], Field(min_length=1)]
    weight_decays: Annotated[list[Number], Field(min_length=1)] = [0.01, 1.0, 10.0]
    dropout: Annotated[Number, Field(ge=0, le=0.9)] = 0.5
    epochs: Count = 50
    batch_size: Count = 256
    patience: Count = 15


class Neighbours(Section):
    """k nearest neighbours; validation chooses k."""

    neighbours: Annotated[list[Count], Field(min_length=1)] = [5, 20, 50, 100]
    temperature: Above0 = 0.1


class Downstream(Section):
    """What representations are worth: protocols, seeds, and what validation may choose from."""

    datasets: list[str]
    protocols: list[Protocol] = ["raw", "shuffled", "linear"]
    seeds: Annotated[list[Seed], Field(min_length=1)] = [0, 1, 2, 3, 4]
    label_fractions: list[Share] = [1.0]
    standardise: bool = True
    heads: Budget = Budget(learning_rates=[1e-3, 1e-2])
    networks: Budget = Budget(learning_rates=[1e-4, 1e-3])
    knn: Neighbours = Neighbours()
    mem_mb: Count = 8000

    @model_validator(mode="after")
    def _whole_labels(self) -> Downstream:
        if 1.0 not in self.label_fractions:
            raise ValueError(f"downstream.label_fractions: {self.label_fractions} lacks 1.0, the main result")
        return self


class Qc(Section):
    """How much may be lost: the share of the utterances of any stage and split; fewer than `min_lost` never fail."""

    max_lost: Share = 0.05
    min_lost: Count = 3


class Tables(Section):
    """Intervals and tests."""

    resamples: Count = 1000
    level: Annotated[Number, Field(gt=0, lt=1)] = 0.95
    seed: Seed = 0
    chance_draws: Count = 100
    reference: str = "ConCluGen"


Modalities = dict[Name, Annotated[list[Name], Field(min_length=1)]]


class Config(Section):
    """The whole configuration."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    demo: Demo = Demo()
    datasets: dict[Name, AnyDataset]
    faces: Faces = Faces()
    features: Streams = Streams()
    modalities: Modalities = {"video": ["frames2d", "frames3d"], "audio": ["audio"], "text": ["text"]}
    presets: dict[Name, dict[str, Any]] = {}
    pretrain: Pretrain
    downstream: Downstream
    qc: Qc = Qc()
    tables: Tables = Tables()

    @model_validator(mode="after")
    def _names_agree(self) -> Config:
        """Check what one section says about another."""
        mistakes = [*_unknown_names(self), *_reserved_names(self), *_preset_mistakes(self)]
        if mistakes:
            raise ValueError("\n".join(mistakes))
        return self


def _unknown_names(config: Config) -> list[str]:
    presets = [*PRESETS, *config.presets]
    asked = [
        ("pretrain.dataset", [config.pretrain.dataset], list(config.datasets)),
        ("downstream.datasets", config.downstream.datasets, list(config.datasets)),
        ("pretrain.methods", config.pretrain.methods, list(METHODS)),
        ("pretrain.preset", [config.pretrain.preset], presets),
        ("tables.reference", [config.tables.reference], config.pretrain.methods),
    ]
    return [
        f"{key}: {name!r} is unknown; {allowed_names(name, allowed)}"
        for key, names, allowed in asked
        for name in names
        if name not in allowed
    ]


def _reserved_names(config: Config) -> list[str]:
    """A data set may not be called like a table over all data sets: both would be the same file."""
    return [
        f"datasets.{name}: this name is taken by results/tables/{name}.csv or results/qc/{name}.csv; choose another"
        for name in config.datasets
        if name in OTHER_TABLES
    ]


def _preset_mistakes(config: Config) -> list[str]:
    """A preset of one's own names the one it is based on, and changes keys which that one has."""
    mistakes = []
    for name, preset in config.presets.items():
        base = preset.get("based_on")
        if base not in PRESETS:
            mistakes.append(f"presets.{name}.based_on: {base!r} is unknown; {allowed_names(str(base), list(PRESETS))}")
            continue
        for part, changes in preset.items():
            known = {"based_on": {}, **PRESETS[base]}
            if part not in known:
                mistakes.append(f"presets.{name}.{part}: unknown; {allowed_names(part, list(known))}")
            elif part != "based_on":
                keys = list(known[part])
                mistakes += [
                    f"presets.{name}.{part}.{k}: unknown; {allowed_names(k, keys)}" for k in changes if k not in keys
                ]
    return mistakes


def check(config: dict[str, Any]) -> Config:
    """Return the validated configuration. Raises ConfigError with a line for each mistake."""
    try:
        return Config.model_validate(config)
    except ValidationError as error:
        raise ConfigError(explain(error, Config)) from None
