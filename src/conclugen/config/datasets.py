"""Data sets: what each adapter may be told."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from conclugen.config.stage_one import WeightFile
from conclugen.config.types import Above0, Count, Name, Number, Section, Seed, Share, Split


class Fractions(Section):
    """Shares of the groups that go to each split, drawn by hash; what is left over belongs to none."""

    train: Share = 0.7
    valid: Share = 0.1
    test: Share = 0.2


class Plan(Section):
    """How a data set is cut into shards."""

    shards: Count | None = None
    shard_size: Count = 512
    max_shards: Count = 256


class OwnFaces(Section):
    """What a data set may say otherwise about its faces; null: as under `faces`."""

    keep: bool | None = None


class Asr(Section):
    """Recognition of speech where a data set has no text; `whisper` needs a weight file in a folder of its own."""

    engine: Literal["whisper_tiny_en", "whisper"] = "whisper_tiny_en"
    weights: WeightFile | None = None
    language: str | None = None
    beams: Count = 1
    speech: Share | None = 0.5
    no_speech: Share = 0.6
    min_logprob: Number = -1.0
    max_compression: Above0 = 2.4
    batch_windows: Count = 8
    max_seconds: Above0 = 60.0
    timeout_s: Above0 = 60.0


class Dataset(Section):
    """What every data set has: where it is, how it is cut, whether faces are searched for, how its words are found,
    what loss is bearable, whether changed files are looked for (None: where there are not too many)."""

    root: str
    plan: Plan = Plan()
    detector: Literal["mtcnn", "none"] = "mtcnn"
    faces: OwnFaces = OwnFaces()
    asr: Asr | None = None
    max_lost: Share | None = None
    watch: bool | None = None


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
    sentiment: str | None = None

    @model_validator(mode="after")
    def _silent(self) -> Features:
        if self.asr is not None:
            raise ValueError("datasets: adapter features has no media, so asr must be null")
        return self


AnyDataset = Annotated[
    VoxCeleb2 | Mosei | Meld | Caer | Ravdess | Cremad | Folder | Features, Field(discriminator="adapter")
]
